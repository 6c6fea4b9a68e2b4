using System.Management.Automation;
using System.Management.Automation.Language;
using System.Management.Automation.Runspaces;
using Microsoft.PowerShell;

namespace ProShell;

/// <summary>
/// A PowerShell without pwsh: System.Management.Automation and a console. It holds the engine's own commands (Import-Module,
/// Get-Help, Where-Object, Out-Default, …), but not those of the Utility and Management modules, which NuGet does not serve.
/// </summary>
internal sealed class Shell : IDisposable
{
    // A file's block runs where `exit` ends the whole shell, as it does with `pwsh -File`; as a command it would end only itself.
    private const string RunBlock = "param($ProShellBlock, $ProShellArguments) . $ProShellBlock @ProShellArguments";

    private readonly ConsoleHost _host = new();
    private readonly Runspace _runspace;
    private PowerShell? _running;

    private Shell()
    {
        var state = InitialSessionState.CreateDefault2();
        // What the user named is what the user wants to run; nothing else runs here. Windows only, ignored elsewhere.
        if (OperatingSystem.IsWindows())
        {
            state.ExecutionPolicy = ExecutionPolicy.Bypass;
        }

        _runspace = RunspaceFactory.CreateRunspace(_host, state);
        _runspace.Open();
        Runspace.DefaultRunspace = _runspace;
        Console.CancelKeyPress += OnCancel;
    }

    /// <summary>Does what the command line asks.</summary>
    /// <returns>The exit code: the script's own, 1 after an error that ended it, else 0.</returns>
    public static int Run(CommandLine options)
    {
        if (!ConsoleUserInterface.HasColour)
        {
            PSStyle.Instance.OutputRendering = OutputRendering.PlainText;
        }

        using var shell = new Shell();
        return options switch
        {
            { File: { } file } => shell.RunFile(file, options.Arguments),
            { Commands: { } commands } => shell.RunCommands(commands),
            _ => shell.ReadAndRun(),
        };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Console.CancelKeyPress -= OnCancel;
        _running?.Dispose();
        _runspace.Dispose();
    }

    private static string Quote(string argument) => "'" + CodeGeneration.EscapeSingleQuotedStringContent(argument) + "'";

    private int RunFile(string path, IReadOnlyList<string> arguments)
    {
        var tree = Parser.ParseFile(path, out _, out var errors);
        if (errors.Length > 0)
        {
            return Complain(new ParseException(errors));
        }

        // Written out, so that `-Name value` binds by name as it does with pwsh -File.
        var words = string.Join(' ', arguments.Select(word => word.StartsWith('-') ? word : Quote(word)));
        var script = arguments.Count == 0 ? RunBlock : $"param($ProShellBlock) . $ProShellBlock {words}";
        var succeeded = Invoke(shell => shell.AddScript(script).AddArgument(tree.GetScriptBlock()).AddArgument(Array.Empty<object>()));
        return _host.ExitCode ?? (succeeded ? 0 : 1);
    }

    private int RunCommands(string commands)
    {
        Parser.ParseInput(commands, out _, out var errors);
        if (errors.Length > 0)
        {
            return Complain(new ParseException(errors));
        }

        // The status of the last command is gone once the pipeline has ended, so the script itself keeps it.
        var succeeded = Invoke(shell => shell.AddScript(commands + "\n$global:ProShellStatus = $?"));
        var lastStatus = _runspace.SessionStateProxy.GetVariable("ProShellStatus") as bool? ?? true;
        return _host.ExitCode ?? (succeeded && lastStatus ? 0 : 1);
    }

    private int ReadAndRun()
    {
        while (_host.ExitCode is null && ReadStatement() is { } statement)
        {
            Invoke(shell => shell.AddScript(statement));
        }

        return _host.ExitCode ?? 0;
    }

    /// <summary>Reads lines until they make a whole statement; null at the end of the input.</summary>
    private string? ReadStatement()
    {
        _host.UI.Write(PromptText());
        var statement = Console.In.ReadLine();
        while (statement is not null && IsIncomplete(statement))
        {
            _host.UI.Write(">> ");
            if (Console.In.ReadLine() is not { } more)
            {
                break;
            }

            statement += "\n" + more;
        }

        return statement;
    }

    private string PromptText()
    {
        using var shell = PowerShell.Create(_runspace);
        return shell.AddCommand("prompt").Invoke<string>() is [var text, ..] ? text : "PS> ";
    }

    private static bool IsIncomplete(string text)
    {
        Parser.ParseInput(text, out _, out var errors);
        return errors.Any(error => error.IncompleteInput);
    }

    /// <summary>Runs a pipeline whose output and errors go to the screen, in their order.</summary>
    /// <returns>False when an error ended it.</returns>
    private bool Invoke(Action<PowerShell> fill)
    {
        using var shell = PowerShell.Create(_runspace);
        fill(shell);
        shell.Commands.Commands[0].MergeMyResults(PipelineResultTypes.Error, PipelineResultTypes.Output);
        shell.AddCommand("Out-Default");
        _running = shell;
        try
        {
            shell.Invoke();
            return true;
        }
        catch (PipelineStoppedException)
        {
            // Ctrl+C: the user knows.
            return false;
        }
        catch (RuntimeException exception)
        {
            Complain(exception);
            return false;
        }
        finally
        {
            _running = null;
            _host.ClearProgress();
        }
    }

    private int Complain(RuntimeException exception)
    {
        // Out-Default shows an error record by PowerShell's own view of it.
        using var shell = PowerShell.Create(_runspace);
        shell.AddCommand("Out-Default").AddParameter("InputObject", exception.ErrorRecord).Invoke();
        return 1;
    }

    private void OnCancel(object? sender, ConsoleCancelEventArgs cancellation)
    {
        if (_running is { } running)
        {
            // The pipeline is stopped and the shell lives on, as in pwsh.
            cancellation.Cancel = true;
            running.BeginStop(callback: null, state: null);
        }
    }
}
