using System.Diagnostics;
using Pro.DockerVersioning.Engine;
using Xunit;

namespace Pro.DockerVersioning.Tests.Deployment.Swarm;

/// <summary>
/// Two managers of one swarm: two engines of the test's own, each in a network namespace of its own, joined by a pair of virtual cards. All
/// of it ends with this process, however that ends.
/// </summary>
internal sealed class TwoManagers : IAsyncDisposable
{
    // The shell is the first process of its namespace: when it goes, the kernel ends all the others.
    private const string Holder = """
        root=$1
        engine() {
            exec dockerd --data-root "$root/$1/data" --exec-root "$root/$1/exec" --pidfile "$root/$1/dockerd.pid" \
                -H "unix://$root/$1/docker.sock" --shutdown-timeout 3 >"$root/$1.log" 2>&1
        }
        mkdir -p "$root/first" "$root/second"
        ip link set lo up
        ip link add left type veth peer name right
        unshare -n sh -c 'echo $$ >"$0/second.process"; read -r _ <"$0/go"; ip link set lo up; ip addr add 10.213.0.2/24 dev right
            ip link set right up
            exec dockerd --data-root "$0/second/data" --exec-root "$0/second/exec" --pidfile "$0/second/dockerd.pid" \
                -H "unix://$0/second/docker.sock" --shutdown-timeout 3 >"$0/second.log" 2>&1' "$root" &
        while [ ! -s "$root/second.process" ]; do sleep 0.05; done
        ip link set right netns "$(cat "$root/second.process")"
        ip addr add 10.213.0.1/24 dev left
        ip link set left up
        echo >"$root/go"
        (engine first) &
        echo done
        while read -r _; do kill -9 "$(cat "$root/first/dockerd.pid")"; echo done; done
        """;

    private readonly Process _holder;

    private TwoManagers(Process holder, string root)
    {
        _holder = holder;
        First = Open(root, "first");
        Second = Open(root, "second");
    }

    /// <summary>The manager that has made the swarm.</summary>
    public EngineConnection First { get; }

    /// <summary>The one that has joined it.</summary>
    public EngineConnection Second { get; }

    /// <summary>Starts them, and makes the swarm.</summary>
    public static async Task<TwoManagers> StartAsync(CancellationToken cancellationToken)
    {
        Assert.SkipWhen(SecondEngine.Missing() is not null, SecondEngine.Missing() ?? "");
        var root = Directory.CreateTempSubdirectory("pro-managers-").FullName;
        var start = new ProcessStartInfo("sh", [
            "-c", "mkfifo \"$1/go\"; unshare -n -m -p -f --mount-proc --kill-child sh -c \"$2\" sh \"$1\"; rm -rf \"$1\"", "sh",
            root, Holder])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment["PATH"] = $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin";
        var managers = new TwoManagers(Process.Start(start)!, root);
        try
        {
            Assert.Equal("done", await managers._holder.StandardOutput.ReadLineAsync(cancellationToken));
            await AnswersAsync(managers.First, Path.Combine(root, "first.log"), cancellationToken);
            await AnswersAsync(managers.Second, Path.Combine(root, "second.log"), cancellationToken);
            _ = await managers.First.CallAsync(client => client.Swarm.InitSwarmAsync(
                new() { ListenAddr = "10.213.0.1:2377", AdvertiseAddr = "10.213.0.1" }, cancellationToken));
            var swarm = await managers.First.CallAsync(client => client.Swarm.InspectSwarmAsync(cancellationToken));
            await managers.Second.CallAsync(client => client.Swarm.JoinSwarmAsync(
                new()
                {
                    ListenAddr = "10.213.0.2:2377",
                    AdvertiseAddr = "10.213.0.2",
                    RemoteAddrs = ["10.213.0.1:2377"],
                    JoinToken = swarm.JoinTokens.Manager,
                },
                cancellationToken));
            return managers;
        }
        catch
        {
            await managers.DisposeAsync();
            throw;
        }
    }

    /// <summary>Kills the first one, and with it the swarm's majority.</summary>
    public async Task KillFirstAsync(CancellationToken cancellationToken)
    {
        await _holder.StandardInput.WriteLineAsync("kill".AsMemory(), cancellationToken);
        Assert.Equal("done", await _holder.StandardOutput.ReadLineAsync(cancellationToken));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        First.Dispose();
        Second.Dispose();
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

    private static EngineConnection Open(string root, string name) =>
        EngineConnection.Open(EngineEndpoint.Resolve(variable => variable == "DOCKER_HOST" ? $"unix://{root}/{name}/docker.sock" : null));

    private static async Task AnswersAsync(EngineConnection engine, string log, CancellationToken cancellationToken)
    {
        var since = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                await engine.CallAsync(client => client.System.PingAsync(cancellationToken));
                return;
            }
            catch (ProException) when (Stopwatch.GetElapsedTime(since) < TimeSpan.FromSeconds(60))
            {
                await Task.Delay(50, cancellationToken);
            }
            catch (ProException silent)
            {
                throw new InvalidOperationException(
                    $"A manager doesn't answer: {await File.ReadAllTextAsync(log, cancellationToken)}", silent);
            }
        }
    }
}
