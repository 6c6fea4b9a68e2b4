using System.Diagnostics;

namespace Pro.DockerVersioning.Tests.Deployment.Container;

/// <summary>Asks a service from a container of its own, again and again and each time on a new connection; keeps what it got.</summary>
/// <remarks>
/// Run by docker's client, wherever that finds its engine, and read as it is written: who reads a growing log again and again takes the
/// machine from those who are asked. A page must end its line.
/// </remarks>
internal sealed class Asker : IDisposable
{
    /// <summary>What stands for a request that got no answer, or none within three seconds.</summary>
    public const string Failed = "failed";

    // A program for each request costs as much as the service and the engine together; this machine's perl, where it has one, asks
    // by itself, with 4 ms between two requests: more often than the programs can.
    private const string Perl = $$"""
        use Socket; $| = 1; $SIG{TERM} = sub { exit }; $SIG{ALRM} = sub { die };
        while (1) { for (@ARGV) {
          my ($host, $port, $path) = m!^([^:/]+):?(\d*)(/.*)$!; my $got = "";
          my $ok = eval {
            alarm 3; my $at = inet_aton($host) or die; socket(my $s, PF_INET, SOCK_STREAM, 0) or die;
            connect($s, pack_sockaddr_in($port || 80, $at)) or die; syswrite($s, "GET $path HTTP/1.0\r\nHost: $host\r\n\r\n") or die;
            while (1) { my $n = sysread($s, $got, 8192, length $got); defined $n or die; last unless $n } 1 };
          alarm 0; print $ok && $got =~ m!^HTTP/1\.\d 200 .*?\r\n\r\n(.+)!s ? $1 : "{{Failed}}\n"; select(undef, undef, undef, 0.004) } }
        """;

    private const string Script = $$"""
        trap exit TERM; perl=$1; shift; exec 2>/dev/null
        if /usr/bin/perl -e 'use Socket'; then exec /usr/bin/perl -e "$perl" "$@"; fi
        while :; do for address; do timeout 3 wget -q -O - "http://$address" || echo {{Failed}}; done; done
        """;

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
        _process = docker(
        [
            "run", "--rm", "--name", name, "--network", network, .. Mounts.SelectMany(mount => (string[])["--volume", mount]),
            "pro-sample/base:1", .. Command(address),
        ]);
        _ = _answers.ReadAsync(_process.StandardOutput);
    }

    /// <summary>What the container needs of this machine.</summary>
    public static IReadOnlyList<string> Mounts { get; } =
    [
        .. ((string[])["/usr", "/lib", "/lib64"]).Where(folder => OperatingSystem.IsLinux() && Directory.Exists(folder))
        .Select(folder => $"{folder}:{folder}:ro"),
    ];

    /// <summary>Asks one address after another, for ever; a line each.</summary>
    public static string[] Command(params string[] addresses) => ["sh", "-c", Script, "sh", Perl, .. addresses];

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
