using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace Pro.DockerVersioning.Tests.Engine;

/// <summary>A real PowerShell session in this process, with the packaged module imported.</summary>
internal sealed class Shell : IDisposable
{
    /// <summary>The tests deploy hundreds of times: the ones about the question say -Confirm.</summary>
    public const string AnswersDeploy = "$global:PSDefaultParameterValues['Deploy-ProService:Confirm'] = $false";

    private readonly Runspace _runspace;

    public Shell(bool import = true)
    {
        Host = new RecordingHost();
        var state = InitialSessionState.CreateDefault2();
        if (OperatingSystem.IsWindows())
        {
            state.ExecutionPolicy = Microsoft.PowerShell.ExecutionPolicy.Bypass;
        }

        _runspace = RunspaceFactory.CreateRunspace(Host, state);
        _runspace.Open();
        if (import)
        {
            _ = Run($"Import-Module '{TestSetup.ModuleManifest}' -ErrorAction Stop; {AnswersDeploy}").ThrowIfFailed();
        }
    }

    public RecordingHost Host { get; }

    /// <summary>Runs a script and collects all its streams.</summary>
    public ShellResult Run(string script, CancellationToken stop = default)
    {
        using var shell = PowerShell.Create(_runspace);
        _ = shell.AddScript(script);
        return Invoke(shell, stop);
    }

    /// <summary>Runs a script and gives what a user would see on the screen; without colours unless they are asked for.</summary>
    public string Render(string script, bool colours = false)
    {
        _ = Run($"$PSStyle.OutputRendering = '{(colours ? "Ansi" : "PlainText")}'").ThrowIfFailed();
        using var shell = PowerShell.Create(_runspace);
        _ = shell.AddScript(script).AddCommand("Out-Default");
        shell.Commands.Commands[^1].MergeMyResults(PipelineResultTypes.Error, PipelineResultTypes.Output);
        Host.Clear();
        Host.ShowsColours = colours;
        _ = Invoke(shell, default);
        Host.ShowsColours = false;
        return Host.Text;
    }

    /// <summary>Moves the session to a folder, as <c>cd</c> does.</summary>
    public Shell In(string folder)
    {
        _ = Run(
            "Microsoft.PowerShell.Core\\Get-Variable ExecutionContext > $null; "
                + $"$ExecutionContext.SessionState.Path.SetLocation('{folder}')");
        return this;
    }

    public void Dispose() => _runspace.Dispose();

    private static ShellResult Invoke(PowerShell shell, CancellationToken stop)
    {
        // Stop() waits for the pipeline: it must not run on the thread that cancels.
        using var registration = stop.Register(() => _ = shell.BeginStop(null, null));
        var output = new PSDataCollection<PSObject>();
        Exception? failure = null;
        try
        {
            shell.Invoke(null, output);
        }
        catch (RuntimeException exception)
        {
            failure = exception;
        }

        return new ShellResult(
            [.. output],
            [.. shell.Streams.Error],
            failure,
            [.. shell.Streams.Verbose.Select(r => r.Message)],
            [.. shell.Streams.Warning.Select(r => r.Message)],
            [.. shell.Streams.Progress],
            shell.InvocationStateInfo.State);
    }
}

/// <summary>All that a script gave.</summary>
internal sealed record ShellResult(
    IReadOnlyList<PSObject> Output,
    IReadOnlyList<ErrorRecord> Errors,
    Exception? Failure,
    IReadOnlyList<string> Verbose,
    IReadOnlyList<string> Warnings,
    IReadOnlyList<ProgressRecord> Progress,
    PSInvocationState State)
{
    /// <summary>The terminating error's record, or the first non-terminating one.</summary>
    public ErrorRecord Error => (Failure as IContainsErrorRecord)?.ErrorRecord ?? Errors[0];

    public ShellResult ThrowIfFailed() =>
        Failure is null && Errors.Count == 0
            ? this
            : throw new InvalidOperationException($"{Error.FullyQualifiedErrorId}: {Error}", Failure ?? Error.Exception);
}
