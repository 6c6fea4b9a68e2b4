using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Cleaning.Tasks;

/// <summary>The user's crontab, by the program <c>crontab</c>. Two of us that change it at once wait for each other.</summary>
internal sealed class CronScheduler(string lockFile, IProgress<Report> reports) : ITaskScheduler
{
    private const string Program = "crontab";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <inheritdoc/>
    public Task CheckAsync(CancellationToken cancellationToken) => ReadAsync(cancellationToken);

    /// <inheritdoc/>
    public async Task RegisterAsync(CleanupTask task, CancellationToken cancellationToken)
    {
        await ChangeAsync(crontab => Crontab.With(crontab, task), cancellationToken).ConfigureAwait(false);
        if (!RunsHere())
        {
            reports.Report(new WarningReport("The job is in the crontab, but no cron daemon runs here: start it ('service cron start')."));
        }
    }

    /// <inheritdoc/>
    public async Task<bool> HasAsync(CleanupTask task, CancellationToken cancellationToken) =>
        Crontab.Has(await ReadAsync(cancellationToken).ConfigureAwait(false), task.Name);

    /// <inheritdoc/>
    public async Task<string?> FindScriptAsync(string name, CancellationToken cancellationToken) =>
        Crontab.FindScript(await ReadAsync(cancellationToken).ConfigureAwait(false), name);

    /// <inheritdoc/>
    public Task UnregisterAsync(CleanupTask task, CancellationToken cancellationToken) =>
        ChangeAsync(crontab => Crontab.Without(crontab, task.Name), cancellationToken);

    private async Task ChangeAsync(Func<string, string> change, CancellationToken cancellationToken)
    {
        var held = await TakeLockAsync(cancellationToken).ConfigureAwait(false);
        await using (held.ConfigureAwait(false))
        {
            var before = await ReadAsync(cancellationToken).ConfigureAwait(false);
            var after = change(before);
            if (after != before)
            {
                _ = await SystemProgram.RequireAsync(Program, ["-"], after, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>
    /// A user without a crontab is told by an error. Any other error must not be taken for that: writing would then lose what is there.
    /// </summary>
    private static async Task<string> ReadAsync(CancellationToken cancellationToken)
    {
        var result = await SystemProgram.RunAsync(Program, ["-l"], null, cancellationToken).ConfigureAwait(false);
        return result.ExitCode == 0 ? result.Output
            : result.Complaint.Contains("no crontab for", StringComparison.OrdinalIgnoreCase)
                || result.Complaint.Contains("No such file", StringComparison.OrdinalIgnoreCase) ? ""
            : throw CleaningErrors.SchedulerFailed($"{Program} -l", result.ExitCode, result.Complaint);
    }

    private async Task<FileStream> TakeLockAsync(CancellationToken cancellationToken)
    {
        var deadline = DateTime.UtcNow + Patience;
        while (true)
        {
            try
            {
                return new FileStream(lockFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (DateTime.UtcNow < deadline && Directory.Exists(Path.GetDirectoryName(lockFile)))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static bool RunsHere()
    {
        try
        {
            return Directory.EnumerateDirectories("/proc").Any(process => IsCron(Path.Combine(process, "cmdline")));
        }
        catch (Exception unseen) when (unseen is IOException or UnauthorizedAccessException)
        {
            // No /proc, no warning.
            return true;
        }
    }

    private static bool IsCron(string commandLine)
    {
        try
        {
            return File.Exists(commandLine)
                && File.ReadAllText(commandLine).Split('\0').Take(2)
                .Any(word => Path.GetFileName(word) is "cron" or "crond" or "fcron" or "cronie");
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
