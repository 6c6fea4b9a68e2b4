using Pro.DockerVersioning.Machine;

namespace Pro.DockerVersioning.Deployment.Container.Swap;

/// <summary>
/// How long nobody answers, as far as the calls tell: the longest of a swap's pauses, of which a restore may be the second.
/// </summary>
internal sealed class DowntimeClock(TimeProvider? clock = null)
{
    private readonly TimeProvider _clock = clock ?? Clock.Current;
    private long? _since;

    /// <summary>The longest so far; null if there was none.</summary>
    public TimeSpan? Longest { get; private set; }

    /// <summary>Nobody answers from now on; or from before, where that is so already.</summary>
    public void Begin() => _since ??= _clock.GetTimestamp();

    /// <summary>Takes down how long it has been until now; it may go on, where nobody has verified yet that somebody answers.</summary>
    public void Note()
    {
        if (_since is { } since && _clock.GetElapsedTime(since) is var length && (Longest is not { } longest || length > longest))
        {
            Longest = length;
        }
    }

    /// <summary>Somebody surely answers: it ended with the last note.</summary>
    public void End() => _since = null;

    /// <summary>A restore begins, after which there was an outage at all: from when the first began, or, where that had ended, from now.
    /// </summary>
    public void BeginReturn()
    {
        if (Longest is not null)
        {
            Begin();
        }
    }
}
