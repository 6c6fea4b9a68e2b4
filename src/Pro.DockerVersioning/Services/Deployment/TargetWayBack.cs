using Pro.DockerVersioning.Images;
using Pro.DockerVersioning.Services.Containers;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Services.Deployment;

/// <summary>A version to go back to, with the image that was proven, where that is known.</summary>
/// <param name="Version">The version.</param>
/// <param name="ImageId">The image that was proven to work here; null where nobody proved it.</param>
/// <param name="Why">Where it is known from, for the verbose stream.</param>
internal sealed record PreviousChoice(ProVersion Version, string? ImageId, string Why)
{
    /// <summary>True where nothing says it, and the next lower release stands in for it.</summary>
    public bool IsGuess { get; init; }
}

/// <summary>What a target runs now, as far as its way back depends on it.</summary>
/// <param name="TargetId">See <see cref="ServiceTarget.TargetId"/>.</param>
/// <param name="Current">The version; null where none runs, or nothing says which.</param>
/// <param name="Running">The images that run.</param>
internal sealed record TargetNow(string TargetId, ProVersion? Current, IReadOnlySet<string> Running)
{
    /// <summary>Of a target that was found.</summary>
    public static TargetNow Of(ServiceTarget target, ProVersion? current) => new(
        target.TargetId,
        current,
        target.Containers.Where(container => container.IsRunning).Select(container => container.ImageId).ToHashSet(StringComparer.Ordinal));
}

/// <summary>
/// The version before the current one: what was last proven at the target before it (the engine's own tag, then the history), and only
/// then the next lower release on this engine. A version that a rollback has left is none: going "back" to it would bring its fault again.
/// One function for those who go back and for those who clean: what the one would take, the other keeps. Pure.
/// </summary>
internal static class TargetWayBack
{
    /// <summary>Finds it; null where there is none.</summary>
    /// <param name="inventory">What is on the engine.</param>
    /// <param name="repository">The service's repository.</param>
    /// <param name="here">The versions that the repository's tags name on the engine.</param>
    /// <param name="target">What runs now.</param>
    /// <param name="steps">What the history knows of the target, newest first.</param>
    public static PreviousChoice? Find(
        ImageInventory inventory,
        ImageReference repository,
        IReadOnlyList<ProVersion> here,
        TargetNow target,
        IReadOnlyList<ProvenStep> steps)
    {
        var left = ProvenStep.LeftBehind(steps);
        if (PreviousVersions.Find(inventory, repository, target.TargetId) is { Version: { } tagged } previous
            && !target.Running.Contains(previous.ImageId) && IsOther(tagged))
        {
            return new PreviousChoice(tagged, previous.ImageId, $"{previous.Reference.Tag} on this engine");
        }

        if (steps.FirstOrDefault(step => IsOther(step.Version)) is { } proven)
        {
            return new PreviousChoice(proven.Version, proven.ImageId, $"the history: proven here on {proven.Time:u}");
        }

        return target.Current is { } current
            && here.Where(version => version.IsStable && version.CompareTo(current) < 0 && !left.Contains(version)).Max() is { } lower
                ? new PreviousChoice(lower, null, "the next lower release on this engine; none was proven here before") { IsGuess = true }
                : null;

        bool IsOther(ProVersion version) => !version.Equals(target.Current) && !left.Contains(version);
    }
}
