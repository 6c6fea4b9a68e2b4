using System.Management.Automation;
using Pro.DockerVersioning.Cleaning.Tasks;
using Pro.DockerVersioning.Commands.Parameters;
using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Configuration.Catalog;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Machine;

namespace Pro.DockerVersioning;

/// <summary>Makes the system run Remove-ProOldImage every week or every day.</summary>
[Cmdlet(VerbsLifecycle.Register, "ProCleanupTask", SupportsShouldProcess = true, DefaultParameterSetName = WeeklySet)]
[OutputType(typeof(ProCleanupTask))]
public sealed class RegisterProCleanupTaskCommand : ProCleaningCmdlet
{
    private const string WeeklySet = "Weekly";
    private const string DailySet = "Daily";

    // A scheduler starts jobs without them. None of these is a secret.
    private static readonly string[] CarriedVariables =
    [
        ProEnvironmentVariables.RegistryName, .. ProEnvironmentVariables.ComposeNames, "DOCKER_HOST", "DOCKER_CONTEXT",
        "DOCKER_CONFIG", "DOCKER_TLS", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "XDG_STATE_HOME",
    ];

    /// <summary>The days of the week.</summary>
    [Parameter(Mandatory = true, ParameterSetName = WeeklySet)]
    [Choice(typeof(DayOfWeek), Several = true)]
    public DayOfWeek[] Weekly { get; set; } = [];

    /// <summary>Every day.</summary>
    [Parameter(Mandatory = true, ParameterSetName = DailySet)]
    public SwitchParameter Daily { get; set; }

    /// <summary>The time of day, by this machine's clock: 02:00.</summary>
    [Parameter(Mandatory = true)]
    [TimeOfDay]
    public TimeSpan At { get; set; }

    /// <summary>The services; wildcards are allowed. All where it isn't given.</summary>
    [Parameter(Position = 0)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ServiceCompleter))]
    public string[] Service { get; set; } = [];

    /// <summary>How many stable releases of each service stay.</summary>
    [Parameter(Position = 1)]
    [ValidateRange(0, int.MaxValue)]
    [Count]
    public int Keep { get; set; }

    /// <summary>How many pre-releases of each service stay; as many as -Keep says where it isn't given.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    [Count]
    public int KeepPrerelease { get; set; }

    /// <summary>How many commits of each service stay; as many as -Keep says where it isn't given.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    [Count]
    public int KeepCommit { get; set; }

    /// <summary>Removes the longest unused first, and only until so much of the engine's disk is free: 20GB.</summary>
    [Parameter]
    [Size]
    public long TargetFree { get; set; }

    /// <summary>Only what was built, tagged and used before so long.</summary>
    [Parameter]
    [Duration]
    public TimeSpan OlderThan { get; set; }

    /// <summary>Versions that stay, besides those that pro.json protects; wildcards are allowed.</summary>
    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Protect { get; set; } = [];

    /// <summary>What was built or tagged since so long stays.</summary>
    [Parameter]
    [Duration]
    public TimeSpan GracePeriod { get; set; } = TimeSpan.FromHours(1);

    /// <summary>The task's name; one of the same name and repository is replaced. The repository's where it isn't given.</summary>
    [Parameter]
    [TaskName]
    public string? Name { get; set; }

    /// <summary>Who starts it; what this machine has where it isn't given.</summary>
    [Parameter]
    [Choice(typeof(ProTaskScheduler))]
    public ProTaskScheduler Scheduler { get; set; }

    /// <summary>The shell that runs it: the path of pwsh.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Shell { get; set; }

    private protected override async Task EndAsync()
    {
        var workspace = OpenWorkspace();
        _ = Services(workspace, Service.Length == 0 ? ["*"] : Service);
        var store = CleanupTaskStore.Open(workspace.Settings.Variables.Raw, Reporter);
        var name = Name ?? NameOf(workspace.Root);
        var folder = store.FolderOf(name);
        var task = new CleanupTask
        {
            Name = name,
            Scheduler = Bound(nameof(Scheduler)) ? Scheduler : CleanupTaskStore.Usual,
            Days = Weekly,
            At = TimeOnly.FromTimeSpan(At),
            Folder = Folder,
            Shell = FindShell(),
            Script = System.IO.Path.Combine(folder, "cleanup.ps1"),
            Log = System.IO.Path.Combine(folder, "cleanup.log"),
        };
        var what = $"{task.Scheduler}, {task.Schedule}: Remove-ProOldImage in {Folder}, log {task.Log}";
        if (ShouldProcess(what, $"Register the task '{name}' ({what})?", "Register"))
        {
            var module = System.IO.Path.Combine(
                System.IO.Path.GetDirectoryName(typeof(RegisterProCleanupTaskCommand).Assembly.Location)!, "Pro.DockerVersioning.psd1");
            await store.RegisterAsync(task, CleanupScript.Text(task, module, Carried(workspace), Arguments()), StopToken);
            WriteObject(await store.DescribeAsync(task, StopToken));
        }
    }

    private static List<KeyValuePair<string, string>> Carried(ProWorkspace workspace)
    {
        var variables = CarriedVariables
            .Select(name => KeyValuePair.Create(name, workspace.Settings.Variables.Raw(name)!))
            .Where(variable => !string.IsNullOrEmpty(variable.Value))
            .ToList();
        if (!variables.Exists(variable => variable.Key is "DOCKER_HOST" or "DOCKER_CONTEXT"))
        {
            // The engine of now: a 'docker context use' of later, for other work, must not make the job clean another one.
            var context = DockerConfigFile.Load(workspace.Settings.Variables.Raw).CurrentContext;
            variables.Add(KeyValuePair.Create("DOCKER_CONTEXT", string.IsNullOrEmpty(context) ? "default" : context));
        }

        return variables;
    }

    private IEnumerable<KeyValuePair<string, object>> Arguments()
    {
        var all = new (string Name, object? Value)[]
        {
            (nameof(Service), Service.Length > 0 ? Service : null),
            (nameof(Keep), Bound(nameof(Keep)) ? Keep : null),
            (nameof(KeepPrerelease), Bound(nameof(KeepPrerelease)) ? KeepPrerelease : null),
            (nameof(KeepCommit), Bound(nameof(KeepCommit)) ? KeepCommit : null),
            (nameof(TargetFree), Bound(nameof(TargetFree)) ? $"{TargetFree}B" : null),
            (nameof(OlderThan), Bound(nameof(OlderThan)) ? OlderThan : null),
            (nameof(GracePeriod), Bound(nameof(GracePeriod)) ? GracePeriod : null),
            (nameof(Protect), Protect.Length > 0 ? Protect : null),
            (nameof(Environment), Environment),
            (nameof(Registry), Registry),
            (nameof(ComposeFile), ComposeFile.Length > 0 ? ComposeFile.Select(file => System.IO.Path.GetFullPath(file, Folder)).ToArray()
                : null),
        };
        return all.Where(one => one.Value is not null).Select(one => KeyValuePair.Create(one.Name, one.Value!));
    }

    /// <summary>The repository's own name: its folder's, in the characters that every scheduler takes.</summary>
    private static string NameOf(string root)
    {
        var name = System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(root));
        var plain = string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' ? c : '-')).Trim('-', '_');
        return plain.Length == 0 ? "cleanup" : plain[..Math.Min(plain.Length, 64)];
    }

    /// <summary>
    /// The pwsh on the PATH, by that name: a link that stays where PowerShell is updated; else this process. As a whole path, since a
    /// scheduler has another PATH.
    /// </summary>
    private string FindShell()
    {
        if (Shell is not null)
        {
            var given = System.IO.Path.GetFullPath(SessionState.Path.GetUnresolvedProviderPathFromPSPath(Shell));
            return File.Exists(given) ? given : throw CleaningErrors.ShellNotFound(given);
        }

        var name = OperatingSystem.IsWindows() ? "pwsh.exe" : "pwsh";
        var own = System.Environment.ProcessPath is { } path
            && string.Equals(System.IO.Path.GetFileName(path), name, StringComparison.OrdinalIgnoreCase) ? path : null;
        return ProgramFinder.Find(name) ?? own ?? throw CleaningErrors.ShellNotFound(name);
    }
}
