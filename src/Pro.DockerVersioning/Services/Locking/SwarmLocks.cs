using System.Net;
using Docker.DotNet;
using Docker.DotNet.Models;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Services.Locking;

/// <summary>Locks as configs of a swarm, which all its managers see. The name of a config is given once.</summary>
internal sealed class SwarmLocks(EngineConnection engine) : ILockStore
{
    // A config holds something; only the labels of ours matter.
    private static readonly byte[] Content = "pro"u8.ToArray();

    /// <inheritdoc/>
    public async Task<LockInfo> CreateAsync(string name, LockInfo info, LockRole role, string? of, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await TryCreateAsync(name, LockLabels.Write(info, role, of), cancellationToken).ConfigureAwait(false))
            {
                return info;
            }

            if (await FindAsync(name, cancellationToken).ConfigureAwait(false) is { } holder)
            {
                return holder;
            }
        }
    }

    /// <inheritdoc/>
    public async Task<LockInfo?> FindAsync(string name, CancellationToken cancellationToken)
    {
        var config = await ConfigAsync(name, cancellationToken).ConfigureAwait(false);
        return config is null ? null
            : LockLabels.TryRead(config.Spec.Labels?.AsReadOnly() ?? LockObject.NoLabels, out var info) ? info
            : throw LockErrors.ConfigIsNotOurs(name);
    }

    /// <inheritdoc/>
    public async Task RemoveAsync(string name, CancellationToken cancellationToken)
    {
        if (await ConfigAsync(name, cancellationToken).ConfigureAwait(false) is not { } config)
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
    public async Task<IReadOnlyList<LockObject>> ListAsync(string? of, CancellationToken cancellationToken) =>
        [.. (await ConfigsAsync(cancellationToken).ConfigureAwait(false))
            .Select(config => LockObject.Read(config.Spec.Name ?? "", config.Spec.Labels, config.CreatedAt is { } made ? new DateTimeOffset(made.ToUniversalTime()) : null))
            .OfType<LockObject>()
            .Where(one => of is null || one.Of == of)];

    private Task<bool> TryCreateAsync(string name, Dictionary<string, string> labels, CancellationToken cancellationToken) =>
        engine.CallAsync(async client =>
        {
            try
            {
                var parameters = new SwarmCreateConfigParameters
                {
                    Config = new SwarmConfigSpec { Name = name, Labels = labels, Data = [.. Content] },
                };
                _ = await client.Configs.CreateConfigAsync(parameters, cancellationToken).ConfigureAwait(false);
                return true;
            }
            catch (DockerApiException taken) when (taken.StatusCode == HttpStatusCode.Conflict)
            {
                return false;
            }
        });

    // The engine takes the beginning of an id for a name as well: only the name itself counts.
    private async Task<SwarmConfig?> ConfigAsync(string name, CancellationToken cancellationToken) =>
        (await ConfigsAsync(cancellationToken).ConfigureAwait(false)).FirstOrDefault(config => config.Spec.Name == name);

    /// <summary>All configs; none if the engine is not a manager of a swarm.</summary>
    private Task<IEnumerable<SwarmConfig>> ConfigsAsync(CancellationToken cancellationToken) =>
        engine.CallAsync<IEnumerable<SwarmConfig>>(async client =>
        {
            try
            {
                return await client.Configs.ListConfigsAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (DockerApiException none) when (none.StatusCode is HttpStatusCode.ServiceUnavailable or HttpStatusCode.NotAcceptable)
            {
                return [];
            }
        });
}
