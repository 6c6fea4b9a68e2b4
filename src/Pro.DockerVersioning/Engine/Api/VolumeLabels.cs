using System.Net;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace Pro.DockerVersioning.Engine.Api;

/// <summary>
/// Facts as volumes of one engine. It makes a volume once, and answers whoever asks for it again with the labels of the first one. A volume
/// has no other name than the one that it was given, so it is removed by it.
/// </summary>
internal sealed class VolumeLabels(EngineConnection engine) : ILabelStore
{
    /// <inheritdoc/>
    public string Kind => "volume";

    /// <inheritdoc/>
    public async Task<LabelledObject> CreateAsync(string name, IDictionary<string, string> labels, CancellationToken cancellationToken)
    {
        var parameters = new VolumesCreateParameters { Name = name, Labels = labels };
        while (true)
        {
            var made = await engine.CallAsync(client => client.Volumes.CreateAsync(parameters, cancellationToken)).ConfigureAwait(false);
            if (made.Labels is { Count: > 0 })
            {
                return Read(made);
            }

            // An engine that was started anew answers without the labels of a volume that was there before; an inspection has them.
            if (await FindAsync(name, cancellationToken).ConfigureAwait(false) is { } found)
            {
                return found;
            }
        }
    }

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
    public async Task<IReadOnlyList<LabelledObject>> ListAsync(IReadOnlyList<string> prefixes, CancellationToken cancellationToken)
    {
        // Several names mean any of them, where several labels would mean all.
        var names = prefixes.ToDictionary(prefix => prefix, _ => true, StringComparer.Ordinal);
        var parameters = new VolumesListParameters { Filters = new Dictionary<string, IDictionary<string, bool>> { ["name"] = names } };
        var found = await engine.CallAsync(client => client.Volumes.ListAsync(parameters, cancellationToken)).ConfigureAwait(false);
        return [.. (found.Volumes ?? []).Select(Read).Where(one => one.IsOneOf(prefixes))];
    }

    private Task<LabelledObject?> FindAsync(string name, CancellationToken cancellationToken) => engine.CallAsync(async client =>
    {
        try
        {
            return Read(await client.Volumes.InspectAsync(name, cancellationToken).ConfigureAwait(false));
        }
        catch (DockerApiException missing) when (missing.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }
    });

    private static LabelledObject Read(VolumeResponse volume) => LabelledObject.Of(volume.Name, volume.Labels);
}
