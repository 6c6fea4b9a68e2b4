using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Engine.Api;

namespace Pro.DockerVersioning.Deployment.Health.Probes;

/// <summary>
/// The network of a command that runs in a container of the engine, as a CI job with the engine's socket does: its loopback address is not the
/// engine's machine.
/// </summary>
internal static class OwnNetwork
{
    /// <summary>The name of the container in which this command runs; null if it runs in none, or in one with the network of the engine's machine.</summary>
    public static async Task<string?> ContainerAsync(EngineConnection engine, CancellationToken cancellationToken)
    {
        var calls = new ContainerApi(engine);
        if (!engine.Endpoint.IsLocal || engine.Endpoint.OwnContainer is not { } id
            || await calls.FindAsync(id, cancellationToken).ConfigureAwait(false) is not { } own)
        {
            return null;
        }

        var owner = await HostPort.OwnerAsync(own, one => calls.FindAsync(one, cancellationToken)).ConfigureAwait(false);
        return owner is null or { NetworkMode: "host" } ? null : own.Name;
    }
}
