using System.Runtime.InteropServices;

namespace Pro.DockerVersioning.Commands;

/// <summary>
/// Hears each further Ctrl+C while a stopped command comes to its end. PowerShell's console ignores them until the pipeline has stopped. It
/// listens only, and from the stop on only: what Ctrl+C does stays the host's. The first one is <see cref="ProCmdlet.StopProcessing"/>'s.
/// </summary>
internal sealed class FurtherInterrupts : IDisposable
{
    private readonly object _lock = new();
    private PosixSignalRegistration? _registration;
    private bool _isOver;

    /// <summary>Begins to listen. The Ctrl+C that has stopped the command is not among those that are heard.</summary>
    /// <param name="answer">Is called on a thread of its own.</param>
    public void Listen(Action answer)
    {
        lock (_lock)
        {
            if (_isOver || _registration is not null)
            {
                return;
            }

            try
            {
                _registration = PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => answer());
            }
            catch (Exception none) when (none is IOException or PlatformNotSupportedException)
            {
                // Nobody can press a key here. The command ends as well without it.
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _isOver = true;
            _registration?.Dispose();
            _registration = null;
        }
    }
}
