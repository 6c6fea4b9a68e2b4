using System.Diagnostics;
using System.Management.Automation;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Pro.DockerVersioning.Tests.Engine.Faults;

namespace Pro.DockerVersioning.Tests.Engine.Deploy;

/// <summary>Ctrl+C while a container is replaced: how long it takes, and what is said meanwhile and at the end.</summary>
public sealed partial class InterruptTests : DeployTest
{
    private const char CtrlC = '\x03';
    private const string WhereIsTheCursor = "\x1b[6n";
    private const string AtTheFirstColumn = "\x1b[24;1R";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task Each_further_Ctrl_C_is_answered_within_a_second()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("'script' makes the terminal, and its arguments are Linux's.");
        }

        _ = Make("v1.0.0");
        var deaf = Make("v1.1.0", health: "trap '' TERM", retries: 60);

        // It may write, so the candidate has its own time to stop; and it doesn't listen.
        Start("v1.0.0", change: static body =>
        {
            body["Volumes"] = new JsonObject { ["/data"] = new JsonObject() };
            body["StopTimeout"] = 4;
        });
        var file = Path.Combine(Repository.Beside, "interrupted.ps1");
        await File.WriteAllTextAsync(
            file, $"Import-Module '{TestSetup.ModuleManifest}'\nDeploy-ProService api v1.1.0 -Order StopFirst -Confirm:$false\n", Cancel);
        using var terminal = Terminal(file);
        var screen = new StringBuilder();
        var reading = ReadAsync(terminal, screen);
        await UntilAsync(terminal, screen, _ => IsUp(deaf));

        // One that comes too soon after the first is ignored by the host.
        await UntilAsync(terminal, screen, text => Answers(text).Count > 0, press: true);
        var before = Answers(Text(screen)).Count;
        var clock = Stopwatch.StartNew();
        await PressAsync(terminal);
        await UntilAsync(terminal, screen, text => Answers(text).Count > before);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(1));

        await terminal.WaitForExitAsync(Cancel).WaitAsync(Patience, Cancel);
        await reading;
        var told = Text(screen);
        Assert.All(Answers(told), seconds => Assert.InRange(seconds, 1, 12));
        Assert.Contains("Still restoring api to v1.0.0 (at most ", told, StringComparison.Ordinal);
        Assert.Contains("Stopped before v1.1.0 was verified. api v1.0.0 runs again, and is healthy.", told, StringComparison.Ordinal);
        OnlyRuns("v1.0.0");
    }

    [Fact]
    public async Task It_ends_within_the_stop_time_out_although_the_old_version_starts_slowly()
    {
        _ = Make("v1.0.0", health: "(sleep 25; touch /srv/health) &", retries: 60);
        var slow = Make("v1.1.0", health: ":", retries: 60);
        Start("v1.0.0", change: static body => body["StopTimeout"] = 3);
        var (result, took) = await StopOnceUpAsync("Deploy-ProService api v1.1.0 -Order StopFirst", slow, TimeSpan.FromMinutes(1));

        // The stop time-out, and what the engine itself takes on a busy machine.
        Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromSeconds(3 + 9));
        Assert.Equal(PSInvocationState.Stopped, result.State);
        Assert.Contains(
            "Stopped before v1.1.0 was verified. api v1.0.0 runs again. Its health check had not succeeded yet when the command ended.",
            Host.Text,
            StringComparison.Ordinal);
        OnlyRuns("v1.0.0");
    }

    [Fact]
    public void A_committed_version_is_not_called_restored_if_the_engine_fails_afterwards()
    {
        _ = Make("v1.0.0");
        _ = Make("v1.1.0");

        // Whether a supervisor puts such a container back is looked at, three seconds after the commit.
        Start("v1.0.0", change: static body => body["HostConfig"]!.AsObject().Remove("RestartPolicy"));
        var host = Environment.GetEnvironmentVariable("DOCKER_HOST");
        using var proxy = new FaultProxy(TestEngine.SocketPath);
        proxy.Arm(
            new FaultPlan(Fault.Refuse, 2, AmongChanges: false) { SinceCommit = true },
            static call => call.StartsWith("DELETE ", StringComparison.Ordinal) && call.Contains("/containers/", StringComparison.Ordinal)
                && call.Contains("force=true", StringComparison.Ordinal) && !call.Contains("v=true", StringComparison.Ordinal));
        Variables["DOCKER_HOST"] = proxy.Url;

        var result = Run("Deploy-ProService api v1.1.0 -Order StopFirst").ThrowIfFailed();

        Variables["DOCKER_HOST"] = host;
        Assert.Contains($"/containers/{ContainerName}/json", proxy.Faulty, StringComparison.Ordinal);
        Assert.Equal("Succeeded", Text(Assert.Single(result.Output), "Outcome"));
        Assert.Equal("v1.1.0", Answer());
        Assert.Equal(["Deploy v1.1.0 Succeeded"], History());
        NothingLeft();
    }

    /// <summary>What is told of a restore is what was seen after it.</summary>
    [Fact]
    public void An_old_container_that_is_not_there_after_a_restore_is_never_called_restored()
    {
        var (result, _) = RestoreBehindProxy(FaultPlan.Nothing, isGone: true);

        Assert.Empty(result.Output);
        Check(result.Error, "RestoreFailed", ErrorCategory.InvalidOperation);
        Assert.Contains($"{ContainerName} ran before, and now it is not there.", result.Error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_restored_container_whose_health_could_not_be_seen_is_never_called_healthy()
    {
        // The first question is whether it is there, the second one how it is.
        var (result, faulty) = RestoreBehindProxy(
            new FaultPlan(Fault.Refuse, 2, AmongChanges: false) { SinceCommit = true }, isGone: false);

        Assert.Contains($"/containers/{ContainerName}/json", faulty, StringComparison.Ordinal);
        Assert.Empty(result.Output);
        Check(result.Error, "RestoredUnseen", ErrorCategory.InvalidOperation);
        Assert.Contains("its health could not be seen: ", result.Error.ToString(), StringComparison.Ordinal);
        OnlyRuns("v1.0.0");
    }

    /// <summary>Deploys an unhealthy version. A restore ends with its record: the faults come after that.</summary>
    private (ShellResult Result, string? Faulty) RestoreBehindProxy(FaultPlan plan, bool isGone)
    {
        _ = Make("v1.0.0");
        _ = Make("v1.1.0", health: "");
        Start("v1.0.0");
        var host = Environment.GetEnvironmentVariable("DOCKER_HOST");
        using var proxy = new FaultProxy(TestEngine.SocketPath);
        proxy.Arm(plan, call =>
        {
            var isEnd = call.StartsWith("DELETE ", StringComparison.Ordinal)
                && call.Contains("/volumes/pro-operation-", StringComparison.Ordinal);
            if (isEnd && isGone)
            {
                _ = TestEngine.Call(HttpMethod.Delete, $"/containers/{ContainerName}?force=true");
            }

            return isEnd;
        });
        Variables["DOCKER_HOST"] = proxy.Url;
        var result = Run("Deploy-ProService api v1.1.0 -Order StopFirst -HealthTimeout 0:0:5");
        Variables["DOCKER_HOST"] = host;
        return (result, proxy.Faulty);
    }

    /// <summary>A shell that runs a file on a terminal of its own: PRO_PWSH, else the tests' own host.</summary>
    private Process Terminal(string file)
    {
        var shell = Environment.GetEnvironmentVariable("PRO_PWSH") is { Length: > 0 } pwsh
            ? $"'{pwsh}' -NoLogo -NoProfile -File" : $"dotnet '{TestSetup.ProShell}' -File";
        return Process.Start(new ProcessStartInfo("script", ["-qefc", $"{shell} '{file}'", "/dev/null"])
        {
            WorkingDirectory = Repository.Root,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
    }

    private static async Task ReadAsync(Process terminal, StringBuilder screen)
    {
        var buffer = new char[1024];
        while (await terminal.StandardOutput.ReadAsync(buffer, CancellationToken.None) is > 0 and var count)
        {
            var text = new string(buffer, 0, count);
            lock (screen)
            {
                _ = screen.Append(text);
            }

            for (var asks = text.Split(WhereIsTheCursor).Length - 1; asks > 0; asks--)
            {
                // As a terminal answers: a host waits for that.
                await terminal.StandardInput.WriteAsync(AtTheFirstColumn);
                await terminal.StandardInput.FlushAsync(CancellationToken.None);
            }
        }
    }

    private static string Text(StringBuilder screen)
    {
        lock (screen)
        {
            // A narrow terminal breaks lines.
            return BreakPattern().Replace(screen.ToString(), " ");
        }
    }

    private static async Task PressAsync(Process terminal)
    {
        await terminal.StandardInput.WriteAsync(CtrlC);
        await terminal.StandardInput.FlushAsync(CancellationToken.None);
    }

    /// <summary>The seconds that each answer names.</summary>
    private static List<int> Answers(string text) =>
        [.. AnswerPattern().Matches(text)
            .Select(match => int.Parse(match.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture))];

    private static async Task UntilAsync(Process terminal, StringBuilder screen, Func<string, bool> isSo, bool press = false)
    {
        for (var clock = Stopwatch.StartNew(); !isSo(Text(screen));)
        {
            Assert.False(terminal.HasExited, "It has ended: " + Text(screen));
            Assert.True(clock.Elapsed < Patience, Text(screen));
            if (press)
            {
                await PressAsync(terminal);
            }

            await Task.Delay(press ? 200 : 10, Cancel);
        }
    }

    [GeneratedRegex(@"\x1b\[[0-?]*[ -/]*[@-~]|\s+")]
    private static partial Regex BreakPattern();

    [GeneratedRegex(@"Still restoring api to v1\.0\.0 \(at most (\d+) s more\)\. Nothing is left half done\.")]
    private static partial Regex AnswerPattern();
}
