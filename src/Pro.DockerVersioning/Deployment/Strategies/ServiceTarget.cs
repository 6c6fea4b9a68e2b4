using Pro.DockerVersioning.Engine.Api;

namespace Pro.DockerVersioning.Deployment.Strategies;

/// <summary>Who made the containers of a service, and so who must be asked to change them.</summary>
internal enum ServiceTargetKind
{
    /// <summary><c>docker run</c>, or nobody whom we know.</summary>
    Container,

    Compose,

    Swarm,
}

/// <summary>
/// A container of a target, with the engine's word for its state (running, paused, restarting, exited, created, dead, removing). The
/// version is null if nothing says it.
/// </summary>
internal sealed record TargetContainer(string Id, string Name, string State, string ImageId, ProVersion? Version)
{
    /// <summary>True if its processes are there.</summary>
    public bool IsRunning => State is "running" or "paused" or "restarting";
}

/// <summary>One thing that runs a service here: a container, a service of a compose project, or a swarm service.</summary>
internal sealed record ServiceTarget
{
    public required ServiceTargetKind Kind { get; init; }

    /// <summary>For people: the container's name, <c>project/service</c>, or the swarm service's name.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// For locks and the history, and good as a volume's name: <c>container.NAME</c>, <c>compose.PROJECT.SERVICE</c>,
    /// <c>swarm.NAME</c>. A compose project's name has no dot, so no two targets share one.
    /// </summary>
    public required string TargetId { get; init; }

    /// <summary>Its containers by name: the running ones and the stopped ones. None if a swap was interrupted in the middle.</summary>
    public IReadOnlyList<TargetContainer> Containers { get; init; } = [];

    /// <summary>What a swap that was interrupted has left: see <see cref="SwapNames"/>.</summary>
    public IReadOnlyList<TargetContainer> Leftovers { get; init; } = [];

    /// <summary>The labels of one of its containers: compose's and swarm's say who owns it.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// False for a swarm's service: its tasks and their image may be on other nodes, and the swarm itself replaces and restores them.
    /// </summary>
    public bool IsOfEngine => Kind != ServiceTargetKind.Swarm;

    /// <summary>
    /// The files of its compose project, as its labels name them; they may be on another machine. Compose 1 may write relative paths.
    /// </summary>
    public IEnumerable<string> ComposeFiles => Labels.GetValueOrDefault(ComposeLabels.Files, "")
        .Split(',', StringSplitOptions.RemoveEmptyEntries)
        .Select(file => Path.Combine(Labels.GetValueOrDefault(ComposeLabels.WorkingDirectory, ""), file));

    /// <summary>Whether it has the same containers as before, and nothing that a swap has left.</summary>
    public bool HasSameContainersAs(ServiceTarget? now) => now is not { Leftovers.Count: > 0 }
        && Containers.Select(one => one.Id).ToHashSet(StringComparer.Ordinal).SetEquals((now?.Containers ?? []).Select(one => one.Id));

    public bool IsRunning => Containers.Any(container => container.IsRunning);

    /// <summary>The versions that run, newest first; several while versions change.</summary>
    public IReadOnlyList<ProVersion> CurrentVersions =>
        [.. Containers.Where(one => one.IsRunning).Select(one => one.Version).OfType<ProVersion>().Distinct().OrderDescending()];

    public override string ToString() => Kind switch
    {
        ServiceTargetKind.Compose => $"compose service {Name}",
        ServiceTargetKind.Swarm => $"swarm service {Name}",
        _ => $"container {Name}",
    };
}
