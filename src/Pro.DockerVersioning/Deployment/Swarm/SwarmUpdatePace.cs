using System.Globalization;
using System.Text.Json.Nodes;
using Pro.DockerVersioning.Deployment.Swarm.Api;

namespace Pro.DockerVersioning.Deployment.Swarm;

/// <summary>In which order and at what pace an update goes. A parallelism of 0 is all tasks at once.</summary>
internal sealed record SwarmUpdatePace(string Order, int Parallelism, TimeSpan Delay, TimeSpan Monitor)
{
    // What a container takes to stop and start, by the measurements of plain ones; its own stop and health come on top.
    private static readonly TimeSpan Change = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Stability = new SwarmUpdateOptions().StabilityTime;

    /// <summary>Reads it off an update configuration; null stands for the engine's defaults.</summary>
    public static SwarmUpdatePace Of(JsonObject? config) => new(
        (string?)config?["Order"] is { Length: > 0 } order ? order : "stop-first",
        config is null ? 1 : Number(config["Parallelism"]),
        SwarmChange.DelayOf(config),
        SwarmChange.MonitorOf(config));

    /// <summary>What is replaced, what goes without an answer, and how long it takes at least, for a plan.</summary>
    public string Describe(int tasks, string service, int? canary)
    {
        var atOnce = Parallelism == 0 ? tasks : Math.Min(Parallelism, tasks);
        var batches = atOnce == 0 ? 0 : (tasks + atOnce - 1) / atOnce;
        var pauses = Math.Max(0, batches - 1);
        var least = (Monitor > Stability ? Monitor : Stability) + (batches * Change) + (pauses * Delay);
        var pace = (Parallelism == 0 ? ", all at a time" : Invariant($", {Parallelism} at a time"))
            + (Delay > TimeSpan.Zero ? Invariant($" with {Delay.TotalSeconds:0.#} s between") : "")
            + (canary is { } first ? Invariant($", {first} first as a canary") : "");
        return Invariant($"{tasks} task{(tasks == 1 ? "" : "s")} of {service}{pace}, {Order}: {Cut(tasks, atOnce)}; about ")
            + Invariant($"{least.TotalSeconds:0} s, and what the tasks take to stop and to get healthy");
    }

    private string Cut(int tasks, int atOnce) => Order == "start-first" ? "each goes when its successor runs"
        : tasks == 0 ? "nothing runs that could be cut"
        : atOnce >= tasks ? "nobody answers until the new tasks run"
        : Invariant($"{tasks - atOnce} of {tasks} go on answering");

    // The engine's numbers convert to any type; those that were set here only to their own.
    private static int Number(JsonNode? node) => node is null ? 0 : int.Parse(node.ToJsonString(), CultureInfo.InvariantCulture);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
