using Pro.DockerVersioning.Deployment.Container.Swap;
using Pro.DockerVersioning.Deployment.Locking;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Engine.Api;

namespace Pro.DockerVersioning.Deployment;

/// <summary>
/// What the volumes of ours on an engine say, and the configs of ours in its swarm: all locks with their latest renewals, and the verified
/// deployments newest first.
/// </summary>
internal sealed record ServiceVolumes(
    IReadOnlyList<LockInfo> Locks, IReadOnlyList<OperationInfo> Records, IReadOnlyList<VerifiedDeployment> Verified)
{
    private static readonly string[] Prefixes = [LockNames.LockPrefix, OperationRecords.NamePrefix, VerifiedVersions.NamePrefix];

    /// <exception cref="ProException">The engine can't be reached, or refuses; or its swarm has no leader, and nobody knows.</exception>
    public static async Task<ServiceVolumes> LoadAsync(
        EngineConnection engine, Task<bool> isSwarmManager, CancellationToken cancellationToken)
    {
        var volumes = await new VolumeLabels(engine).ListAsync(Prefixes, cancellationToken).ConfigureAwait(false);
        var configs = await isSwarmManager.ConfigureAwait(false)
            ? await new SwarmConfigs(engine).ListAsync(Prefixes, cancellationToken).ConfigureAwait(false) : [];
        return new ServiceVolumes(
            LockStore.Last(LockStore.Read(volumes.Concat(configs))),
            OperationRecords.From(volumes),
            VerifiedVersions.From(volumes, configs));
    }
}
