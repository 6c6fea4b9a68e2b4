using System.ComponentModel;
using System.Text;
using CliWrap;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Machine;

namespace Pro.DockerVersioning.Cleaning.Tasks;

/// <summary>Runs a program of the system's scheduler, its arguments as a list.</summary>
internal static class SystemProgram
{
    /// <summary>Runs it; whatever its exit code.</summary>
    /// <exception cref="ProException">It isn't here.</exception>
    public static async Task<ProgramResult> RunAsync(
        string program, IReadOnlyList<string> arguments, string? input, CancellationToken cancellationToken)
    {
        var output = new StringBuilder();
        var complaint = new StringBuilder();
        try
        {
            var result = await Cli.Wrap(ProgramFinder.Find(program) ?? throw CleaningErrors.SchedulerMissing(program, null))
                .WithArguments(arguments)
                .WithStandardInputPipe(input is null ? PipeSource.Null : PipeSource.FromString(input, new UTF8Encoding(false)))
                .WithStandardOutputPipe(PipeTarget.ToStringBuilder(output, new UTF8Encoding(false)))
                .WithStandardErrorPipe(PipeTarget.ToStringBuilder(complaint, new UTF8Encoding(false)))
                .WithValidation(CommandResultValidation.None)
                .ExecuteAsync(cancellationToken)
                .ConfigureAwait(false);
            return new ProgramResult(
                result.ExitCode,
                output.ToString(),
                complaint.ToString().Trim() is { Length: > 0 } words ? words : result.ExitCode == 0 ? "" : output.ToString().Trim());
        }
        catch (Win32Exception missing)
        {
            throw CleaningErrors.SchedulerMissing(program, missing);
        }
    }

    /// <summary>Runs it, and takes an exit code that isn't 0 for an error.</summary>
    /// <exception cref="ProException">It isn't here, or failed.</exception>
    public static async Task<string> RequireAsync(
        string program, IReadOnlyList<string> arguments, string? input, CancellationToken cancellationToken)
    {
        var result = await RunAsync(program, arguments, input, cancellationToken).ConfigureAwait(false);
        return result.ExitCode == 0
            ? result.Output
            : throw CleaningErrors.SchedulerFailed($"{program} {string.Join(' ', arguments)}", result.ExitCode, result.Complaint);
    }
}

/// <summary>How a program ended.</summary>
internal sealed record ProgramResult(int ExitCode, string Output, string Complaint);
