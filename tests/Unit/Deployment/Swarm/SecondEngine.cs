using System.Diagnostics;
using System.Net.Sockets;

namespace Pro.DockerVersioning.Tests.Deployment.Swarm;

/// <summary>
/// A Docker engine of the test's own, beside the machine's: in its own network, mount and process namespaces, so that bridges, firewall
/// rules and containers of the two don't meet. It may be made a swarm, stopped, killed and started again. All of it ends with this
/// process, however that ends: a shell holds the namespaces, and reads from a pipe of ours.
/// </summary>
public sealed partial class SecondEngine : IAsyncDisposable
{
    /// <summary>The registry's address, inside the engine's network.</summary>
    public const string Registry = "127.0.0.1:5000";

    // The shell is the first process of its namespace: when it goes, the kernel ends all the others. The engine may be told its own
    // namespace in containerd, since it takes the machine's containerd where one runs. Its own containerd dies with it; a new engine that
    // finds that one dying waits for it for ever, and each "sleep" lets the shell look after the dead.
    private const string Holder = """
        root=$1
        busybox=$2
        "$busybox" ip link set lo up
        docker-registry serve "$root/registry.yml" >"$root/registry.log" 2>&1 &
        engine() {
            dockerd --data-root "$root/data" --exec-root "$root/exec" --pidfile "$root/dockerd.pid" -H "unix://$root/docker.sock" \
                --containerd-namespace pro-test --containerd-plugins-namespace pro-test-plugins --shutdown-timeout 3 \
                >>"$root/dockerd.log" 2>&1 &
            dockerd=$!
        }
        engine
        echo done
        while read -r word port; do
            case $word in
                ask) "$busybox" timeout 2 "$busybox" wget -q -O - "http://127.0.0.1:$port/version" 2>&1; echo ;;
                start) engine ;;
                stop) kill "$dockerd"; wait "$dockerd" ;;
                kill)
                    kill -9 "$dockerd"; wait "$dockerd"
                    while kill -0 "$(cat "$root/exec/containerd/containerd.pid")" 2>/dev/null; do sleep 0.05; done ;;
            esac
            echo done
        done
        kill "$dockerd"
        wait "$dockerd"
        """;

    private readonly string _root;
    private readonly Process _holder;

    private SecondEngine(string root, Process holder)
    {
        _root = root;
        _holder = holder;
    }

    /// <summary>The engine's address, as DOCKER_HOST takes it.</summary>
    public string Host => $"unix://{_root}/docker.sock";

    /// <summary>Why no second engine can be had here, or null.</summary>
    public static string? Missing()
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            return "A second engine needs Linux and root.";
        }

        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin").ToList();
        var missing = new[] { "dockerd", "docker-registry", "unshare" }
            .Where(name => !folders.Exists(folder => File.Exists(Path.Combine(folder, name))));
        return string.Join(", ", missing) is { Length: > 0 } names ? $"A second engine needs {names} on PATH."
            : StaticBusybox.IsHere ? null : "No static busybox to build images from.";
    }

    /// <summary>Starts one, and waits until it answers.</summary>
    public static async Task<SecondEngine> StartAsync(CancellationToken cancellationToken)
    {
        var root = Directory.CreateTempSubdirectory("pro-engine-").FullName;
        await File.WriteAllTextAsync(
            Path.Combine(root, "registry.yml"),
            $"version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {root}/registry}}}}\n" +
            $"http: {{addr: {Registry}}}\n",
            cancellationToken);
        var start = new ProcessStartInfo("sh", [
            "-c", "unshare -n -m -p -f --mount-proc --kill-child sh -c \"$2\" sh \"$1\" \"$3\"; rm -rf \"$1\"",
            "sh", root, Holder, StaticBusybox.Path])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment["PATH"] = $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin";
        var engine = new SecondEngine(root, Process.Start(start)!);
        try
        {
            Xunit.Assert.Equal("done", await engine._holder.StandardOutput.ReadLineAsync(cancellationToken));
            await engine.AnswersAsync(cancellationToken);
            return engine;
        }
        catch
        {
            await engine.DisposeAsync();
            throw;
        }
    }

    /// <summary>Stops the engine as an operator does; its containers stop.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => TellAsync("stop", cancellationToken);

    /// <summary>The engine dies; its containers live on.</summary>
    public Task KillAsync(CancellationToken cancellationToken) => TellAsync("kill", cancellationToken);

    /// <summary>Starts the engine again after <see cref="StopAsync"/> or <see cref="KillAsync"/>, with all that it had.</summary>
    public async Task StartAgainAsync(CancellationToken cancellationToken)
    {
        await TellAsync("start", cancellationToken);
        await AnswersAsync(cancellationToken);
    }

    /// <summary>What a published port says of its version, asked where the engine is; else why not.</summary>
    public Task<string> AskAsync(int port, CancellationToken cancellationToken) => TellAsync($"ask {port}", cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        DisposeClient();
        _holder.StandardInput.Close();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        try
        {
            await _holder.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            _holder.Kill(entireProcessTree: true);
        }

        _holder.Dispose();
    }

    partial void DisposeClient();

    private async Task<string> TellAsync(string word, CancellationToken cancellationToken)
    {
        await _holder.StandardInput.WriteLineAsync(word.AsMemory(), cancellationToken);
        await _holder.StandardInput.FlushAsync(cancellationToken);
        for (var said = ""; await _holder.StandardOutput.ReadLineAsync(cancellationToken) is { } line;)
        {
            if (line == "done")
            {
                return said;
            }

            said = line.Length > 0 ? line.Trim() : said;
        }

        throw new InvalidOperationException("The second engine's shell has ended.");
    }

    private async Task AnswersAsync(CancellationToken cancellationToken)
    {
        using var client = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (_, token) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint($"{_root}/docker.sock"), token);
                return new NetworkStream(socket, ownsSocket: true);
            },
        });
        var since = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                _ = await client.GetStringAsync(new Uri("http://engine/_ping"), cancellationToken);
                return;
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                if (Stopwatch.GetElapsedTime(since) > TimeSpan.FromSeconds(90))
                {
                    var log = Path.Combine(_root, "dockerd.log");
                    var text = File.Exists(log) ? await File.ReadAllTextAsync(log, cancellationToken) : "no log";
                    throw new InvalidOperationException($"The second engine doesn't answer: {text}", exception);
                }

                await Task.Delay(50, cancellationToken);
            }
        }
    }
}
