using Pro.DockerVersioning.Deployment.Locking;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Cleaning;

/// <summary>
/// Who uses images, and who holds services, while a plan is carried out: asked at its beginning, and again whenever the answer is a second
/// old. In the rest of the time the engine itself refuses to remove an image that a container uses.
/// </summary>
/// <param name="engine">The engine.</param>
/// <param name="isSwarmManager">Whether a swarm's services are to be asked about.</param>
/// <param name="use">The answer by which the plan was made: the first one, where it is young enough; null if there is none.</param>
internal sealed class CleaningRecheck(EngineConnection engine, bool isSwarmManager, EngineUse? use) : IDisposable
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);
    private readonly SemaphoreSlim _oneAtATime = new(1);
    private EngineUse? _use = use;

    /// <summary>Asks where the last answer is too old.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        await _oneAtATime.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!(_use?.Age < Fresh))
            {
                _use = await EngineUse.AskAsync(engine, isSwarmManager, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            _ = _oneAtATime.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _oneAtATime.Dispose();

    /// <summary>A container that uses an image; null if none does.</summary>
    public string? UserOf(string imageId) => _use?.UserOf(imageId);

    /// <summary>The same, asked now.</summary>
    public async Task<string?> NowUserOfAsync(string imageId, CancellationToken cancellationToken)
    {
        _use = null;
        await RefreshAsync(cancellationToken).ConfigureAwait(false);
        return UserOf(imageId);
    }

    /// <summary>Why an image is needed without a container; null if it isn't.</summary>
    public string? HolderOf(ImageDescription image) => _use is not { Held: { IsEmpty: false } held } ? null
        : held.ReasonFor(image.Id, image.Tags.Concat(image.Digests)
            .Select(name => ImageReference.TryParse(name, out var reference) ? reference : null)
            .OfType<ImageReference>());

    /// <summary>Who holds a service; null if nobody does.</summary>
    /// <param name="service">Its name.</param>
    /// <param name="repository">Its repository; null if only the name is known.</param>
    public LockInfo? LockOf(string service, ImageReference? repository) => ServiceLocks.Find(_use?.Locks ?? [], service, repository);
}
