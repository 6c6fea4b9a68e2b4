using System.Globalization;
using System.Net;
using Docker.DotNet;
using Docker.DotNet.Models;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Services.Locking;

/// <summary>
/// Locks as volumes. The engine makes a volume once, and answers whoever asks for it again with the labels of the first one.
/// </summary>
internal sealed class LockVolumes(EngineConnection engine) : ILockStore
{
    /// <inheritdoc/>
    public async Task<LockInfo> CreateAsync(string name, LockInfo info, LockRole role, string? of, CancellationToken cancellationToken)
    {
        var parameters = new VolumesCreateParameters { Name = name, Labels = LockLabels.Write(info, role, of) };
        var volume = await engine.CallAsync(client => client.Volumes.CreateAsync(parameters, cancellationToken)).ConfigureAwait(false);
        if (LockLabels.TryRead(volume.Labels?.AsReadOnly() ?? LockObject.NoLabels, out var made))
        {
            return made;
        }

        // An engine that was started anew answers without the labels of a volume that was there before; an inspection has them.
        return await FindAsync(name, cancellationToken).ConfigureAwait(false)
            ?? await CreateAsync(name, info, role, of, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task<LockInfo?> FindAsync(string name, CancellationToken cancellationToken) => engine.CallAsync(async client =>
    {
        try
        {
            var volume = await client.Volumes.InspectAsync(name, cancellationToken).ConfigureAwait(false);
            return LockLabels.TryRead(volume.Labels?.AsReadOnly() ?? LockObject.NoLabels, out var info)
                ? info
                : throw LockErrors.VolumeIsNotOurs(name);
        }
        catch (DockerApiException missing) when (missing.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }
    });

    /// <inheritdoc/>
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

    /// <inheritdoc/>
    public async Task<IReadOnlyList<LockObject>> ListAsync(string? of, CancellationToken cancellationToken)
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
    public static IReadOnlyList<LockObject> Read(IEnumerable<VolumeResponse> all) =>
        [.. all.Select(volume => LockObject.Read(volume.Name, volume.Labels, Time(volume.CreatedAt))).OfType<LockObject>()];

    private static DateTimeOffset? Time(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;
}
