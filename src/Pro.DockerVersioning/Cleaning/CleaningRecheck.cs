using System.Diagnostics;
using Docker.DotNet.Models;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Services.Locking;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Cleaning;

/// <summary>
/// Who uses images, and who holds services, while a plan is carried out: asked at its beginning, and again whenever the answer is a second
/// old. In the rest of the time the engine itself refuses to remove an image that a container uses.
/// </summary>
internal sealed class CleaningRecheck(EngineConnection engine) : IDisposable
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);
    private readonly SemaphoreSlim _oneAtATime = new(1);
    private Stopwatch? _age;
    private Dictionary<string, string> _users = [];
    private IReadOnlyList<LockInfo> _locks = [];

    /// <summary>Asks where the last answer is too old.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        await _oneAtATime.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!(_age?.Elapsed < Fresh))
            {
                await AskAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            _ = _oneAtATime.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _oneAtATime.Dispose();

    /// <summary>A container that uses an image; null where none does.</summary>
    public string? UserOf(string imageId) => _users.GetValueOrDefault(imageId);

    /// <summary>The same, asked now.</summary>
    public async Task<string?> NowUserOfAsync(string imageId, CancellationToken cancellationToken)
    {
        _age = null;
        await RefreshAsync(cancellationToken).ConfigureAwait(false);
        return UserOf(imageId);
    }

    /// <summary>Who holds a service; null where nobody does.</summary>
    /// <param name="service">Its name.</param>
    /// <param name="reference">What is to go, by which its repository is known; an image id where that has no name.</param>
    public LockInfo? LockOf(string service, string reference) =>
        ServiceLocks.Find(_locks, service, ImageReference.TryParse(reference, out var name) ? name : null);

    private async Task AskAsync(CancellationToken cancellationToken)
    {
        var age = Stopwatch.StartNew();
        var locks = TargetLock.ListAsync(engine, cancellationToken);
        var containers = engine.CallAsync(client =>
            client.Containers.ListContainersAsync(new ContainersListParameters { All = true }, cancellationToken));
        await Task.WhenAll(locks, containers).ConfigureAwait(false);
        _locks = await locks.ConfigureAwait(false);
        _users = (await containers.ConfigureAwait(false))
            .GroupBy(container => container.ImageID, StringComparer.Ordinal)
            .ToDictionary(image => image.Key, image => image.First().NameOf(), StringComparer.Ordinal);
        _age = age;
    }
}
