using System.Diagnostics;
using System.Globalization;

namespace Pro.DockerVersioning.Tests.Containers;

/// <summary>Asks a service from a container of its own, as fast as it can and each time on a new connection; keeps what it got.</summary>
/// <remarks>Run by docker's client, wherever that finds its engine.</remarks>
internal sealed class Asker : IDisposable
{
    /// <summary>What stands for a request that got no answer, or none within three seconds.</summary>
    public const string Failed = "failed";

    private const string Script =
        "trap exit TERM; while :; do if answer=$(timeout 3 wget -q -O - \"http://$0\" 2>/dev/null); then echo \"$answer\"; else echo " + Failed + "; fi; done";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private readonly Func<string[], string> _docker;
    private readonly string _name;

    /// <summary>Begins.</summary>
    /// <param name="docker">Runs docker's client.</param>
    /// <param name="name">The container's name.</param>
    /// <param name="network">The network to ask from; <c>host</c> for a published port.</param>
    /// <param name="address">Host, port and path.</param>
    public Asker(Func<string[], string> docker, string name, string network, string address)
    {
        (_docker, _name) = (docker, name);
        _ = docker(["run", "--detach", "--name", name, "--network", network, "pro-sample/base:1", "sh", "-c", Script, address]);
    }

    /// <summary>An answer for each request.</summary>
    public IReadOnlyList<string> Answers => _docker(["logs", _name]).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Waits for what the answers must say; gives them.</summary>
    /// <exception cref="TimeoutException">It did not come.</exception>
    public async Task<IReadOnlyList<string>> UntilAsync(Func<IReadOnlyList<string>, bool> condition, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var answers = Answers;
            if (condition(answers))
            {
                return answers;
            }

            if (clock.Elapsed > Patience)
            {
                throw new TimeoutException(string.Create(CultureInfo.InvariantCulture, $"{answers.Count} answers, the last: {(answers.Count > 0 ? answers[^1] : "none")}"));
            }

            await Task.Delay(100, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _docker(["rm", "--force", _name]);
}
