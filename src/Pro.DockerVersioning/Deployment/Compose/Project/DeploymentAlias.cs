using Docker.DotNet.Models;
using Pro.DockerVersioning.Deployment.Strategies;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Reporting;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Deployment.Compose.Project;

/// <summary>
/// The tags that name what is deployed at a target: the one in its compose file, and the one that its environment declares. They move both
/// ways, so that a plain <c>up</c> keeps what was deployed.
/// </summary>
/// <param name="OnEngine">Those that move on the engine.</param>
/// <param name="AtRegistry">The one that moves at its registry too; null if none does.</param>
internal sealed record DeploymentAliases(IReadOnlyList<ImageReference> OnEngine, ImageReference? AtRegistry)
{
    /// <summary>No tag names what is deployed.</summary>
    public static DeploymentAliases None { get; } = new([], null);

    /// <summary>Whether a reference names something that moves, and no version.</summary>
    public static bool IsAlias(ImageReference reference) => reference is { Digest: null, Tag: { } tag }
        && !ProVersion.TryFromImageTag(tag, out _) && !PreviousTag.IsPreviousTag(tag);

    /// <summary>Of a target: the tags by which compose takes a version, and the one that its environment declares.</summary>
    public static DeploymentAliases Of(DeploymentRequest request, params ImageReference?[] compose)
    {
        var declared = request.DeclaredAlias is { } tag ? request.Repository.WithTag(tag) : null;
        return new DeploymentAliases([.. compose.Append(declared).OfType<ImageReference>().Distinct()], declared);
    }
}

/// <summary>Moves the tags that name what is deployed.</summary>
internal sealed class DeploymentAliasMover(EngineConnection engine, IProgress<Report> reports)
{
    private readonly ContainerApi _calls = new(engine);

    /// <summary>
    /// After a repair: lets the tags of a target name what runs there. What was interrupted may have moved a tag that doesn't name the
    /// version that runs. At the registry a tag is moved for a new version that stays, and never for what was restored.
    /// </summary>
    /// <returns>True if a tag on the engine was moved.</returns>
    public async Task<bool> FollowAsync(
        DeploymentRequest request,
        ProVersion? runs,
        ServiceTarget target,
        OperationNote? note,
        bool isFinished,
        CancellationToken cancellationToken)
    {
        var hasMoved = false;
        try
        {
            var site = target.Kind == ServiceTargetKind.Compose
                ? await ComposeContext.OpenAsync(engine, request, target, cancellationToken).ConfigureAwait(false) : null;
            var aliases = DeploymentAliases.Of(request, [.. new[] { runs, note?.Version }.OfType<ProVersion>()
                .Select(version => (site?.Image.For(request.Repository.WithTag(version.ImageTag)) as AliasPin)?.Alias)]);
            if (target.Kind != ServiceTargetKind.Swarm
                && target.Containers.FirstOrDefault(container => container.IsRunning)?.ImageId is { } image)
            {
                hasMoved = await FollowAsync(aliases, image).ConfigureAwait(false);
            }

            if (isFinished && runs is not null)
            {
                await FollowAtRegistryAsync(
                    aliases,
                    request.Repository.WithTag(runs.ImageTag),
                    new ImageSupply(engine, request.Child.Get, reports),
                    cancellationToken).ConfigureAwait(false);
            }
        }
        catch (ProException failure)
        {
            reports.Report(new WarningReport(
                $"Which tags name what {request.Service.Name} runs could not be looked at: {failure.Message}"));
        }

        return hasMoved;
    }

    /// <summary>Lets the declared tag name a version at the registry too. What fails is a warning: the version runs here.</summary>
    public async Task FollowAtRegistryAsync(
        DeploymentAliases aliases, ImageReference version, ImageSupply supply, CancellationToken cancellationToken)
    {
        if (aliases.AtRegistry is not { } alias)
        {
            return;
        }

        try
        {
            var digest = await supply.AtRegistryAsync(version, cancellationToken).ConfigureAwait(false)
                ?? throw DeploymentErrors.NotAtRegistry(version.ToString(), alias.Tag!);
            await supply.TagAtRegistryAsync(alias, digest, cancellationToken).ConfigureAwait(false);
        }
        catch (ProException failure)
        {
            reports.Report(new WarningReport(
                $"{alias} could not be moved at the registry, so a pull may bring another version than {version.Tag}: {failure.Message}"));
        }
    }

    /// <summary>The image that a tag names on the engine; null if there is no such tag.</summary>
    /// <exception cref="ProException">The engine can't be asked.</exception>
    public async Task<string?> FindAsync(ImageReference alias, CancellationToken cancellationToken) =>
        (await _calls.FindImageAsync(alias.ToString(), cancellationToken).ConfigureAwait(false))?.Text("Id");

    /// <summary>Lets a tag name an image. A refusal is tried once more.</summary>
    /// <exception cref="ProException">The engine refuses.</exception>
    public Task MoveAsync(ImageReference alias, string imageId, CancellationToken cancellationToken) => _calls.OnceMoreAsync(
        alias.ToString(),
        () => engine.CallAsync(client => client.Images.TagImageAsync(
            imageId, new ImageTagParameters { RepositoryName = alias.Name, Tag = alias.Tag }, cancellationToken)),
        reports);

    /// <summary>Puts a tag back to what it named before (null: it was not there), unless somebody has moved it since.</summary>
    public async Task PutBackAsync(ImageReference alias, string? before, string moved)
    {
        if (await FindAsync(alias, CancellationToken.None).ConfigureAwait(false) != moved || before == moved)
        {
            return;
        }

        if (before is not null)
        {
            await MoveAsync(alias, before, CancellationToken.None).ConfigureAwait(false);
        }
        else
        {
            _ = await engine.CallAsync(client => client.Images.DeleteImageAsync(
                alias.ToString(), new ImageDeleteParameters { NoPrune = true }, CancellationToken.None)).ConfigureAwait(false);
        }
    }

    /// <summary>Lets the tags on the engine name what runs. What fails is a warning: the version itself was verified.</summary>
    /// <returns>True if one was moved.</returns>
    public async Task<bool> FollowAsync(DeploymentAliases aliases, string imageId)
    {
        var hasMoved = false;
        foreach (var alias in aliases.OnEngine)
        {
            try
            {
                if (await FindAsync(alias, CancellationToken.None).ConfigureAwait(false) != imageId)
                {
                    await MoveAsync(alias, imageId, CancellationToken.None).ConfigureAwait(false);
                    hasMoved = true;
                    reports.Report(new VerboseReport($"{alias} names the image that runs ({ShortId.Of(imageId)})."));
                }
            }
            catch (ProException failure)
            {
                reports.Report(new WarningReport(
                    $"{alias} could not be moved on the engine, so a plain 'up' may start another version: {failure.Message}"));
            }
        }

        return hasMoved;
    }
}
