using Pro.DockerVersioning.Deployment.Compose.Project;
using Pro.DockerVersioning.Deployment.Strategies;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Images;
using Pro.DockerVersioning.Machine;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Deployment;

/// <summary>
/// What a deployment will change besides the containers: files and tags, each by name. And what would undo it: a pin that doesn't hold, a
/// <c>pull</c>, another service with the same tag.
/// </summary>
internal sealed class DeploymentForecast(DeploymentPlan plan, EngineSnapshot world, ImageSupply supply)
{
    // A prompt waits for it, and the deployment goes on without an answer.
    private static readonly TimeSpan RegistryTime = TimeSpan.FromSeconds(5);

    private readonly DeploymentRequest _request = plan.Request;
    private readonly SuppliedImage _image = plan.Image;
    private readonly ProVersion _version = plan.Version;

    /// <summary>
    /// The plan with its lines: what will be changed, and what would undo it. Without a compose project there is no site.
    /// </summary>
    public async Task<DeploymentPlan> ToldAsync(
        ComposeContext? site, IReadOnlyList<VerifiedDeployment> verified, CancellationToken cancellationToken)
    {
        var lines = new List<string>();
        var risks = new List<string>();
        var pin = site?.Image.For(_image.Reference);
        if (site is not null)
        {
            lines.Add(site.PinWriter().Forecast(pin!));
        }

        foreach (var alias in plan.Aliases.OnEngine)
        {
            var holder = world.Inventory.Find(alias);
            lines.Add(holder is not null && holder.Id == _image.LocalId ? $"{alias} names {_version} on this engine already"
                : $"{alias} on this engine moves from {NameOf(holder)} to {_version}");
            risks.AddRange(Others(alias, verified).Select(other =>
                $"{other} uses {alias} too: a plain 'up' there would start {_version}. Give each its own tag"));
        }

        if (pin is AliasPin tag)
        {
            if (site!.Image.AliasSharedBy.Count > 0)
            {
                risks.Add($"{tag.Alias} is the image of {string.Join(", ", site.Image.AliasSharedBy)} too: "
                    + $"a plain '{site.Client.Program.CommandName} up' brings it to {_version} as well");
            }

            if (!tag.Alias.Equals(plan.Aliases.AtRegistry)
                && await WhatPullBringsAsync(tag.Alias, site, cancellationToken).ConfigureAwait(false) is var (pull, isKnown))
            {
                (isKnown ? risks : lines).Add(pull);
            }
        }

        if (plan.Aliases.AtRegistry is { } declared)
        {
            lines.Add($"{declared} at the registry names {_version} afterwards");
            if (site is not null && !declared.Equals(site.Image.Alias))
            {
                lines.Add($"the compose file does not name {declared}, so 'pull' and 'up' do not bring what it names. "
                    + $"Write into {site.Image.WrittenAt}: image: {declared}");
            }
        }

        return plan with { Changes = lines, Risks = risks };
    }

    /// <summary>If the version runs already: the tag by which a plain <c>up</c> would start another one; null if there is none.</summary>
    public string? WarningIfUnchanged() => plan.Aliases.OnEngine
        .Select(alias => (Alias: alias, Holder: world.Inventory.Find(alias)))
        .Where(one => one.Holder is not null && one.Holder.Id != _image.LocalId)
        .Select(one => $"{_request.Service.Name} runs {_version}, but {one.Alias} names {NameOf(one.Holder)} on this engine: "
            + "a plain 'up' would start that. -Force deploys again and moves the tag.")
        .FirstOrDefault();

    private string NameOf(EngineImage? image) => image is null ? "nothing"
        : ImageInventory.VersionOf(image, _request.Repository)?.ToString() ?? $"the image {ShortId.Of(image.Id)}";

    /// <summary>Other targets for which the tag names what is deployed, or whose containers were started by it.</summary>
    private IEnumerable<string> Others(ImageReference alias, IReadOnlyList<VerifiedDeployment> verified) => world.Targets
        .Where(other => other.TargetId != plan.Target.TargetId)
        .Where(other => verified.FirstOrDefault(step => step.Target == other.TargetId)?.Aliases?.Contains(alias.ToString()) == true
            || world.Inventory.ContainersOf(_request.Service.Name, _request.Repository).Any(one =>
                other.Containers.Any(container => container.Id == one.Container.ID)
                && ImageReference.TryParse(one.Container.Image, out var started) && started.Equals(alias)))
        .Select(other => $"the {other}");

    private async Task<(string Line, bool IsKnown)?> WhatPullBringsAsync(
        ImageReference alias, ComposeContext site, CancellationToken cancellationToken)
    {
        var command = site.Client.Program.CommandName;
        using var time = Clock.Limit(RegistryTime, cancellationToken);
        string? digest;
        try
        {
            digest = await supply.AtRegistryAsync(alias, time.Token).ConfigureAwait(false);
        }
        catch (Exception unknown) when (unknown is ProException
            || (unknown is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            var why = unknown is ProException refused && supply.IsForWantOfLogin(refused)
                ? RegistryErrors.NoLoginInPlan : "the registry can't be asked";
            return ($"what '{command} pull' would bring is not known: {why}", false);
        }

        var there = digest is null ? null : world.Inventory.FindByDigest(_request.Repository, digest);
        return digest is null || digest == _image.Digest || there?.Id == _image.LocalId ? null
            : ($"'{command} pull' would bring {(there is null ? "another image" : NameOf(there))}, which {alias} names at the "
                + $"registry, and the next 'up' would start it instead of {_version}", true);
    }
}
