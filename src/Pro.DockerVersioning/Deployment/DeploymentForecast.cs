using Pro.DockerVersioning.Deployment.Compose.Project;
using Pro.DockerVersioning.Deployment.Strategies;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Images;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Deployment;

/// <summary>
/// What a deployment will change besides the containers: files and tags, each by name. And what would undo it: a pin that doesn't hold, a
/// <c>pull</c>, another service with the same tag.
/// </summary>
internal sealed class DeploymentForecast(DeploymentRequest request, EngineSnapshot world, ImageSupply supply)
{
    // A prompt waits for it, and the deployment goes on without an answer.
    private static readonly TimeSpan RegistryTime = TimeSpan.FromSeconds(5);

    /// <summary>The lines of the plan: what will be changed, and what would undo it.</summary>
    public async Task<(IReadOnlyList<string> Changes, IReadOnlyList<string> Risks)> LinesAsync(
        ServiceTarget target,
        SuppliedImage image,
        ProVersion version,
        ComposeContext? site,
        DeploymentAliases aliases,
        IReadOnlyList<VerifiedDeployment> verified,
        CancellationToken cancellationToken)
    {
        var lines = new List<string>();
        var risks = new List<string>();
        var pin = site?.Image.For(image.Reference);
        if (site is not null)
        {
            lines.Add(site.PinWriter().Forecast(pin!));
        }

        foreach (var alias in aliases.OnEngine)
        {
            var holder = world.Inventory.Find(alias);
            lines.Add(holder is not null && holder.Id == image.LocalId ? $"{alias} names {version} on this engine already"
                : $"{alias} on this engine moves from {NameOf(holder)} to {version}");
            risks.AddRange(Others(alias, target, verified).Select(other =>
                $"{other} uses {alias} too: a plain 'up' there would start {version}. Give each its own tag"));
        }

        if (pin is AliasPin tag)
        {
            if (site!.Image.AliasSharedBy.Count > 0)
            {
                risks.Add($"{tag.Alias} is the image of {string.Join(", ", site.Image.AliasSharedBy)} too: "
                    + $"a plain '{CommandOf(site)} up' brings it to {version} as well");
            }

            if (!tag.Alias.Equals(aliases.AtRegistry)
                && await WhatPullBringsAsync(tag.Alias, image, version, site, cancellationToken).ConfigureAwait(false) is var (pull, isKnown))
            {
                (isKnown ? risks : lines).Add(pull);
            }
        }

        if (aliases.AtRegistry is { } declared)
        {
            lines.Add($"{declared} at the registry names {version} afterwards");
            if (site is not null && !declared.Equals(site.Image.Alias))
            {
                lines.Add($"the compose file does not name {declared}, so 'pull' and 'up' do not bring what it names. "
                    + $"Write into {site.Image.WrittenAt}: image: {declared}");
            }
        }

        return (lines, risks);
    }

    /// <summary>If the version runs already: the tag by which a plain <c>up</c> would start another one; null if there is none.</summary>
    public string? WarningIfUnchanged(SuppliedImage image, ProVersion version, DeploymentAliases aliases) => aliases.OnEngine
        .Select(alias => (Alias: alias, Holder: world.Inventory.Find(alias)))
        .Where(one => one.Holder is not null && one.Holder.Id != image.LocalId)
        .Select(one => $"{request.Service.Name} runs {version}, but {one.Alias} names {NameOf(one.Holder)} on this engine: a plain 'up' would "
            + "start that. -Force deploys again and moves the tag.")
        .FirstOrDefault();

    private static string CommandOf(ComposeContext site) => site.Client.Program.CommandName;

    private string NameOf(EngineImage? image) => image is null ? "nothing"
        : ImageInventory.VersionOf(image, request.Repository)?.ToString() ?? $"the image {ShortId.Of(image.Id)}";

    /// <summary>Other targets for which the tag names what is deployed, or whose containers were started by it.</summary>
    private IEnumerable<string> Others(ImageReference alias, ServiceTarget target, IReadOnlyList<VerifiedDeployment> verified) => world.Targets
        .Where(other => other.TargetId != target.TargetId)
        .Where(other => verified.FirstOrDefault(step => step.Target == other.TargetId)?.Aliases?.Contains(alias.ToString()) == true
            || world.Inventory.ContainersOf(request.Service.Name, request.Repository).Any(one =>
                other.Containers.Any(container => container.Id == one.Container.ID)
                && ImageReference.TryParse(one.Container.Image, out var started) && started.Equals(alias)))
        .Select(other => $"the {other}");

    private async Task<(string Line, bool IsKnown)?> WhatPullBringsAsync(
        ImageReference alias, SuppliedImage image, ProVersion version, ComposeContext site, CancellationToken cancellationToken)
    {
        using var time = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        time.CancelAfter(RegistryTime);
        string? digest;
        try
        {
            digest = await supply.AtRegistryAsync(alias, time.Token).ConfigureAwait(false);
        }
        catch (Exception unknown) when (unknown is ProException || (unknown is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            var why = unknown is ProException refused && supply.IsForWantOfLogin(refused)
                ? RegistryErrors.NoLoginInPlan : "the registry can't be asked";
            return ($"what '{CommandOf(site)} pull' would bring is not known: {why}", false);
        }

        var there = digest is null ? null : world.Inventory.FindByDigest(request.Repository, digest);
        return digest is null || digest == image.Digest || there?.Id == image.LocalId ? null
            : ($"'{CommandOf(site)} pull' would bring {(there is null ? "another image" : NameOf(there))}, which {alias} names at the "
                + $"registry, and the next 'up' would start it instead of {version}", true);
    }
}
