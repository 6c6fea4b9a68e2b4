using System.Net;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace Pro.DockerVersioning.Engine.Api;

/// <summary>
/// Facts as configs of a swarm, which all its managers see. The name of a config is given once. Without more than half of the managers none
/// of them writes anything. The last leader still says what it knows; the others refuse (HTTP 500, "does not have a leader").
/// </summary>
internal sealed class SwarmConfigs(EngineConnection engine) : ILabelStore
{
    /// <summary>A config's name has at most 64 characters, and the last one is a letter or digit.</summary>
    public const int LongestName = 64;

    // A config holds something; only the labels of ours matter.
    private static readonly byte[] Content = "pro"u8.ToArray();

    /// <inheritdoc/>
    public string Kind => "config";

    /// <inheritdoc/>
    public async Task<LabelledObject> CreateAsync(string name, IDictionary<string, string> labels, CancellationToken cancellationToken)
    {
        var parameters = new SwarmCreateConfigParameters
        {
            Config = new SwarmConfigSpec { Name = name, Labels = labels, Data = [.. Content] },
        };
        while (!await TryCreateAsync(parameters, cancellationToken).ConfigureAwait(false))
        {
            if (await FindAsync(name, cancellationToken).ConfigureAwait(false) is { } found)
            {
                return Read(found);
            }
        }

        return LabelledObject.Of(name, labels);
    }

    /// <inheritdoc/>
    public async Task RemoveAsync(string name, CancellationToken cancellationToken)
    {
        if (await FindAsync(name, cancellationToken).ConfigureAwait(false) is not { } config)
        {
            return;
        }

        await engine.CallAsync(async client =>
        {
            try
            {
                // By id: nobody else's config of the same name.
                await client.Configs.RemoveConfigAsync(config.ID, cancellationToken).ConfigureAwait(false);
            }
            catch (DockerApiException missing) when (missing.StatusCode == HttpStatusCode.NotFound)
            {
                // Gone.
            }
        }).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<LabelledObject>> ListAsync(IReadOnlyList<string> prefixes, CancellationToken cancellationToken) =>
        [.. (await AllAsync(cancellationToken).ConfigureAwait(false))
            .Select(Read)
            .Where(one => one.IsOneOf(prefixes))];

    private Task<bool> TryCreateAsync(SwarmCreateConfigParameters parameters, CancellationToken cancellationToken) =>
        engine.CallAsync(async client =>
        {
            try
            {
                _ = await client.Configs.CreateConfigAsync(parameters, cancellationToken).ConfigureAwait(false);
                return true;
            }
            catch (DockerApiException taken) when (taken.StatusCode == HttpStatusCode.Conflict)
            {
                return false;
            }
        });

    // The engine takes the beginning of an id for a name as well: only the name itself counts.
    private async Task<SwarmConfig?> FindAsync(string name, CancellationToken cancellationToken) =>
        (await AllAsync(cancellationToken).ConfigureAwait(false)).FirstOrDefault(config => config.Spec.Name == name);

    /// <summary>All configs; none if the engine is not a manager of a swarm, and on Podman, which has no swarms.</summary>
    private Task<IEnumerable<SwarmConfig>> AllAsync(CancellationToken cancellationToken) =>
        engine.CallAsync<IEnumerable<SwarmConfig>>(async client =>
        {
            try
            {
                return await client.Configs.ListConfigsAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (DockerApiException none) when (
                none.StatusCode is HttpStatusCode.ServiceUnavailable or HttpStatusCode.NotAcceptable or HttpStatusCode.NotFound)
            {
                return [];
            }
        });

    private static LabelledObject Read(SwarmConfig config) => LabelledObject.Of(config.Spec.Name ?? "", config.Spec.Labels);
}
