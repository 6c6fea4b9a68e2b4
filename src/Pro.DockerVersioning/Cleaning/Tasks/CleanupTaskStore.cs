using System.Globalization;
using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.History;
using Pro.DockerVersioning.Machine;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Cleaning.Tasks;

/// <summary>The user's clean-up jobs: a folder for each, with what it is, its script and its log; and their entries with the
/// scheduler.</summary>
internal sealed class CleanupTaskStore
{
    private const string Definition = "task.json";
    private readonly string _folder;
    private readonly IProgress<Report> _reports;

    private CleanupTaskStore(string folder, IProgress<Report> reports)
    {
        _folder = folder;
        _reports = reports;
    }

    /// <summary>The scheduler of this machine where the user names none.</summary>
    public static ProTaskScheduler Usual =>
        OperatingSystem.IsWindows() ? ProTaskScheduler.TaskScheduler
        : SystemdScheduler.RunsHere ? ProTaskScheduler.Systemd
        : ProTaskScheduler.Cron;

    /// <summary>The store of this user; nothing is read or written yet.</summary>
    /// <exception cref="ProException">The user has no home.</exception>
    public static CleanupTaskStore Open(Func<string, string?> environment, IProgress<Report> reports) =>
        new(Path.Combine(HistoryFolder.OfUser(environment) ?? throw CleaningErrors.NoHome(), "cleanup"), reports);

    /// <summary>The folder of a job.</summary>
    public string FolderOf(string name) => Path.Combine(_folder, name);

    /// <summary>
    /// Writes a job's files, starts it once as a scheduler would, and gives it to the scheduler; one of the same name and repository is
    /// replaced. Whatever fails, nothing of it is left, and the one from before is there again.
    /// </summary>
    /// <exception cref="ProException">A file can't be written, the job doesn't start, or the scheduler refuses.</exception>
    public async Task RegisterAsync(CleanupTask task, string script, CancellationToken cancellationToken)
    {
        var old = Find(task.Name);
        if (old is not null && RootOf(old.Folder) != RootOf(task.Folder))
        {
            throw CleaningErrors.TaskOfAnother(task.Name, old.Folder, elsewhere: null);
        }

        var scheduler = SchedulerOf(task.Scheduler);
        try
        {
            PrivateFiles.CreateFolder(_folder);
            await scheduler.CheckAsync(cancellationToken).ConfigureAwait(false);
            old = await FindElsewhereAsync(scheduler, task, cancellationToken).ConfigureAwait(false) ?? old;
            var before = old is not null && File.Exists(old.Script)
                ? await File.ReadAllTextAsync(old.Script, cancellationToken).ConfigureAwait(false)
                : null;
            try
            {
                PrivateFiles.CreateFolder(FolderOf(task.Name));
                PrivateFiles.Write(task.Script, script);
                await CleanupTrial.RunAsync(task, cancellationToken).ConfigureAwait(false);
                await scheduler.RegisterAsync(task, cancellationToken).ConfigureAwait(false);
                PrivateFiles.Write(Path.Combine(FolderOf(task.Name), Definition), task.ToJson());
            }
            catch
            {
                await TakeBackAsync(scheduler, task, old, before).ConfigureAwait(false);
                throw;
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw CleaningErrors.TaskNotWritten(task.Name, FolderOf(task.Name), fault);
        }

        if (old is not null && old.Scheduler != task.Scheduler)
        {
            await ForgetAsync(old, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The job that stands with the scheduler under that name, if another state folder has its files; null if none does.</summary>
    /// <exception cref="ProException">It is another repository's.</exception>
    private static async Task<CleanupTask?> FindElsewhereAsync(
        ITaskScheduler scheduler, CleanupTask task, CancellationToken cancellationToken)
    {
        var script = await scheduler.FindScriptAsync(task.Name, cancellationToken).ConfigureAwait(false);
        if (script is null || IsSamePath(script, task.Script))
        {
            return null;
        }

        var folder = Path.GetDirectoryName(script) ?? script;
        var other = Read(folder);
        return other is not null && RootOf(other.Folder) == RootOf(task.Folder)
            ? other
            : throw CleaningErrors.TaskOfAnother(task.Name, other?.Folder ?? script, elsewhere: folder);
    }

    /// <summary>Takes a job away from its scheduler, but not another state folder's under the same name.</summary>
    private async Task ForgetAsync(CleanupTask task, CancellationToken cancellationToken)
    {
        if (await IsOwnAsync(task, cancellationToken).ConfigureAwait(false))
        {
            await SchedulerOf(task.Scheduler).UnregisterAsync(task, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<bool> IsOwnAsync(CleanupTask task, CancellationToken cancellationToken) =>
        await SchedulerOf(task.Scheduler).FindScriptAsync(task.Name, cancellationToken).ConfigureAwait(false) is not { } script
        || IsSamePath(script, task.Script);

    private static bool IsSamePath(string one, string other) =>
        string.Equals(one, other, OperatingSystem.IsWindows() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal);

    /// <summary>Not to be cancelled: what was begun is taken back whole.</summary>
    private async Task TakeBackAsync(ITaskScheduler scheduler, CleanupTask task, CleanupTask? old, string? before)
    {
        try
        {
            if (old is not null && before is not null)
            {
                PrivateFiles.Write(old.Script, before);
                if (old.Scheduler == task.Scheduler)
                {
                    await scheduler.RegisterAsync(old, CancellationToken.None).ConfigureAwait(false);
                }

                if (File.Exists(Path.Combine(FolderOf(task.Name), Definition)))
                {
                    return;
                }
            }

            File.Delete(task.Script);
            File.Delete(Path.ChangeExtension(task.Script, ".xml"));
            if (Directory.Exists(FolderOf(task.Name)) && !Directory.EnumerateFileSystemEntries(FolderOf(task.Name)).Any())
            {
                Directory.Delete(FolderOf(task.Name));
            }

            await ForgetAsync(task, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception also) when (also is ProException or IOException or UnauthorizedAccessException)
        {
            // What failed first is the error; this is said beside it.
            _reports.Report(new WarningReport($"Taking back what was begun failed as well: {also.Message}"));
        }
    }

    private static string RootOf(string folder) => ProjectRoot.Find(folder) ?? folder;

    /// <summary>All jobs, by name.</summary>
    public IReadOnlyList<CleanupTask> List() => !Directory.Exists(_folder) ? [] :
        [.. Directory.EnumerateDirectories(_folder)
            .Select(folder => Find(Path.GetFileName(folder)))
            .OfType<CleanupTask>()
            .OrderBy(task => task.Name, StringComparer.Ordinal)];

    /// <summary>Takes a job away from the scheduler, and its files but for the logs.</summary>
    /// <exception cref="ProException">The scheduler refuses.</exception>
    public async Task UnregisterAsync(CleanupTask task, CancellationToken cancellationToken)
    {
        await ForgetAsync(task, cancellationToken).ConfigureAwait(false);
        File.Delete(Path.Combine(FolderOf(task.Name), Definition));
        File.Delete(task.Script);
        File.Delete(Path.ChangeExtension(task.Script, ".xml"));
        if (!Directory.EnumerateFileSystemEntries(FolderOf(task.Name)).Any())
        {
            Directory.Delete(FolderOf(task.Name));
        }
    }

    /// <summary>A job as users see it: with its last run, by its log, and its next one.</summary>
    public async Task<ProCleanupTask> DescribeAsync(CleanupTask task, CancellationToken cancellationToken)
    {
        var isScheduled = await SchedulerOf(task.Scheduler).HasAsync(task, cancellationToken).ConfigureAwait(false)
            && await IsOwnAsync(task, cancellationToken).ConfigureAwait(false);
        var (time, code) = LastRun(task.Log);
        return new ProCleanupTask
        {
            Name = task.Name,
            Scheduler = task.Scheduler,
            Days = [.. task.Days.Order()],
            At = task.At.ToTimeSpan(),
            NextRun = isScheduled ? task.Schedule.Next(DateTime.Now) : null,
            IsScheduled = isScheduled,
            LastRun = time,
            LastExitCode = code,
            Folder = task.Folder,
            Script = task.Script,
            Log = task.Log,
        };
    }

    private static (DateTimeOffset? Time, int? Code) LastRun(string log)
    {
        try
        {
            var last = File.Exists(log) ? File.ReadLines(log)
                .LastOrDefault(line => line.Contains(CleanupScript.Ended, StringComparison.Ordinal)) : null;
            var words = last?.Split(' ');
            return words is { Length: > 1 }
                && DateTimeOffset.TryParse(words[0], CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)
                && int.TryParse(words[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var code)
                ? (time, code)
                : (null, null);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return (null, null);
        }
    }

    private CleanupTask? Find(string name) => Read(FolderOf(name));

    private static CleanupTask? Read(string folder)
    {
        var file = Path.Combine(folder, Definition);
        return File.Exists(file) ? CleanupTask.FromJson(File.ReadAllText(file)) : null;
    }

    private ITaskScheduler SchedulerOf(ProTaskScheduler scheduler) => scheduler switch
    {
        ProTaskScheduler.TaskScheduler => new WindowsScheduler(),
        ProTaskScheduler.Systemd => new SystemdScheduler(_reports),
        _ => new CronScheduler(Path.Combine(_folder, "crontab.lock"), _reports),
    };
}
