using System.Globalization;

namespace Pro.DockerVersioning.Deployment.Swarm;

/// <summary>
/// For how long a swarm's update or rollback may stand still. Progress is what any task has come to that none had come to in its place. A
/// task that pulls its image, and one that starts and has not failed, is waited for longer: the swarm says no more of it until it is done,
/// and the engine itself ends one that its HEALTHCHECK calls unhealthy.
/// </summary>
/// <param name="Still">For how long nothing may happen.</param>
/// <param name="Starting">For how long a task may be starting: until it is healthy.</param>
/// <param name="Preparing">For how long a task may be preparing: it pulls its image.</param>
internal sealed record SwarmPatience(TimeSpan Still, TimeSpan Starting, TimeSpan Preparing)
{
    private static readonly TimeSpan Usual = TimeSpan.FromMinutes(2);

    // The HEALTHCHECK of an image that is not on this node is not known.
    private static readonly TimeSpan Unknown = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan LongestPull = TimeSpan.FromMinutes(30);

    /// <summary>For an update or a rollback.</summary>
    /// <param name="given">What the operator allows; it replaces what the HEALTHCHECK allows.</param>
    /// <param name="allowance">What the HEALTHCHECK allows; null if it is not known.</param>
    public static SwarmPatience Of(TimeSpan? given, TimeSpan? allowance)
    {
        var still = given ?? Usual;
        var starting = given ?? allowance ?? Unknown;
        return new SwarmPatience(still, starting > still ? starting : still, LongestPull > still ? LongestPull : still);
    }

    /// <summary>The same, with so much more.</summary>
    public SwarmPatience And(TimeSpan more) => new(Still + more, Starting + more, Preparing + more);

    /// <summary>For how long what is seen may last.</summary>
    /// <param name="states">The states of the tasks that are wanted for the goal.</param>
    /// <param name="hasFailed">Whether a task has failed since the last progress: one that comes up again and again is not a reason to wait.</param>
    public TimeSpan For(IEnumerable<string> states, bool hasFailed)
    {
        if (hasFailed)
        {
            return Still;
        }

        var seen = states.ToHashSet(StringComparer.Ordinal);
        return seen.Contains("preparing") ? Preparing
            : seen.Contains("starting") ? Starting
            : Still;
    }

    /// <summary>How long nothing may happen, for a message.</summary>
    public string Text(bool isStarting) =>
        string.Create(CultureInfo.InvariantCulture, $"{(isStarting ? Starting : Still).TotalSeconds:0.#} seconds");
}
