using Docker.DotNet.Models;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Services.Containers;
using Pro.DockerVersioning.Services.Locking;

namespace Pro.DockerVersioning.Services.Deployment;

/// <summary>What the volumes of ours on an engine say, in one request.</summary>
/// <param name="Locks">All locks, with their latest deadlines.</param>
/// <param name="Records">All operation records.</param>
internal sealed record ServiceVolumes(IReadOnlyList<LockInfo> Locks, IReadOnlyList<OperationInfo> Records)
{
    /// <summary>Asks.</summary>
    /// <exception cref="ProException">The engine can't be reached, or refuses.</exception>
    public static async Task<ServiceVolumes> LoadAsync(EngineConnection engine, CancellationToken cancellationToken)
    {
        // Several names mean any of them, where several labels would mean all.
        var names = new Dictionary<string, bool> { [LockNames.LockPrefix] = true, [OperationRecords.NamePrefix] = true };
        var parameters = new VolumesListParameters { Filters = new Dictionary<string, IDictionary<string, bool>> { ["name"] = names } };
        var found = await engine.CallAsync(client => client.Volumes.ListAsync(parameters, cancellationToken)).ConfigureAwait(false);
        IEnumerable<VolumeResponse> volumes = found.Volumes ?? [];
        return new ServiceVolumes(LockVolumes.Locks(LockVolumes.Read(volumes)), OperationRecords.From(volumes));
    }
}
