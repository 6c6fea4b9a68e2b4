using System.Diagnostics;

namespace Pro.DockerVersioning.Tests.Containers;

/// <summary>Asks a service from a container of its own, as fast as it can and each time on a new connection; keeps what it got.</summary>
/// <remarks>
/// Run by docker's client, wherever that finds its engine, and read as it is written: who reads a growing log again and again takes the
/// machine from those who are asked. A page must end its line.
/// </remarks>
internal sealed class Asker : IDisposable
{
    /// <summary>What stands for a request that got no answer, or none within three seconds.</summary>
    public const string Failed = "failed";

    private const string Script =
        "trap exit TERM; exec 2>/dev/null; while :; do timeout 3 wget -q -O - \"http://$0\" || echo " + Failed + "; done";

    private readonly Func<string[], Process> _docker;
    private readonly string _name;
    private readonly FollowedLines _answers = new();
    private readonly Process _process;

    /// <summary>Begins.</summary>
    /// <param name="docker">Starts docker's client, its standard output redirected.</param>
    /// <param name="name">The container's name.</param>
    /// <param name="network">The network to ask from; <c>host</c> for a published port.</param>
    /// <param name="address">Host, port and path.</param>
    public Asker(Func<string[], Process> docker, string name, string network, string address)
    {
        (_docker, _name) = (docker, name);
        _process = docker(["run", "--rm", "--name", name, "--network", network, "pro-sample/base:1", "sh", "-c", Script, address]);
        _ = _answers.ReadAsync(_process.StandardOutput);
    }

    /// <summary>An answer for each request.</summary>
    public IReadOnlyList<string> Answers => _answers.Lines;

    /// <summary>Waits for what the answers must say; gives them.</summary>
    /// <exception cref="TimeoutException">It did not come.</exception>
    public Task<IReadOnlyList<string>> UntilAsync(Func<IReadOnlyList<string>, bool> condition, CancellationToken cancellationToken) =>
        _answers.UntilAsync(condition, cancellationToken);

    /// <inheritdoc/>
    public void Dispose()
    {
        using (var remove = _docker(["rm", "--force", _name]))
        {
            remove.WaitForExit();
        }

        _process.WaitForExit();
        _process.Dispose();
    }
}
