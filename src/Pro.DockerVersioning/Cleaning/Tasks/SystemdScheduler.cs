using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Cleaning.Tasks;

/// <summary>systemd: the system's timers for root, else the user's own.</summary>
internal sealed class SystemdScheduler(IProgress<Report> reports) : ITaskScheduler
{
    private const string Program = "systemctl";

    private static bool IsRoot => Environment.IsPrivilegedProcess;

    private static string Folder => IsRoot
        ? "/etc/systemd/system"
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData), "systemd", "user");

    /// <summary>Whether systemd runs this machine: sd_booted(3).</summary>
    public static bool RunsHere => Directory.Exists("/run/systemd/system");

    /// <inheritdoc/>
    public Task CheckAsync(CancellationToken cancellationToken) => SystemctlAsync(["show", "--property=Version"], cancellationToken);

    /// <inheritdoc/>
    public async Task RegisterAsync(CleanupTask task, CancellationToken cancellationToken)
    {
        _ = Directory.CreateDirectory(Folder);
        await File.WriteAllTextAsync(PathOf(SystemdUnits.ServiceName(task.Name)), SystemdUnits.Service(task), cancellationToken)
            .ConfigureAwait(false);
        await File.WriteAllTextAsync(PathOf(SystemdUnits.TimerName(task.Name)), SystemdUnits.Timer(task), cancellationToken)
            .ConfigureAwait(false);
        _ = await SystemctlAsync(["daemon-reload"], cancellationToken).ConfigureAwait(false);
        _ = await SystemctlAsync(["enable", SystemdUnits.TimerName(task.Name)], cancellationToken).ConfigureAwait(false);
        _ = await SystemctlAsync(["restart", SystemdUnits.TimerName(task.Name)], cancellationToken).ConfigureAwait(false);
        if (!IsRoot)
        {
            reports.Report(new WarningReport(
                "A user's timers run only while the user is logged in, unless an administrator allows it: 'loginctl enable-linger USER'."));
        }
    }

    /// <inheritdoc/>
    public async Task<bool> HasAsync(CleanupTask task, CancellationToken cancellationToken) =>
        (await SystemProgram.RunAsync(Program, Arguments(["is-enabled", SystemdUnits.TimerName(task.Name)]), null, cancellationToken)
            .ConfigureAwait(false)).ExitCode == 0;

    /// <inheritdoc/>
    public async Task<string?> FindScriptAsync(string name, CancellationToken cancellationToken)
    {
        var unit = PathOf(SystemdUnits.ServiceName(name));
        return File.Exists(unit)
            ? SystemdUnits.FindScript(await File.ReadAllTextAsync(unit, cancellationToken).ConfigureAwait(false))
            : null;
    }

    /// <inheritdoc/>
    public async Task UnregisterAsync(CleanupTask task, CancellationToken cancellationToken)
    {
        if (File.Exists(PathOf(SystemdUnits.TimerName(task.Name))))
        {
            _ = await SystemctlAsync(["disable", "--now", SystemdUnits.TimerName(task.Name)], cancellationToken).ConfigureAwait(false);
            File.Delete(PathOf(SystemdUnits.TimerName(task.Name)));
        }

        File.Delete(PathOf(SystemdUnits.ServiceName(task.Name)));
        _ = await SystemctlAsync(["daemon-reload"], cancellationToken).ConfigureAwait(false);
    }

    private static string PathOf(string unit) => Path.Combine(Folder, unit);

    private static string[] Arguments(string[] arguments) => IsRoot ? arguments : ["--user", .. arguments];

    private static Task<string> SystemctlAsync(string[] arguments, CancellationToken cancellationToken) =>
        SystemProgram.RequireAsync(Program, Arguments(arguments), null, cancellationToken);
}
