using Docker.DotNet.Models;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Services.Containers;
using Pro.DockerVersioning.Services.Locking;

namespace Pro.DockerVersioning.Services.Deployment;

/// <summary>What the volumes of ours on an engine say.</summary>
/// <param name="Locks">All locks, those of its swarm too, with their latest renewals.</param>
/// <param name="Records">All operation records.</param>
/// <param name="Verified">All verified deployments that stand on the engine, newest first.</param>
internal sealed record ServiceVolumes(
    IReadOnlyList<LockInfo> Locks, IReadOnlyList<OperationInfo> Records, IReadOnlyList<VerifiedDeployment> Verified)
{
    /// <summary>Asks.</summary>
    /// <exception cref="ProException">The engine can't be reached, or refuses.</exception>
    public static async Task<ServiceVolumes> LoadAsync(EngineConnection engine, Task<bool> isSwarmManager, CancellationToken cancellationToken)
    {
        // Several names mean any of them, where several labels would mean all.
        var names = new Dictionary<string, bool>
        {
            [LockNames.LockPrefix] = true,
            [OperationRecords.NamePrefix] = true,
            [VerifiedVolumes.NamePrefix] = true,
        };
        var parameters = new VolumesListParameters { Filters = new Dictionary<string, IDictionary<string, bool>> { ["name"] = names } };
        var found = await engine.CallAsync(client => client.Volumes.ListAsync(parameters, cancellationToken)).ConfigureAwait(false);
        IEnumerable<VolumeResponse> volumes = found.Volumes ?? [];
        var swarm = await isSwarmManager.ConfigureAwait(false)
            ? await new SwarmLocks(engine).ListAsync(of: null, cancellationToken).ConfigureAwait(false) : [];
        return new ServiceVolumes(
            LockObject.Locks([.. LockVolumes.Read(volumes), .. swarm]), OperationRecords.From(volumes), VerifiedVolumes.From(volumes));
    }
}
