using System.Diagnostics;
using Docker.DotNet.Models;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Git;
using Pro.DockerVersioning.Registry;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Images;

/// <summary>
/// Publishes versions: the engine pushes (it has the layers and the way to the registry), and the aliases follow at the registry, judged
/// over its own tags.
/// </summary>
internal sealed class ImagePublisher : IDisposable
{
    private readonly EngineConnection engine;
    private readonly RegistryCredential? credential;
    private readonly RegistryClient registry;
    private readonly RegistryAliases aliases;

    private ImagePublisher(EngineConnection engine, RegistryCredential? credential, RegistryClient registry, GitRepository? history)
    {
        this.engine = engine;
        this.credential = credential;
        this.registry = registry;
        aliases = new RegistryAliases(registry, history);
    }

    /// <summary>Prepares publishing to one registry: finds the login, and whom the engine trusts without TLS.</summary>
    /// <param name="engine">The engine that pushes.</param>
    /// <param name="host">The registry's host, as in an image's reference.</param>
    /// <param name="environment">Reads an environment variable.</param>
    /// <param name="history">Says which commit is whose ancestor; null where there is no repository.</param>
    /// <param name="reporter">Takes what the registry's client tells.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ProException">The login can't be found out, or the engine can't be asked.</exception>
    public static async Task<ImagePublisher> OpenAsync(
        EngineConnection engine,
        string host,
        Func<string, string?> environment,
        GitRepository? history,
        IProgress<Report> reporter,
        CancellationToken cancellationToken)
    {
        var store = new RegistryCredentialStore(DockerConfigFile.Load(environment), environment);
        var credential = await store.GetAsync(host, cancellationToken).ConfigureAwait(false);
        var info = await engine.CallAsync(client => client.System.GetSystemInfoAsync(cancellationToken)).ConfigureAwait(false);
        var insecure = info.RegistryConfig?.IndexConfigs?
            .Where(index => index.Value is { Secure: false })
            .Select(index => index.Key)
            .ToHashSet(StringComparer.Ordinal) ?? [];
        var options = new RegistryClientOptions { IsInsecure = insecure.Contains, Reports = reporter };
        return new ImagePublisher(engine, credential, new RegistryClient(host, (_, _) => Task.FromResult(credential), options), history);
    }

    /// <inheritdoc/>
    public void Dispose() => registry.Dispose();

    /// <summary>
    /// What a builder that pushes itself (for several platforms) may name the image: the version, unless the registry has it, and the aliases
    /// that belong to it there.
    /// </summary>
    public async Task<IReadOnlyList<string>> NamesToPushAsync(
        PublishItem item,
        string commit,
        PublishOptions options,
        IProgress<Report> reporter,
        CancellationToken cancellationToken)
    {
        var remote = await RemoteDigestAsync(item, cancellationToken).ConfigureAwait(false);
        if (remote is not null && !options.Force)
        {
            throw ImageErrors.PublishedOtherwise(item.Reference.ToString(), remote);
        }

        var inventory = await ImageInventory.LoadAsync(engine, cancellationToken).ConfigureAwait(false);
        var decisions = await aliases.JudgeAsync(item, commit, inventory, options, reporter, cancellationToken).ConfigureAwait(false);
        return
        [
            item.Reference.ToString(),
            .. decisions.Where(decision => decision.Moves).Select(decision => item.Reference.WithTag(decision.Alias).ToString()),
        ];
    }

    /// <summary>Looks at the engine and the registry; changes nothing.</summary>
    /// <exception cref="ProException">The version isn't here, or the registry has it with another content, or can't be asked.</exception>
    public async Task<PublishPlan> PlanAsync(
        PublishItem item,
        ImageInventory inventory,
        PublishOptions options,
        IProgress<Report> reporter,
        CancellationToken cancellationToken)
    {
        var image = inventory.Find(item.Reference) ?? throw ImageErrors.VersionNotFound(
            item.Reference.ToString(),
            inventory.TaggedVersionsOf(item.Reference).OrderDescending().Select(version => version.ToString()));
        var remote = await RemoteDigestAsync(item, cancellationToken).ConfigureAwait(false);
        var same = remote is not null && await IsSameAsync(item, image, remote, cancellationToken).ConfigureAwait(false);
        if (remote is not null && !same && !options.Force)
        {
            throw ImageErrors.PublishedOtherwise(item.Reference.ToString(), remote);
        }

        var decisions = await aliases.JudgeAsync(item, image.Label(ImageLabels.Revision), inventory, options, reporter, cancellationToken).ConfigureAwait(false);
        return new PublishPlan(item, image, inventory, remote, same, decisions);
    }

    /// <summary>Pushes the version, then moves the aliases.</summary>
    /// <exception cref="ProException">The registry refuses, or can't be reached.</exception>
    public async Task<ProImagePublication> RunAsync(
        PublishPlan plan,
        PublishOptions options,
        IProgress<Report> reporter,
        CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        var digest = plan is { IsSame: true, RemoteDigest: { } there }
            ? there
            : await PushAsync(plan.Item, reporter, cancellationToken).ConfigureAwait(false);

        // A push may take minutes, and somebody else may have published meanwhile: judged right before the aliases move.
        var decisions = plan.IsSame
            ? plan.Aliases
            : await aliases.JudgeAsync(
                plan.Item, plan.Image.Label(ImageLabels.Revision), plan.Inventory, options, reporter, cancellationToken).ConfigureAwait(false);
        await aliases.MoveAsync(plan.Item, digest, decisions, cancellationToken).ConfigureAwait(false);
        return new ProImagePublication
        {
            Service = plan.Item.Service,
            Version = plan.Item.Version,
            Reference = plan.Item.Reference.ToString(),
            Outcome = plan.IsSame ? ProPublicationOutcome.AlreadyPublished : ProPublicationOutcome.Published,
            Digest = digest,
            Aliases = [.. decisions.Where(decision => decision.Moves).Select(decision => decision.Alias)],
            AliasReasons = [.. decisions.Select(decision => decision.ToString())],
            ImageId = plan.Image.Id,
            Duration = clock.Elapsed,
        };
    }

    /// <summary>What the registry has under the version.</summary>
    private Task<string?> RemoteDigestAsync(PublishItem item, CancellationToken cancellationToken) =>
        RegistryQuestions.DigestAsync(engine, item.Reference, credential, cancellationToken);

    /// <summary>
    /// The same content: pushed or pulled before under that digest; or, by the manifest, made from the same configuration (whose digest is
    /// the image id of most engines).
    /// </summary>
    private async Task<bool> IsSameAsync(PublishItem item, EngineImage image, string remote, CancellationToken cancellationToken)
    {
        if (image.Id == remote || image.Digests.Any(digest => digest.SameRepository(item.Reference) && digest.Digest == remote))
        {
            return true;
        }

        try
        {
            var manifest = await registry.GetManifestAsync(item.Reference.Repository, remote, cancellationToken).ConfigureAwait(false);
            return manifest?.Config?.Digest == image.Id;
        }
        catch (ProException)
        {
            // Out of our reach, though not of the engine's: what can't be shown to be the same is taken for another content.
            return false;
        }
    }

    private async Task<string> PushAsync(PublishItem item, IProgress<Report> reporter, CancellationToken cancellationToken)
    {
        using var progress = new PushReporter(item, reporter);
        await engine.CallAsync(client => client.Images.PushImageAsync(
            item.Reference.Name,
            new ImagePushParameters { Tag = item.Reference.Tag },
            credential?.ToAuthConfig() ?? new AuthConfig(),
            progress,
            cancellationToken)).ConfigureAwait(false);
        if (progress.Error is { } error)
        {
            throw RegistryErrors.FromEngineMessage(error, item.Reference.ToString(), credential is not null);
        }

        return progress.Digest
            ?? await RemoteDigestAsync(item, cancellationToken).ConfigureAwait(false)
            ?? throw RegistryErrors.FromEngineMessage(
                "the push ended, but the registry hasn't got the image", item.Reference.ToString(), credential is not null);
    }
}
