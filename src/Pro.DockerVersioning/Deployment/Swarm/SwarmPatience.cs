using System.Globalization;

namespace Pro.DockerVersioning.Deployment.Swarm;

/// <summary>
/// For how long a swarm's update or rollback may stand still. Progress is what any task has come to that none had come to in its place. A
/// task that pulls its image (it is preparing), and one that starts and has not failed, is waited for longer: the swarm says no more of it
/// until it is done, and the engine itself ends one that its HEALTHCHECK calls unhealthy.
/// </summary>
internal sealed record SwarmPatience(TimeSpan Still, TimeSpan Starting, TimeSpan Preparing)
{
    private static readonly TimeSpan Usual = TimeSpan.FromMinutes(2);

    // The HEALTHCHECK of an image that is not on this node is not known.
    private static readonly TimeSpan Unknown = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan LongestPull = TimeSpan.FromMinutes(30);

    /// <summary>By what the operator gave, else by what the HEALTHCHECK allows; each is null if it is not known.</summary>
    public static SwarmPatience Of(TimeSpan? given, TimeSpan? allowance)
    {
        var still = given ?? Usual;
        var starting = given ?? allowance ?? Unknown;
        return new SwarmPatience(still, starting > still ? starting : still, LongestPull > still ? LongestPull : still);
    }

    public SwarmPatience And(TimeSpan more) => new(Still + more, Starting + more, Preparing + more);

    /// <summary>
    /// For how long the states of the tasks may last. A task that has failed since the last progress, and comes up again and again, is not
    /// a reason to wait.
    /// </summary>
    public TimeSpan For(IEnumerable<string> states, bool hasFailed)
    {
        var seen = states.ToHashSet(StringComparer.Ordinal);
        return hasFailed ? Still
            : seen.Contains("preparing") ? Preparing
            : seen.Contains("starting") ? Starting
            : Still;
    }

    /// <summary>How long nothing may happen, for a message.</summary>
    public string Text(bool isStarting) =>
        string.Create(CultureInfo.InvariantCulture, $"{(isStarting ? Starting : Still).TotalSeconds:0.#} seconds");
}
