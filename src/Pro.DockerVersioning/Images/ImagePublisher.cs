using Docker.DotNet;
using Docker.DotNet.Models;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Git;
using Pro.DockerVersioning.Machine;
using Pro.DockerVersioning.Registry;
using Pro.DockerVersioning.Reporting;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Images;

/// <summary>
/// Publishes versions: the engine pushes (it has the layers and the way to the registry), and the aliases follow at the registry, judged
/// over its own tags.
/// </summary>
internal sealed class ImagePublisher : IDisposable
{
    private readonly EngineConnection engine;
    private readonly RegistryAccess registries;
    private readonly RegistryClient registry;
    private readonly RegistryAliases aliases;

    // Podman's API has no question for what a registry has: this machine asks by itself.
    private readonly bool isPodman;

    private ImagePublisher(
        EngineConnection engine, RegistryAccess registries, RegistryClient registry, GitRepository? history, bool isPodman)
    {
        this.engine = engine;
        this.isPodman = isPodman;
        this.registries = registries;
        this.registry = registry;
        aliases = new RegistryAliases(registry, history);
    }

    /// <summary>Prepares publishing to one registry.</summary>
    /// <param name="engine">The engine that pushes.</param>
    /// <param name="registries">The way to the registry.</param>
    /// <param name="host">The registry's host, as in an image's reference.</param>
    /// <param name="history">Says which commit is whose ancestor; null if there is no repository.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ProException">The login can't be found out, or the engine can't be asked.</exception>
    public static async Task<ImagePublisher> OpenAsync(
        EngineConnection engine, RegistryAccess registries, string host, GitRepository? history, CancellationToken cancellationToken)
    {
        _ = await registries.LoginAsync(host, cancellationToken).ConfigureAwait(false);
        return new ImagePublisher(
            engine,
            registries,
            await registries.ClientAsync(host, cancellationToken).ConfigureAwait(false),
            history,
            await EngineProduct.PodmanVersionAsync(engine, cancellationToken).ConfigureAwait(false) is not null);
    }

    /// <inheritdoc/>
    public void Dispose() => registry.Dispose();

    /// <summary>
    /// Whether the registry has what a builder that pushes itself (for several platforms) would push: made from the same inputs, as the
    /// image's label says.
    /// </summary>
    /// <param name="item">The version.</param>
    /// <param name="inputs">The identity of all that goes into the build; null if it is built anew in any case.</param>
    /// <param name="options">With Force nothing is looked at.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Its digest there, null if it is to be built and pushed; and why that couldn't be looked at, where it couldn't.</returns>
    /// <exception cref="ProException">The registry has the version with another content.</exception>
    public async Task<(string? Digest, string? Unchecked)> FindPublishedAsync(
        PublishItem item, string? inputs, PublishOptions options, CancellationToken cancellationToken)
    {
        if (options.Force)
        {
            return (null, null);
        }

        var (there, notChecked) = await LookUpAsync(item, cancellationToken).ConfigureAwait(false);
        if (there is not { } remote)
        {
            return (null, notChecked);
        }

        var (same, notCompared) = inputs is null ? (false, null) : await CompareAsync(
            item,
            remote,
            async () => await registry.FindImageLabelAsync(item.Reference.Repository, remote, ImageLabels.Inputs, cancellationToken)
                .ConfigureAwait(false) == inputs).ConfigureAwait(false);
        return same ? (remote, null)
            : notCompared is not null ? (null, notCompared)
            : throw ImageErrors.PublishedOtherwise(item.Reference.ToString(), remote);
    }

    /// <summary>Moves the aliases that belong to a version that is at the registry, judged right before.</summary>
    public async Task<IReadOnlyList<AliasDecision>> MoveAliasesAsync(
        PublishItem item, string digest, string commit, PublishOptions options, string? without, CancellationToken cancellationToken)
    {
        var inventory = await ImageInventory.LoadImagesAsync(engine, cancellationToken).ConfigureAwait(false);
        return await aliases.CarryOutAsync(item, digest, commit, inventory, options, without, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Looks at the engine and the registry; changes nothing.</summary>
    /// <exception cref="ProException">The version isn't here, or the registry has it with another content, or can't be asked.</exception>
    public async Task<PublishPlan> PlanAsync(
        PublishItem item,
        ImageInventory inventory,
        PublishOptions options,
        CancellationToken cancellationToken)
    {
        var image = inventory.Find(item.Reference) ?? throw ImageErrors.VersionNotFound(
            item.Reference.ToString(),
            inventory.TaggedVersionsOf(item.Reference).OrderDescending().Select(version => version.ToString()));
        var (remote, notChecked) = await LookUpAsync(item, cancellationToken).ConfigureAwait(false);

        var same = false;
        if (remote is not null)
        {
            (same, notChecked) = await IsSameAsync(item, image, remote, options, cancellationToken).ConfigureAwait(false);
            if (!same && notChecked is null && !options.Force)
            {
                throw ImageErrors.PublishedOtherwise(item.Reference.ToString(), remote);
            }
        }

        // Who forces it overwrites whatever is there.
        notChecked = options.Force ? null : notChecked;
        var decisions = notChecked is not null && !engine.Endpoint.MaySeeLogins
            ? RegistryAliases.Later(item, options, RegistryErrors.NoLoginInPlan)
            : notChecked is null ? await aliases.JudgeAsync(
                item, image.Label(ImageLabels.Revision), inventory, options, isThere: remote is not null, cancellationToken)
                .ConfigureAwait(false)
            : RegistryAliases.Hold(item, options, notChecked);
        return new PublishPlan(item, image, inventory, remote, same, decisions) { Unchecked = notChecked };
    }

    /// <summary>Pushes the version, then moves the aliases.</summary>
    /// <exception cref="ProException">The registry refuses, or can't be reached.</exception>
    public async Task<ProImagePublication> RunAsync(
        PublishPlan plan,
        PublishOptions options,
        IProgress<Report> reporter,
        CancellationToken cancellationToken)
    {
        var clock = Clock.Start();
        var digest = plan is { IsSame: true, RemoteDigest: { } there }
            ? there
            : await PushAsync(plan.Item, reporter, cancellationToken).ConfigureAwait(false);

        // A push or the question for consent may take minutes, and somebody else may have published meanwhile; several versions of one
        // repository are published side by side. What the plan said of the aliases is only what it showed.
        var decisions = await aliases.CarryOutAsync(
            plan.Item, digest, plan.Image.Label(ImageLabels.Revision), plan.Inventory, options, plan.Unchecked, cancellationToken)
            .ConfigureAwait(false);
        return new ProImagePublication
        {
            Service = plan.Item.Service,
            Version = plan.Item.Version,
            Reference = plan.Item.Reference.ToString(),
            Outcome = plan.IsSame ? ProPublicationOutcome.AlreadyPublished : ProPublicationOutcome.Published,
            Digest = digest,
            Message = plan.Unchecked,
            Aliases = [.. decisions.Where(decision => decision.Moves).Select(decision => decision.Alias)],
            AliasReasons = [.. decisions.Select(decision => decision.ToString())],
            HeldBack = [.. decisions.Where(decision => decision.IsHeldBack)],
            ImageId = plan.Image.Id,
            Duration = clock.Elapsed,
        };
    }

    /// <summary>
    /// What the registry has under the version. Some answer 401 or 403 for what is absent, or to robots that may only push: that says
    /// nothing of the version, and the push will give the true answer.
    /// </summary>
    private async Task<(string? Digest, string? Unchecked)> LookUpAsync(PublishItem item, CancellationToken cancellationToken)
    {
        try
        {
            return (await RemoteDigestAsync(item, cancellationToken).ConfigureAwait(false), null);
        }
        catch (ProException refused) when (RegistryErrors.IsRefusal(refused) || isPodman)
        {
            return (null, NotChecked(refused));
        }
    }

    private string NotChecked(ProException refused) => engine.Endpoint.MaySeeLogins
        ? $"could not check for other content ({refused.Message.TrimEnd('.')})"
        : $"it could not be looked up, since {RegistryErrors.NoLoginInPlan}";

    /// <summary>What the registry calls what was pushed just now; an engine that pushed also notes it on its image.</summary>
    private async Task<string?> PushedDigestAsync(PublishItem item, CancellationToken cancellationToken)
    {
        foreach (var wait in (TimeSpan[])[TimeSpan.Zero, .. RegistryClient.AfterPush])
        {
            await Clock.Delay(wait, cancellationToken).ConfigureAwait(false);
            if ((await LookUpAsync(item, cancellationToken).ConfigureAwait(false)) is var (digest, notChecked)
                && (digest is not null || notChecked is not null))
            {
                return digest
                    ?? (await ImageInventory.LoadImagesAsync(engine, cancellationToken).ConfigureAwait(false)).Find(item.Reference)
                        ?.DigestIn(item.Reference);
            }
        }

        return null;
    }

    /// <summary>What the registry has under the version.</summary>
    private async Task<string?> RemoteDigestAsync(PublishItem item, CancellationToken cancellationToken) => isPodman
        ? (await registry.HeadManifestAsync(item.Reference.Repository, item.Reference.Tag!, cancellationToken)
            .ConfigureAwait(false))?.Digest
        : await registries.DigestAsync(item.Reference, cancellationToken).ConfigureAwait(false);

    /// <summary>
    /// The same content: pushed or pulled before under that digest; or, by the manifest, made from the same configuration (whose digest is
    /// the image id of most engines).
    /// </summary>
    private async Task<(bool IsSame, string? Unchecked)> IsSameAsync(
        PublishItem item, EngineImage image, string remote, PublishOptions options, CancellationToken cancellationToken)
    {
        if (image.Id == remote || image.Digests.Any(digest => digest.SameRepository(item.Reference) && digest.Digest == remote))
        {
            return (true, null);
        }

        try
        {
            return await CompareAsync(
                item,
                remote,
                async () => (await registry.RequireManifestAsync(item.Reference.Repository, remote, cancellationToken)
                    .ConfigureAwait(false)).Config?.Digest == image.Id).ConfigureAwait(false);
        }
        catch (ProException) when (options.Force)
        {
            return (false, null);
        }
    }

    /// <summary>
    /// Looks at the content under a digest. The engine may read what this machine may not: a refusal says nothing of the content, and
    /// neither does a digest that the registry has told and doesn't give. The push decides then.
    /// </summary>
    /// <exception cref="ProException">The registry can't be asked.</exception>
    private async Task<(bool IsSame, string? Unchecked)> CompareAsync(PublishItem item, string remote, Func<Task<bool>> isSame)
    {
        try
        {
            return (await isSame().ConfigureAwait(false), null);
        }
        catch (ProException refused) when (RegistryErrors.IsRefusal(refused) || refused.Id == RegistryErrors.ManifestNotFoundId)
        {
            return (false, NotChecked(refused));
        }
        catch (ProException unknown)
        {
            throw ImageErrors.NotCompared(item.Reference.ToString(), remote, unknown);
        }
    }

    private async Task<string> PushAsync(PublishItem item, IProgress<Report> reporter, CancellationToken cancellationToken)
    {
        var credential = await registries.LoginAsync(item.Reference.Registry, cancellationToken).ConfigureAwait(false);
        using var progress = new PushReporter(item, reporter);
        var refusal = await engine.CallAsync(async client =>
        {
            try
            {
                await client.Images.PushImageAsync(
                    item.Reference.Name,
                    new ImagePushParameters { Tag = item.Reference.Tag },
                    credential?.ToAuthConfig() ?? new AuthConfig(),
                    progress,
                    cancellationToken).ConfigureAwait(false);
                return progress.Error;
            }
            catch (DockerApiException refused) when (EngineFaults.StreamedError(refused) is not null)
            {
                // Podman says with the whole answer what Docker's engine says in its stream.
                return EngineFaults.StreamedError(refused);
            }
        }).ConfigureAwait(false);
        if (refusal is { } error)
        {
            throw RegistryErrors.FromEngineMessage(error, item.Reference.ToString(), credential is not null);
        }

        return progress.Digest
            ?? await PushedDigestAsync(item, cancellationToken).ConfigureAwait(false)
            ?? throw RegistryErrors.FromEngineMessage(
                "the push ended, but the registry hasn't got the image", item.Reference.ToString(), credential is not null);
    }
}
