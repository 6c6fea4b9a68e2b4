using Pro.DockerVersioning.Deployment.Strategies;
using Pro.DockerVersioning.Images;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Deployment;

/// <summary>A version to go back to, with the image that was verified, where that is known.</summary>
internal sealed record PreviousChoice(ProVersion Version, string? ImageId, string Why)
{
    /// <summary>True if nothing says it, and the next lower release stands in for it.</summary>
    public bool IsGuess { get; init; }
}

/// <summary>What a target runs now, as far as its previous version depends on it.</summary>
internal sealed record TargetNow(string TargetId, ProVersion? Current, IReadOnlySet<string> Running)
{
    public static TargetNow Of(ServiceTarget target, ProVersion? current) => new(
        target.TargetId,
        current,
        target.Containers.Where(container => container.IsRunning).Select(container => container.ImageId).ToHashSet(StringComparer.Ordinal));
}

/// <summary>
/// The version before the current one: what was last verified at the target before it. The versions that stand on the engine go first, then
/// the engine's own tag, then the history, and only then the next lower release on this engine. A version that a rollback or a restore has
/// left is passed over: going "back" to it would bring its fault again. One function for those who roll back and for those who clean: what
/// the one would take, the other keeps. Pure.
/// </summary>
internal static class PreviousVersionRule
{
    /// <summary>
    /// Finds it; null if there is none. The steps (of the history) and what was verified (on the engine) come newest first: the history
    /// only adds to what is on the engine.
    /// </summary>
    public static PreviousChoice? Find(
        ImageInventory inventory,
        ImageReference repository,
        IReadOnlyList<ProVersion> here,
        TargetNow target,
        IReadOnlyList<VerifiedDeployment> steps,
        IReadOnlyList<VerifiedDeployment>? verified = null)
    {
        verified ??= [];
        if (OnEngine(target, verified) is { } known)
        {
            return known;
        }

        var left = VerifiedDeployment.LeftBehind(steps);
        left.ExceptWith(verified.Select(step => step.Version));
        left.UnionWith(VerifiedDeployment.LeftBehind(verified));
        if (PreviousTag.Find(inventory, repository, target.TargetId) is { Version: { } tagged } previous
            && !target.Running.Contains(previous.ImageId) && IsOther(tagged))
        {
            return new PreviousChoice(tagged, previous.ImageId, $"{previous.Reference.Tag} on this engine");
        }

        if (steps.FirstOrDefault(step => IsOther(step.Version)) is { } earlier)
        {
            return new PreviousChoice(earlier.Version, earlier.ImageId, $"the history: verified here on {earlier.Time:u}");
        }

        return target.Current is { } current
            && here.Where(version => version.IsStable && version.CompareTo(current) < 0 && !left.Contains(version)).Max() is { } lower
                ? new PreviousChoice(lower, null, "the next lower release on this engine; none was verified here before") { IsGuess = true }
                : null;

        bool IsOther(ProVersion version) => !version.Equals(target.Current) && !left.Contains(version);
    }

    /// <summary>The same, by what stands on the engine alone.</summary>
    public static PreviousChoice? OnEngine(TargetNow target, IReadOnlyList<VerifiedDeployment> verified)
    {
        var left = VerifiedDeployment.LeftBehind(verified);
        return verified.FirstOrDefault(step => !step.Version.Equals(target.Current) && !left.Contains(step.Version)
            && !(step.ImageId is { } image && target.Running.Contains(image))) is { } step
                ? new PreviousChoice(step.Version, step.ImageId, $"this engine: verified here on {step.Time:u}")
                : null;
    }
}
