using System.Text;
using CliWrap;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Cleaning.Tasks;

/// <summary>Starts a job once as a scheduler would, without the session's environment: what would fail every night fails here.</summary>
internal static class CleanupTrial
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Starts it. The script sees by a variable that nothing is to be cleaned.</summary>
    /// <exception cref="ProException">It doesn't start, or doesn't find its module.</exception>
    public static async Task RunAsync(CleanupTask task, CancellationToken cancellationToken)
    {
        var said = new StringBuilder();
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        bounded.CancelAfter(Patience);
        try
        {
            var result = await Cli.Wrap(task.Shell)
                .WithArguments(task.Arguments)
                .WithWorkingDirectory(Path.GetDirectoryName(task.Script)!)
                .WithEnvironmentVariables(Environment)
                .WithStandardOutputPipe(PipeTarget.ToStringBuilder(said, new UTF8Encoding(false)))
                .WithStandardErrorPipe(PipeTarget.ToStringBuilder(said, new UTF8Encoding(false)))
                .WithValidation(CommandResultValidation.None)
                .ExecuteAsync(bounded.Token).ConfigureAwait(false);
            if (result.ExitCode != 0)
            {
                throw CleaningErrors.TrialFailed(task.Name, task.Shell, $"exit code {result.ExitCode}: {said.ToString().Trim()}");
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw CleaningErrors.TrialFailed(task.Name, task.Shell, $"it did not end within {Patience.TotalMinutes:0} minutes");
        }
        catch (System.ComponentModel.Win32Exception notStarted)
        {
            throw CleaningErrors.TrialFailed(task.Name, task.Shell, notStarted.Message);
        }
    }

    /// <summary>
    /// Only what cron gives a job: crontab(5). Windows starts no program without the variables of the system.
    /// </summary>
    private static Dictionary<string, string?> Environment
    {
        get
        {
            var variables = new Dictionary<string, string?>();
            if (!OperatingSystem.IsWindows())
            {
                foreach (var name in System.Environment.GetEnvironmentVariables().Keys.Cast<string>())
                {
                    variables[name] = null;
                }

                variables["HOME"] = System.Environment.GetFolderPath(System.Environment.SpecialFolder.UserProfile);
                variables["PATH"] = "/usr/bin:/bin";
            }

            variables[CleanupScript.CheckVariable] = "1";
            return variables;
        }
    }
}
