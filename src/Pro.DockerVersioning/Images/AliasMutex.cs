using System.Collections.Concurrent;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Images;

/// <summary>
/// The turn to judge and move the aliases of one repository at one place. Two that judge side by side both see what was there before them,
/// and the older version may move last: within this process they go one after another.
/// </summary>
internal sealed class AliasMutex : IDisposable
{
    private static readonly ConcurrentDictionary<(string Place, string Repository), SemaphoreSlim> Known = new();

    private readonly SemaphoreSlim _turn;

    private AliasMutex(SemaphoreSlim turn) => _turn = turn;

    /// <summary>Waits for the turn; disposing it gives it to the next.</summary>
    /// <param name="place">Where the aliases are: an engine, or "registry".</param>
    /// <param name="repository">Whose aliases.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public static async Task<AliasMutex> TakeAsync(string place, ImageReference repository, CancellationToken cancellationToken)
    {
        var turn = Known.GetOrAdd((place, repository.NormalizedName), static _ => new SemaphoreSlim(1, 1));
        await turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        return new AliasMutex(turn);
    }

    /// <inheritdoc/>
    public void Dispose() => _ = _turn.Release();
}
