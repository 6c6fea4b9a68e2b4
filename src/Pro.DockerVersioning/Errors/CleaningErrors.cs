namespace Pro.DockerVersioning.Errors;

/// <summary>What can go wrong with a clean-up and with the jobs that do it.</summary>
internal static class CleaningErrors
{
    /// <summary>An image that the engine didn't remove.</summary>
    public static ProException NotRemoved(string reference, ProException failure) => new(
        "ImageNotRemoved",
        failure.Category,
        $"{reference} was not removed: {failure.Message}",
        failure.Category == ProErrorCategory.ResourceUnavailable
            ? failure.RecommendedAction
            : $"'docker ps -a --filter ancestor={reference}' shows what uses it. The others were done; run the command again later.",
        reference,
        failure);

    /// <summary>-AnyRepository with services.</summary>
    public static ProException AnyRepositoryWithService() => new(
        "AnyRepositoryWithService",
        ProErrorCategory.InvalidArgument,
        "-AnyRepository is about all images of the engine, and -Service names only some.",
        "Leave one of them out: Remove-ProOldImage -Unused -AnyRepository");

    /// <summary>-Protect with a version that is written out and isn't here.</summary>
    public static ProException ProtectedNotFound(string version, IEnumerable<string> known) => new(
        "VersionNotFound",
        ProErrorCategory.ObjectNotFound,
        $"-Protect names the version '{version}', and none here is named so. Nothing was removed.",
        (string.Join(", ", known.Take(10)) is { Length: > 0 } some ? $"On this engine: {some}. " : "")
        + "A pattern, as in 'v1.2.*', may find nothing, and so may 'protect' in pro.json.",
        version);

    /// <summary>-TargetFree where nobody can say how much is free.</summary>
    public static ProException FreeSpaceUnknown(string engine, string? root, bool isLocal) => new(
        "FreeSpaceUnknown",
        ProErrorCategory.InvalidOperation,
        root is null && isLocal
            ? $"On which disk the engine at {engine} keeps its images can't be seen from here "
                + "(a virtual machine, or a containerd of its own?)."
            : root is null
            ? $"The engine at {engine} is not on this machine: how much is free on its disk can't be seen from here."
            : $"The disk of {root}, where the engine at {engine} keeps its images, can't be seen from here (a virtual machine?).",
        "Run the command on the engine's own machine. Or go by the size of the versions: Remove-ProOldImage -MaxSize 40GB",
        engine);

    /// <summary>A program of the system's scheduler that isn't here.</summary>
    public static ProException SchedulerMissing(string program, Exception? inner) => new(
        "SchedulerMissing",
        ProErrorCategory.ResourceUnavailable,
        $"The program '{program}' is not here, or may not be run.",
        program switch
        {
            "schtasks.exe" when OperatingSystem.IsWindows() => "schtasks.exe comes with Windows; look at the PATH.",
            "schtasks.exe" => "Windows' Task Scheduler is on Windows only: choose -Scheduler Cron or Systemd.",
            "systemctl" => "systemd doesn't run this machine, or its programs aren't on the PATH: choose -Scheduler Cron.",
            _ => "Install cron ('apt-get install cron'), or choose another scheduler with -Scheduler.",
        },
        program,
        inner);

    /// <summary>A program of the system's scheduler that failed.</summary>
    public static ProException SchedulerFailed(string command, int exitCode, string complaint) => new(
        "SchedulerFailed",
        ProErrorCategory.InvalidOperation,
        $"'{command}' ended with exit code {exitCode}{(complaint.Length > 0 ? ": " + complaint : ".")}",
        "Run the command by hand, as the same user, to see more.",
        command);

    /// <summary>No place for a job's files.</summary>
    public static ProException NoHome() => new(
        "NoStateFolder",
        ProErrorCategory.ResourceUnavailable,
        "There is no place for a task's script and log: the user has no home.",
        OperatingSystem.IsWindows() ? "Set LOCALAPPDATA." : "Set HOME or XDG_STATE_HOME.");

    /// <summary>A job's files that can't be written.</summary>
    public static ProException TaskNotWritten(string name, string folder, Exception inner) => new(
        "CleanupTaskNotWritten",
        ProErrorCategory.WriteError,
        $"The task '{name}' can't be written to {folder}: {inner.Message}",
        "Look whether the user may write there.",
        name,
        inner);

    /// <summary>A job of another repository under that name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="folder">What it cleans.</param>
    /// <param name="elsewhere">The folder of its files if that is in another state folder, which no command here sees.</param>
    public static ProException TaskOfAnother(string name, string folder, string? elsewhere) => new(
        "CleanupTaskOfAnotherRepository",
        ProErrorCategory.ResourceExists,
        $"The task '{name}' is there already, and cleans another repository: {folder}. It was not changed.",
        "Choose another name with -Name, or take that one away: " + (elsewhere is null
            ? $"Unregister-ProCleanupTask {name}"
            : $"by Unregister-ProCleanupTask {name}, with the state folder in which it has its files ({elsewhere})."),
        name);

    /// <summary>A job that a scheduler could not start.</summary>
    public static ProException TrialFailed(string name, string shell, string why) => new(
        "CleanupTaskDoesNotStart",
        ProErrorCategory.InvalidOperation,
        $"The task '{name}' does not work with {shell} as a scheduler starts it, with HOME and PATH=/usr/bin:/bin alone: {why}",
        "Mend what it says, or name a pwsh that starts so, for example -Shell /usr/bin/pwsh. Nothing was registered.",
        shell);

    /// <summary>No pwsh.</summary>
    public static ProException ShellNotFound(string path) => new(
        "ShellNotFound",
        ProErrorCategory.ObjectNotFound,
        $"The shell '{path}' that would run the task is not there.",
        "Name pwsh: -Shell /usr/bin/pwsh. Or put it on the PATH.",
        path);

    /// <summary>No such job.</summary>
    public static ProException TaskNotFound(string name, IEnumerable<string> known) => new(
        "CleanupTaskNotFound",
        ProErrorCategory.ObjectNotFound,
        $"There is no clean-up task '{name}'.",
        string.Join(", ", known) is { Length: > 0 } names ? $"There is {names}." : "This user has none; Register-ProCleanupTask makes one.",
        name);
}
