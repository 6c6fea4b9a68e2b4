using System.Diagnostics;
using Pro.DockerVersioning.Tests.Swarm;

namespace Pro.DockerVersioning.Tests.Engine.Deploy;

/// <summary>A swarm of one node on an engine of the tests' own, with versions of a service in its registry.</summary>
public sealed class SwarmOfOne : IAsyncLifetime
{
    /// <summary>The registry and path before the service's name.</summary>
    public const string Registry = SecondEngine.Registry + "/pro";

    private SecondEngine? _engine;

    /// <summary>The engine's address.</summary>
    public string Host
    {
        get
        {
            Assert.SkipWhen(_engine is null, SecondEngine.Missing() ?? "The second engine did not start.");
            return _engine.Host;
        }
    }

    public async ValueTask InitializeAsync()
    {
        if (SecondEngine.Missing() is not null)
        {
            return;
        }

        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        _engine = await SecondEngine.StartAsync(limit.Token);
        _ = Docker("swarm", "init", "--listen-addr", "127.0.0.1:2377", "--advertise-addr", "127.0.0.1");
        const string serve = """CMD ["/bin/busybox","httpd","-f","-p","8080","-h","/bin"]""";
        Publish("v1.0.0", serve);
        Publish("v1.1.0", "ENV NEW=1\n" + serve);
        Publish("v2.0.0", """CMD ["/bin/busybox","sh","-c","echo out of luck; exit 3"]""");
    }

    public async ValueTask DisposeAsync()
    {
        if (_engine is not null)
        {
            await _engine.DisposeAsync();
        }
    }

    /// <summary>Runs the client on the engine.</summary>
    public string Docker(params string[] arguments)
    {
        var start = new ProcessStartInfo(TestSettings.DockerClient, ["--host", Host, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DOCKER_BUILDKIT"] = "0";
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync(CancellationToken.None);
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException(
            $"docker {string.Join(' ', arguments)} ended with {process.ExitCode}: {error.GetAwaiter().GetResult()}");
    }

    private void Publish(string version, string lines)
    {
        var folder = Directory.CreateTempSubdirectory("pro-swarm-").FullName;
        try
        {
            File.Copy("/bin/busybox", Path.Combine(folder, "busybox"));
            File.WriteAllText(
                Path.Combine(folder, "Dockerfile"), $"FROM scratch\nCOPY busybox /bin/busybox\nSTOPSIGNAL SIGKILL\n{lines}\n");
            _ = Docker("build", "--quiet", "--tag", $"{Registry}/api:{version}", folder);
            _ = Docker("push", "--quiet", $"{Registry}/api:{version}");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
