using System.Management.Automation;
using Pro.DockerVersioning.Cleaning;
using Pro.DockerVersioning.Commands.Parameters;
using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Configuration.Catalog;
using Pro.DockerVersioning.Deployment.Locking;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Git;
using Pro.DockerVersioning.History;
using Pro.DockerVersioning.Reporting;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning;

/// <summary>Removes old versions of services from the engine, and never what something uses or what a rollback would need.</summary>
[Cmdlet(VerbsCommon.Remove, "ProOldImage",
    SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High, DefaultParameterSetName = CountSet)]
[OutputType(typeof(ProCleanupResult))]
public sealed class RemoveProOldImageCommand : ProCleaningCmdlet
{
    private const string CountSet = "ByCount";
    private const string VersionSet = "ByVersion";
    private const string DanglingSet = "Dangling";
    private const string UnusedSet = "Unused";

    // Whole clean-ups exclude each other; a second job waits for the first one that long.
    private static readonly TimeSpan LockTimeout = TimeSpan.FromMinutes(2);

    // How many lines are carried out at once.
    private const int Lines = 8;

    private readonly Dictionary<ImageReference, (string Service, ProVersion Version)> _named = [];
    private readonly List<ProImageVersion> _withoutTag = [];
    private bool _isAsked;

    /// <summary>The services; wildcards are allowed. All where it isn't given.</summary>
    [Parameter(Position = 0, ParameterSetName = CountSet)]
    [Parameter(Position = 0, ParameterSetName = DanglingSet)]
    [Parameter(Position = 0, ParameterSetName = UnusedSet)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ServiceCompleter))]
    public string[] Service { get; set; } = ["*"];

    /// <summary>How many stable releases of each service stay.</summary>
    [Parameter(Position = 1, ParameterSetName = CountSet)]
    [ValidateRange(0, int.MaxValue)]
    [Count]
    public int Keep { get; set; }

    /// <summary>How many pre-releases of each service stay; as many as -Keep says where it isn't given.</summary>
    [Parameter(ParameterSetName = CountSet)]
    [ValidateRange(0, int.MaxValue)]
    [Count]
    public int KeepPrerelease { get; set; }

    /// <summary>How many commits of each service stay; as many as -Keep says where it isn't given.</summary>
    [Parameter(ParameterSetName = CountSet)]
    [ValidateRange(0, int.MaxValue)]
    [Count]
    public int KeepCommit { get; set; }

    /// <summary>Removes the longest unused first, and only until so much of the engine's disk is free: 20GB.</summary>
    [Parameter(ParameterSetName = CountSet)]
    [Size]
    public long TargetFree { get; set; }

    /// <summary>Removes the longest unused first, and only until all versions together take no more than so much: 40GB.</summary>
    [Parameter(ParameterSetName = CountSet)]
    [Size]
    public long MaxSize { get; set; }

    /// <summary>The versions, as Get-ProImageVersion gives them; no count applies to them, all else does.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = VersionSet)]
    [ValidateNotNull]
    public ProImageVersion[] InputObject { get; set; } = [];

    /// <summary>Removes images that no name points at.</summary>
    [Parameter(Mandatory = true, ParameterSetName = DanglingSet)]
    public SwitchParameter Dangling { get; set; }

    /// <summary>Removes all versions that no container uses, and what is dangling; no count applies.</summary>
    [Parameter(Mandatory = true, ParameterSetName = UnusedSet)]
    public SwitchParameter Unused { get; set; }

    /// <summary>With -Unused: all images of the engine that no container uses, of whatever repository.</summary>
    [Parameter(ParameterSetName = UnusedSet)]
    public SwitchParameter AnyRepository { get; set; }

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

    private protected override ProParameters Parameters =>
        base.Parameters with { Protect = Protect, Keep = Bound(nameof(Keep)) ? Keep : null };

    private protected override Task ProcessAsync()
    {
        // Never called for an empty pipeline, which must not become "all services".
        _isAsked = true;
        foreach (var version in InputObject)
        {
            if (ImageReference.TryParse(version.Reference, out var reference) && reference.Tag is not null)
            {
                _named[reference] = (version.Service, version.Version);
            }
            else
            {
                _withoutTag.Add(version);
            }
        }

        return Task.CompletedTask;
    }

    private protected override async Task EndAsync()
    {
        if (!_isAsked)
        {
            return;
        }

        var reporter = Reporter;
        if (AnyRepository && Bound(nameof(Service)))
        {
            throw CleaningErrors.AnyRepositoryWithService();
        }

        if (Bound(nameof(TargetFree)) && Bound(nameof(MaxSize)))
        {
            throw CommandErrors.Contradiction(
                $"-{nameof(TargetFree)}", $"-{nameof(MaxSize)}", "each says when it is enough, and one may be reached before the other");
        }

        var target = Bound(nameof(TargetFree)) ? TargetFree : (long?)null;
        var most = Bound(nameof(MaxSize)) ? MaxSize : (long?)null;
        var workspace = OpenWorkspace();
        var services = ServicesOf(workspace);
        using var engine = workspace.OpenEngine();
        var asking = EngineState.AskAsync(engine, StopToken);
        if (target is { } wanted && IsFree(engine, (await asking).Root, wanted))
        {
            return;
        }

        var history = HistoryLog.Open(workspace.Settings);
        using var commits = new CommitLookup(workspace.Root);
        var survey = new CleaningDataLoader(engine, history, reporter)
        {
            IsCommit = commits.Knows,
            GoneTargets = workspace.Settings.GoneTargets,
            AnyRepository = AnyRepository,
        };
        var world = await survey.LoadAsync(services, asking, StopToken);
        var policy = PolicyOf(workspace, services, most);
        CleaningPlanner.EnsureKnown(world, policy, Protect);
        var plan = await survey.PlanAsync(world, policy, StopToken);
        foreach (var line in plan.Lines.Where(line => !line.Goes))
        {
            WriteVerbose($"{CleaningText.Name(line)} stays: {line.Reason}.");
        }

        if (!plan.Going.Any())
        {
            // Nothing to ask, nothing to lock; those that were asked for and stay say why.
            using var runner = new CleaningRunner(engine, reporter);
            await GiveAsync(runner, plan, []);
            foreach (var note in plan.Notes)
            {
                Say(note);
            }

            Say(CleaningText.Summary([], null, null, null));
            WarnIfTooLittle(target, target is null ? null : (await asking).Root.Free, isAllDone: true);
            WarnIfTooLarge(most, plan);
            if (!IsWhatIf)
            {
                await survey.RecordMarksAsync(world);
            }
        }
        else if (ShouldCarryOut(CleaningText.Lines(plan), CleaningText.Question(plan)))
        {
            await survey.RecordMarksAsync(world);
            await RunAsync(engine, await asking, world, plan, history, target, reporter);
            WarnIfTooLarge(most, plan);
        }
    }

    private async Task RunAsync(
        EngineConnection engine,
        EngineState state,
        CleaningInput world,
        CleaningPlan plan,
        HistoryLog history,
        long? target,
        IProgress<Report> reporter)
    {
        var request = new LockRequest(ServiceLocks.OwnTarget, "clean up images") { Wait = LockTimeout };
        await using var held = await TargetLock.AcquireAsync(engine, request, reporter, StopToken);
        var root = state.Root;
        var freeBefore = root.Free;
        var journal = new CleaningHistoryWriter(history, engine.Endpoint.ToString(), reporter);
        using var runner = new CleaningRunner(engine, reporter)
        {
            IsSwarmManager = state.IsSwarmManager,
            Use = world.Use,
            GoneNames = world.Services
                .SelectMany(service => service.GoneTags.Select(tag => service.Repository.WithTag(tag).ToString()))
                .ToHashSet(StringComparer.Ordinal),

            // What comes free is seen before the next one goes.
            Width = target is null ? Lines : 1,
            IsEnough = () => target is { } wanted && root.Free >= wanted,
            Record = journal.RecordAsync,
        };
        var results = new List<ProCleanupResult>();
        await GiveAsync(runner, plan, results);
        Say(CleaningText.Summary(results, root.Path, freeBefore, root.Free));
        WarnIfTooLittle(target, root.Free, results.TrueForAll(result => result.Action != ProCleanupAction.Failed));
    }

    private void WarnIfTooLittle(long? target, long? free, bool isAllDone)
    {
        if (target is { } goal && free is { } now && now < goal)
        {
            WriteWarning(
                $"{ByteSize.Text(now)} are free now, less than the {ByteSize.Text(goal)} asked for: " +
                (isAllDone
                    ? "what is left is needed. A lower -Keep lets more go; Get-ProDiskUsage shows what else takes the space."
                    : "not all that may go could be removed; the errors say why."));
        }
    }

    private void WarnIfTooLarge(long? most, CleaningPlan plan)
    {
        if (most is { } goal && plan.SizeAfter is { } left && left > goal)
        {
            WriteWarning(
                $"The versions take {ByteSize.Text(left)}, more than the {ByteSize.Text(goal)} asked for: what is left is needed. "
                + "A lower -Keep lets more go.");
        }
    }

    private async Task GiveAsync(CleaningRunner runner, CleaningPlan plan, List<ProCleanupResult> results)
    {
        await foreach (var result in runner.RunAsync(plan, StopToken))
        {
            results.Add(result);
            WriteObject(result);
            if (result.Error is { } error)
            {
                WriteError(error);
            }
        }
    }

    private List<(string Name, ImageReference Repository)> ServicesOf(ProWorkspace workspace) => ParameterSetName switch
    {
        DanglingSet when !Bound(nameof(Service)) => AllServicesIfAny(workspace),
        UnusedSet when AnyRepository => AllServicesIfAny(workspace),
        VersionSet => Services(workspace, ["*"]),
        _ => Services(workspace, Service),
    };

    private CleaningPolicy PolicyOf(ProWorkspace workspace, IEnumerable<(string Name, ImageReference Repository)> services, long? most)
    {
        var keep = workspace.Settings.Keep.Value;
        return new CleaningPolicy
        {
            Mode = ParameterSetName switch
            {
                VersionSet => CleaningMode.Named,
                DanglingSet => CleaningMode.Dangling,
                UnusedSet => CleaningMode.Unused,
                _ => CleaningMode.ByCount,
            },
            Retention = new RetentionPolicy(
                keep, Bound(nameof(KeepPrerelease)) ? KeepPrerelease : keep, Bound(nameof(KeepCommit)) ? KeepCommit : keep),
            Named = _named.Keys.ToHashSet(),
            NamedAs = _named,
            WithoutTag = _withoutTag,
            AnyRepository = AnyRepository,
            MaxSize = most,
            Protect = [.. workspace.Settings.Protect.Select(VersionPattern.Parse)],
            OlderThan = Bound(nameof(OlderThan)) ? OlderThan : null,
            GracePeriod = GracePeriod,
            ByLastUse = Bound(nameof(TargetFree)) || Bound(nameof(MaxSize)),
            DanglingOf = Bound(nameof(Service)) ? services.Select(service => service.Name).ToHashSet(StringComparer.Ordinal) : null,
        };
    }

    private bool IsFree(EngineConnection engine, DataRoot root, long wanted)
    {
        var free = root.Free ?? throw CleaningErrors.FreeSpaceUnknown(engine.Endpoint.ToString(), root.Path, engine.Endpoint.IsLocal);
        if (free >= wanted)
        {
            Say($"{ByteSize.Text(free)} are free at {root.Path} already, and {ByteSize.Text(wanted)} were asked for: nothing to do.");
        }

        return free >= wanted;
    }
}
