using System.Globalization;
using System.Text.Json.Nodes;

namespace Pro.DockerVersioning.Deployment.Swarm.Api;

/// <summary>A task of a service: one container's worth of it, with its fate.</summary>
internal sealed record SwarmTask
{
    private static readonly string[] Way = ["new", "pending", "assigned", "accepted", "preparing", "ready", "starting", "running"];

    public required string Id { get; init; }

    /// <summary>Which of a replicated service's places it holds; 0 in a global service.</summary>
    public required int Slot { get; init; }

    /// <summary>The node that runs it; empty before it is placed.</summary>
    public required string NodeId { get; init; }

    public required string Image { get; init; }

    public required ulong ForceUpdate { get; init; }

    /// <summary>Where it is: <c>preparing</c>, <c>starting</c> (until healthy), <c>running</c>, <c>failed</c> …</summary>
    public required string State { get; init; }

    public required string DesiredState { get; init; }

    /// <summary>Why it failed, in the node's words; empty if it didn't.</summary>
    public required string Error { get; init; }

    public required string? ContainerId { get; init; }

    /// <summary>The exit code of a container that has ended, else 0.</summary>
    public required long ExitCode { get; init; }

    /// <summary>How far it has come on its way to running: no further where it ends.</summary>
    public int Rank => Array.IndexOf(Way, State);

    /// <summary>True if it does its work; with a HEALTHCHECK, only once that was healthy.</summary>
    public bool IsRunning => State == "running" && DesiredState == "running";

    /// <summary>True if the swarm wants it to work, now or as soon as its predecessor has stopped.</summary>
    public bool IsWanted => DesiredState is "running" or "ready";

    /// <summary>True if it ended by itself or never began: a service's task that completes has failed too.</summary>
    public bool HasFailed => State is "failed" or "rejected" or "complete" or "orphaned";

    public static SwarmTask Read(JsonNode json)
    {
        var status = json["Status"];
        return new SwarmTask
        {
            Id = (string?)json["ID"] ?? "",
            Slot = (int?)json["Slot"] ?? 0,
            NodeId = (string?)json["NodeID"] ?? "",
            Image = (string?)json["Spec"]?["ContainerSpec"]?["Image"] ?? "",
            ForceUpdate = (ulong?)json["Spec"]?["ForceUpdate"] ?? 0,
            State = (string?)status?["State"] ?? "",
            DesiredState = (string?)json["DesiredState"] ?? "",
            Error = (string?)status?["Err"] ?? "",
            ContainerId = (string?)status?["ContainerStatus"]?["ContainerID"] is { Length: > 0 } container ? container : null,
            ExitCode = (long?)status?["ContainerStatus"]?["ExitCode"] ?? 0,
        };
    }

    /// <summary>The name that <c>docker service ps</c> shows: the service's with its place or node.</summary>
    public string NameIn(string service) =>
        $"{service}.{(Slot > 0 ? Slot.ToString(CultureInfo.InvariantCulture) : NodeId.Length > 0 ? NodeId : Id)}";

    /// <summary>What became of it, for an error: <c>api.2: failed: task: non-zero exit (3)</c>.</summary>
    public string FateIn(string service)
    {
        var code = ExitCode != 0 && !Error.Contains($"({ExitCode})", StringComparison.Ordinal) ? $" (exit code {ExitCode})" : "";
        return $"{NameIn(service)}: {State}{(Error.Length > 0 ? $": {Error}" : "")}{code}";
    }
}
