namespace Pro.DockerVersioning.Services.Containers;

/// <summary>Labels on containers: the module's own, and swarm's; compose's are <see cref="Compose.ComposeLabels"/>.</summary>
internal static class ContainerLabels
{
    /// <summary>All labels of the module begin so. On a container they never outlive it: each swap writes its own.</summary>
    public const string Prefix = "pro.dockerversioning.";

    /// <summary>The configuration of the container before this one: see <see cref="PreviousConfiguration"/>.</summary>
    public const string Previous = Prefix + "previous";

    /// <summary>How the container before this one ran: see <see cref="PreviousState"/>.</summary>
    public const string State = Prefix + "previous-state";

    /// <summary>On a network that a swap has made for its own use: the container's name.</summary>
    public const string Swap = Prefix + "swap";

    /// <summary>How the container took its predecessor's place: a <see cref="SwapFlow"/>.</summary>
    public const string Flow = Prefix + "flow";

    /// <summary>On a follower that a swap has made again: the name of the container that it follows.</summary>
    public const string Leader = Prefix + "leader";

    /// <summary>On a follower that a swap has made again: the id of the container that it follows.</summary>
    public const string LeaderId = Prefix + "leader-id";

    /// <summary>The deployment or rollback that has made the container: see <see cref="Deployment.OperationNote"/>.</summary>
    public const string Operation = Prefix + "operation";

    /// <summary>On each of several containers that take their predecessors' places together: see <see cref="SwapGroup"/>.</summary>
    public const string Group = Prefix + "group";

    /// <summary>An alias that a swap has added, and that is not the operator's: see <see cref="AliasHandover"/>.</summary>
    public const string Alias = Prefix + "alias";

    /// <summary>Swarm's service id.</summary>
    public const string SwarmServiceId = "com.docker.swarm.service.id";

    /// <summary>Swarm's service name.</summary>
    public const string SwarmServiceName = "com.docker.swarm.service.name";
}
