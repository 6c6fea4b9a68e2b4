using System.Net;
using Docker.DotNet;
using Docker.DotNet.Models;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Services.Locking;

/// <summary>
/// The volumes that locks are. The engine makes a volume once, and answers whoever asks for it again with the labels of the first one.
/// </summary>
internal sealed class LockVolumes(EngineConnection engine)
{
    /// <summary>Makes a volume, unless there is one; gives whose it is.</summary>
    /// <exception cref="ProException">The engine refuses, or the volume is none of ours.</exception>
    public async Task<LockInfo> CreateAsync(string name, LockInfo info, LockRole role, string? of, CancellationToken cancellationToken)
    {
        var parameters = new VolumesCreateParameters { Name = name, Labels = LockLabels.Write(info, role, of) };
        var volume = await engine.CallAsync(client => client.Volumes.CreateAsync(parameters, cancellationToken)).ConfigureAwait(false);
        if (LockLabels.TryRead(volume.Labels?.AsReadOnly() ?? LockVolume.NoLabels, out var made))
        {
            return made;
        }

        // An engine that was started anew answers without the labels of a volume that was there before; an inspection has them.
        return await FindAsync(name, cancellationToken).ConfigureAwait(false)
            ?? await CreateAsync(name, info, role, of, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Whose a volume is; null where there is none.</summary>
    /// <exception cref="ProException">The engine refuses, or the volume is none of ours.</exception>
    public Task<LockInfo?> FindAsync(string name, CancellationToken cancellationToken) => engine.CallAsync(async client =>
    {
        try
        {
            var volume = await client.Volumes.InspectAsync(name, cancellationToken).ConfigureAwait(false);
            return Read(name, volume.Labels);
        }
        catch (DockerApiException missing) when (missing.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }
    });

    /// <summary>Removes a volume; one that is gone already is fine.</summary>
    /// <exception cref="ProException">The engine refuses.</exception>
    public Task RemoveAsync(string name, CancellationToken cancellationToken) => engine.CallAsync(async client =>
    {
        try
        {
            await client.Volumes.RemoveAsync(name, force: false, cancellationToken).ConfigureAwait(false);
        }
        catch (DockerApiException missing) when (missing.StatusCode == HttpStatusCode.NotFound)
        {
            // Gone.
        }
    });

    /// <summary>All volumes of ours, or those about one lock.</summary>
    /// <param name="of">The lock's nonce; null for all.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ProException">The engine refuses.</exception>
    public async Task<IReadOnlyList<LockVolume>> ListAsync(string? of, CancellationToken cancellationToken)
    {
        var label = of is null ? LockLabels.Role : $"{LockLabels.Of}={of}";
        var parameters = new VolumesListParameters
        {
            Filters = new Dictionary<string, IDictionary<string, bool>> { ["label"] = new Dictionary<string, bool> { [label] = true } },
        };
        var found = await engine.CallAsync(client => client.Volumes.ListAsync(parameters, cancellationToken)).ConfigureAwait(false);
        return Read(found.Volumes ?? []);
    }

    /// <summary>Those of a list that are ours. Pure.</summary>
    public static IReadOnlyList<LockVolume> Read(IEnumerable<VolumeResponse> all)
    {
        var volumes = new List<LockVolume>();
        foreach (var volume in all)
        {
            var labels = volume.Labels?.AsReadOnly() ?? LockVolume.NoLabels;
            if (LockLabels.TryReadRole(labels, out var role) && LockLabels.TryRead(labels, out var info))
            {
                volumes.Add(new LockVolume(volume.Name, role, labels.GetValueOrDefault(LockLabels.Of), info));
            }
        }

        return volumes;
    }

    /// <summary>The locks among volumes, with their latest deadlines. Pure.</summary>
    public static IReadOnlyList<LockInfo> Locks(IReadOnlyCollection<LockVolume> volumes) =>
        [.. volumes
            .Where(volume => volume.Role == LockRole.Lock)
            .Select(volume => Latest(volume.Info, volumes))
            .OrderBy(info => info.Target, StringComparer.Ordinal)];

    /// <summary>A lock with the latest of its deadlines.</summary>
    public async Task<LockInfo> WithRenewalsAsync(LockInfo info, CancellationToken cancellationToken) =>
        Latest(info, await ListAsync(info.Nonce, cancellationToken).ConfigureAwait(false));

    /// <summary>A lock with the latest of the deadlines that volumes say.</summary>
    public static LockInfo Latest(LockInfo info, IEnumerable<LockVolume> volumes) => info with
    {
        Deadline = volumes
            .Where(volume => volume.Role == LockRole.Renewal && volume.Of == info.Nonce)
            .Select(volume => volume.Info.Deadline)
            .Append(info.Deadline)
            .Max(),
    };

    private static LockInfo Read(string name, IDictionary<string, string>? labels) =>
        LockLabels.TryRead(labels?.AsReadOnly() ?? LockVolume.NoLabels, out var info) ? info : throw LockErrors.VolumeIsNotOurs(name);
}

/// <summary>A volume of ours.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Role">What it is.</param>
/// <param name="Of">The nonce of the lock that it is about; null for a lock.</param>
/// <param name="Info">Whose it is.</param>
internal sealed record LockVolume(string Name, LockRole Role, string? Of, LockInfo Info)
{
    public static IReadOnlyDictionary<string, string> NoLabels { get; } = new Dictionary<string, string>();
}
