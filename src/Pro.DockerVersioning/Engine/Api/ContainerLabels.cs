namespace Pro.DockerVersioning.Engine.Api;

/// <summary>Labels on containers: the module's own, and swarm's; compose's are <see cref="ComposeLabels"/>.</summary>
internal static class ContainerLabels
{
    /// <summary>All labels of the module begin so. On a container they never outlive it: each swap writes its own.</summary>
    public const string Prefix = "pro.dockerversioning.";

    /// <summary>On a volume that is an operation record, and on the container that gives access to it: the target.</summary>
    public const string Record = Prefix + "record";

    /// <summary>On a network that a swap has made for its own use: the container's name.</summary>
    public const string Swap = Prefix + "swap";

    /// <summary>On each container that an operation makes: the operation's <c>OperationInfo.Nonce</c>.</summary>
    public const string Operation = Prefix + "operation";

    /// <summary>An alias that a swap has added, and that is not the operator's: see <c>AliasHandover</c>.</summary>
    public const string Alias = Prefix + "alias";

    /// <summary>The host ports that the engine had chosen: see <see cref="ChosenPort"/>.</summary>
    public const string ChosenPorts = Prefix + "ports";

    /// <summary>Swarm's service id.</summary>
    public const string SwarmServiceId = "com.docker.swarm.service.id";

    /// <summary>Swarm's service name.</summary>
    public const string SwarmServiceName = "com.docker.swarm.service.name";
}
