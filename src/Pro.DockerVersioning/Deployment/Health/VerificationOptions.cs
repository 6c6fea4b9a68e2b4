using Pro.DockerVersioning.Deployment.Health.Probes;

namespace Pro.DockerVersioning.Deployment.Health;

/// <summary>How long and by what a container is verified.</summary>
internal sealed record VerificationOptions
{
    /// <summary>What the container is called in reports; null for its own name.</summary>
    public string? Subject { get; init; }

    /// <summary>
    /// The address to ask if there is no HEALTHCHECK. Null if there is none, and where the answer would be the old container's.
    /// </summary>
    public Uri? HealthUrl { get; init; }

    /// <summary>
    /// True if <see cref="HealthUrl"/> is written for the engine's machine: a loopback address is then asked inside the container unless
    /// the engine is surely on this machine.
    /// </summary>
    public bool IsHealthUrlOfHost { get; init; }

    /// <summary>
    /// True while another container has the published ports: the URL is asked inside this one, wherever the engine is.
    /// </summary>
    public bool AsksHealthUrlInside { get; init; }

    /// <summary>
    /// How long the container has to get healthy. Given, it is kept to the letter, and replaces what the HEALTHCHECK allows and
    /// <see cref="KnownNeed"/>. Null: a minute, or as long as its HEALTHCHECK itself allows if that is longer (start period, then all
    /// retries at their interval, and the last one's time-out). It bounds no stability proof.
    /// </summary>
    public TimeSpan? HealthTimeout { get; init; }

    /// <summary>
    /// Set if nobody is answered until the verdict (stop-first): the time that the service is known to need to start. The verdict then
    /// comes after <see cref="HealthCheck.BoundFor"/> at the latest. Null if the old container serves meanwhile.
    /// </summary>
    public TimeSpan? KnownNeed { get; init; }

    /// <summary>How long a container without HEALTHCHECK and URL must run.</summary>
    public TimeSpan StabilityTime { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// The container's restart count before it was started for this. The engine sets it to 0 at every start by hand, so 0 is right for
    /// whoever has just started it; whoever verifies one that has run for long gives the count that it has.
    /// </summary>
    public long RestartsBefore { get; init; }

    /// <summary>
    /// True if the container was found well before and has changed since (it was given its networks and ports): what the engine said
    /// of its health until now says nothing of that, only a check from now on does. Where exec can't run one, its last word is taken.
    /// </summary>
    public bool IsSecondLook { get; init; }

    /// <summary>How long the engine may be away (restarting) before the verification gives up on it.</summary>
    public TimeSpan EngineOutage { get; init; } = TimeSpan.FromSeconds(30);

    public int LogLines { get; init; } = 20;

    /// <summary>While watching: the time between two requests to <see cref="HealthUrl"/>.</summary>
    public TimeSpan WatchInterval { get; init; } = TimeSpan.FromSeconds(1);

    public string? ProgressParent { get; init; }
}
