using System.Diagnostics;

namespace Pro.DockerVersioning.Tests.Engine.Faults;

/// <summary>
/// A session in a process of its own, behind a proxy of its own, that has the module and waits for the command in which it is killed.
/// It is started while the case before is looked at: so a kill costs no process start.
/// </summary>
internal sealed class WaitingCommand : IDisposable
{
    private const string Ready = "the session is ready";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly Task<string> _errors;
    private readonly Task _ready;

    /// <param name="folder">Where the command runs.</param>
    /// <param name="engine">The real engine's socket.</param>
    public WaitingCommand(string folder, string engine)
    {
        Proxy = new FaultProxy(engine);
        var start = new ProcessStartInfo("dotnet", [TestSetup.ProShell])
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DOCKER_HOST"] = Proxy.Url;

        // It lives for two seconds: what is compiled twice for a longer life only delays it.
        start.Environment["DOTNET_TieredPGO"] = "0";
        _process = Process.Start(start)!;
        _errors = _process.StandardError.ReadToEndAsync(CancellationToken.None);

        // The first question loads and compiles what the command will need.
        _process.StandardInput.WriteLine(
            $"Import-Module '{TestSetup.ModuleManifest}'; {Shell.AnswersDeploy}; $null = Get-ProService api; "
                + $"[Console]::WriteLine('{Ready}')");
        _process.StandardInput.Flush();
        _ready = UntilReadyAsync();
    }

    /// <summary>What stands between it and the engine.</summary>
    public FaultProxy Proxy { get; }

    /// <summary>Runs the command, and waits for the end of the process.</summary>
    /// <returns>The exit code, and all that it said.</returns>
    public async Task<(int Code, string Text)> RunAsync(
        string command, FaultPlan plan, Func<string, bool> commits, CancellationToken cancellationToken)
    {
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        bounded.CancelAfter(Patience);
        await _ready.WaitAsync(bounded.Token);
        Proxy.Arm(plan, commits, () => _process.Kill(entireProcessTree: plan.Fault == Fault.Kill));
        await _process.StandardInput.WriteLineAsync(command.AsMemory(), bounded.Token);
        _process.StandardInput.Close();
        var output = _process.StandardOutput.ReadToEndAsync(bounded.Token);
        await _process.WaitForExitAsync(bounded.Token);
        return (_process.ExitCode, await output + await _errors);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
        Proxy.Dispose();
    }

    private async Task UntilReadyAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync(CancellationToken.None) is { } line)
        {
            if (line.EndsWith(Ready, StringComparison.Ordinal) && !line.Contains("WriteLine", StringComparison.Ordinal))
            {
                return;
            }
        }

        throw new InvalidOperationException($"The session ended before it was ready: {await _errors}");
    }
}
