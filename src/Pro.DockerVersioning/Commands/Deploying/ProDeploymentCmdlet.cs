using System.Management.Automation;
using Pro.DockerVersioning.Commands;
using Pro.DockerVersioning.Commands.Deploying;
using Pro.DockerVersioning.Commands.Parameters;
using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Configuration.Catalog;
using Pro.DockerVersioning.Deployment;
using Pro.DockerVersioning.Deployment.Locking;
using Pro.DockerVersioning.Deployment.Strategies;
using Pro.DockerVersioning.Deployment.Swarm.Api;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.History;
using Pro.DockerVersioning.Machine;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning;

/// <summary>The base of the cmdlets that change what runs.</summary>
public abstract class ProDeploymentCmdlet : ProWorkspaceCmdlet
{
    private protected ProDeploymentCmdlet()
    {
    }

    /// <summary>An environment of pro.json: its compose file and engine.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Environment { get; set; }

    /// <summary>The container that is meant, by name or id, where several run the service.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Container { get; set; }

    /// <summary>Why, for the history.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Reason { get; set; }

    /// <summary>Takes the lock from whoever holds it: only where that process is surely gone.</summary>
    [Parameter]
    public SwitchParameter BreakLock { get; set; }

    /// <summary>How long to wait for whoever changes the service right now. Without it the command fails at once.</summary>
    [Parameter]
    [Duration]
    public TimeSpan LockTimeout { get; set; }

    /// <summary>Approves what pro.json of this repository names: an engine by its address, a history outside of the repository.</summary>
    [Parameter]
    public SwitchParameter TrustRepository { get; set; }

    private protected override bool? Trusts => TrustRepository;

    private protected override ProParameters Parameters => base.Parameters with { Environment = Environment };

    /// <summary>The kind of the operation.</summary>
    private protected abstract ProHistoryKind Kind { get; }

    /// <summary>What is asked for, with what all commands of this kind have.</summary>
    private protected DeploymentRequest RequestFor(ProWorkspace workspace, ServiceCatalog catalog, string name, EngineConnection engine)
    {
        var service = catalog.Get(name);
        var files = workspace.Settings.ComposeFiles;
        return new DeploymentRequest
        {
            Kind = Kind,
            Service = service,
            Repository = workspace.RepositoryOf(service),
            Filter = new TargetFilter { Container = Container, ComposeFile = files.Value.Count > 0 ? files.Value[0] : null },
            ComposeFiles = new(() => workspace.ComposeFilesOf(service.Name)),
            ComposeFilesAreMeant = files.Origin is SettingOrigin.Parameter or SettingOrigin.ChosenEnvironment,
            Child = new ChildEnvironment(Folder, engine.Endpoint.ChildEnvironment),
            DeclaredAlias = workspace.Settings.DeploymentAlias,
            Reason = Reason,
            BreakLock = BreakLock,
            LockTimeout = LockTimeout,
        };
    }

    /// <summary>Waits for those who change the service, for as long as -LockTimeout says: what there is to do is seen afterwards.</summary>
    /// <returns>The request, with the time that is left for its own lock.</returns>
    private protected async Task<DeploymentRequest> WaitForLocksAsync(EngineConnection engine, DeploymentRequest request)
    {
        var clock = Clock.Start();
        if (LockTimeout > TimeSpan.Zero && !BreakLock)
        {
            await new LockWait(engine, request.LockTimes, Reporter).UntilFreeAsync(
                held => held.Service == request.Service.Name && held.Repository == request.Repository.Name, LockTimeout, StopToken);
        }

        return request.WaitingFor(LockTimeout - clock.Elapsed);
    }

    /// <summary>Repairs a target under its lock.</summary>
    private protected async Task<ProRepair> RepairAsync(
        EngineConnection engine, HistoryLog history, DeploymentRequest request, EngineSnapshot world, ServiceTarget target)
    {
        var reporter = Reporter;
        var lockRequest = new LockRequest(target.TargetId, $"repair {request.Service.Name}")
        {
            Breaks = BreakLock,
            Wait = request.LockTimeout,
            Service = request.Service.Name,
            Repository = request.Repository.Name,
        };
        var held = await TargetLock.AcquireAsync(engine, lockRequest, reporter, StopToken);
        await using (held)
        {
            // Who held it may have finished in this moment.
            var now = await EngineSnapshot.LoadAsync(engine, request.Service.Name, request.Repository, StopToken);
            var there = now.Targets.FirstOrDefault(one => one.TargetId == target.TargetId) ?? target;
            return await new TargetRepair(engine, history, reporter).RunAsync(request, now, there, held.Info.Interrupted, StopToken);
        }
    }
}

/// <summary>The base of the cmdlets that bring a service to a version.</summary>
public abstract class ProVersionChangeCmdlet : ProDeploymentCmdlet
{
    private readonly List<(string Service, string? Version, string? Reference)> _asked = [];

    private protected ProVersionChangeCmdlet()
    {
    }

    /// <summary>The service.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ServiceCompleter))]
    public string Service { get; set; } = "";

    /// <summary>The image's name, as versions and builds from the pipeline give it; it must be the service's.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? Reference { get; set; }

    /// <summary>Which version goes first; without it, what pro.json or the compose file says, else stop-first.</summary>
    [Parameter]
    [Choice(typeof(ProUpdateOrder))]
    public ProUpdateOrder Order { get; set; }

    /// <summary>How long the new version has to get healthy; without it, what its HEALTHCHECK and the last starts say.</summary>
    [Parameter]
    [Duration(MustBePositive = true)]
    public TimeSpan HealthTimeout { get; set; }

    /// <summary>Goes on watching for so long after it is verified, and goes back where it becomes unhealthy.</summary>
    [Parameter]
    [Duration]
    public TimeSpan Watch { get; set; }

    /// <summary>How many of the last log lines are shown.</summary>
    [Parameter]
    [ValidateRange(0, 1000)]
    [Count]
    public int ShowLog { get; set; } = 10;

    /// <summary>
    /// Re-creates what runs already, takes an image that isn't the one that was verified, and pulls where the space seems too small.
    /// </summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Compose: variables that may become blank although they have a value in the container that runs.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] AllowBlank { get; set; } = [];

    /// <summary>Swarm: how many tasks are replaced at once; 0 is all.</summary>
    [Parameter]
    [Count]
    public uint Parallelism { get; set; }

    /// <summary>
    /// Swarm: the pause after each batch. Without one the engine goes on as soon as a task runs, before it knows whether it lives.
    /// </summary>
    [Parameter]
    [Duration]
    public TimeSpan Delay { get; set; }

    /// <summary>Swarm: for how long after its start a task's failure counts against the update.</summary>
    [Parameter]
    [Duration]
    public TimeSpan Monitor { get; set; }

    /// <summary>Swarm: what the engine does when a task of the new version fails.</summary>
    [Parameter]
    [Choice(typeof(ProFailureAction))]
    public ProFailureAction FailureAction { get; set; }

    /// <summary>Swarm: so many tasks first; the rest follows once they are well for -CanaryWatch.</summary>
    [Parameter]
    [ValidateRange(1, 1000)]
    [Count]
    public int Canary { get; set; }

    /// <summary>Swarm: for how long the canary's tasks must be well; where it isn't given, an operator at a prompt is asked.</summary>
    [Parameter]
    [Duration]
    public TimeSpan CanaryWatch { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Swarm: comes back as soon as the engine has accepted the update; nobody watches it then.</summary>
    [Parameter]
    public SwitchParameter NoWait { get; set; }

    /// <summary>The version as it was given; null if none was.</summary>
    private protected abstract string? WantedVersion { get; }

    private protected override Task ProcessAsync()
    {
        ThrowIfContradicting(WantedVersion, Reference);
        _asked.Add((Service, WantedVersion, Reference));
        return Task.CompletedTask;
    }

    /// <summary>Parameters that say two things at once, or nothing: an error, and never one of the two without a word.</summary>
    private protected virtual void ThrowIfContradicting(string? version, string? reference)
    {
        if (Bound(nameof(CanaryWatch)) && !Bound(nameof(Canary)))
        {
            throw CommandErrors.NeedsOther("-CanaryWatch", "-Canary");
        }

        string[] watching = [nameof(Canary), nameof(Watch), nameof(HealthTimeout), nameof(ShowLog)];
        if (NoWait && Array.Find(watching, Bound) is { } watched)
        {
            throw CommandErrors.Contradiction("-NoWait", $"-{watched}", "nobody watches after -NoWait");
        }
    }

    /// <summary>What only a swarm can do, and was asked of something else.</summary>
    private void ThrowIfSwarmOnly(string service, ServiceTarget? target)
    {
        string[] ofSwarm =
        [
            nameof(Parallelism), nameof(Delay), nameof(Monitor), nameof(FailureAction), nameof(Canary), nameof(CanaryWatch), nameof(NoWait),
        ];
        var given = ofSwarm.Where(Bound).Select(parameter => $"-{parameter}").ToList();
        var found = target?.Kind switch
        {
            ServiceTargetKind.Container => $"container ({target.Name})",
            ServiceTargetKind.Swarm => $"service of a swarm ({target.Name})",
            _ => $"service of compose ({target?.Name ?? "not running yet"})",
        };
        if (given.Count > 0 && target?.Kind != ServiceTargetKind.Swarm)
        {
            throw CommandErrors.NotApplicable(given, "a swarm's service", service, found);
        }

        if (AllowBlank.Length > 0 && target is { Kind: not ServiceTargetKind.Compose })
        {
            throw CommandErrors.NotApplicable([$"-{nameof(AllowBlank)}"], "a service of compose", service, found);
        }

        if (BreakLock && Bound(nameof(LockTimeout)))
        {
            throw CommandErrors.Contradiction(
                $"-{nameof(BreakLock)}", $"-{nameof(LockTimeout)}", "one takes the lock at once, and the other waits for its holder");
        }
    }

    private protected override async Task EndAsync()
    {
        if (_asked.Count == 0)
        {
            return;
        }

        ThrowIfSeveralVersions();
        var workspace = OpenWorkspace();
        var catalog = workspace.ReadCatalog(Reporter);
        using var engine = workspace.OpenEngine();
        await EngineProduct.ThrowIfPodmanAsync(engine, StopToken);
        var history = HistoryLog.Open(workspace.Settings);
        foreach (var (service, version, reference) in _asked.Distinct())
        {
            try
            {
                await OneAsync(workspace, catalog, engine, history, service, version, reference);
            }
            catch (ProException error) when (_asked.Count > 1)
            {
                // One that fails doesn't keep the others of the pipeline from theirs.
                WriteError(error);
            }
        }
    }

    /// <summary>
    /// A whole list of versions, piped, is a filter forgotten: to go through all of them would cut the service each time.
    /// </summary>
    private void ThrowIfSeveralVersions()
    {
        foreach (var service in _asked.GroupBy(one => one.Service, StringComparer.OrdinalIgnoreCase))
        {
            var versions = service.Select(one => Meant(one.Version, one.Reference)).Distinct(StringComparer.Ordinal).ToList();
            if (versions.Count > 1)
            {
                throw DeploymentErrors.SeveralVersions(MyInvocation.MyCommand.Name, service.Key, versions);
            }
        }
    }

    // A reference goes before a version, as it does when it is carried out.
    private static string Meant(string? version, string? reference) =>
        ImageReference.TryParse(reference ?? "", out var named) && ProVersion.TryFromImageTag(named.Tag, out var tagged) ? tagged.ToString()
            : version ?? reference ?? "the newest";

    /// <summary>Finds the version where none was given, with the image that was verified under it; null if nobody chose one.</summary>
    private protected abstract Task<(ProVersion Version, string? VerifiedId)?> ChooseAsync(
        DeploymentRequest request, EngineSnapshot world, PreviousVersionStore store, ImageSupply supply);

    private async Task OneAsync(
        ProWorkspace workspace,
        ServiceCatalog catalog,
        EngineConnection engine,
        HistoryLog history,
        string service,
        string? version,
        string? reference)
    {
        var clock = Clock.Start();
        var request = await WaitForLocksAsync(engine, Complete(RequestFor(workspace, catalog, service, engine)));
        var told = new HashSet<string>(StringComparer.Ordinal);
        var given = Given(request, version, reference);
        while (true)
        {
            try
            {
                await OneAsync(workspace, engine, history, request, given, told, chosen => given ??= chosen);
                return;
            }
            catch (ProException changed) when (changed.Id == DeploymentErrors.ChangedMeanwhileId && LockTimeout > clock.Elapsed)
            {
                // Somebody else was first, and has finished: there is a new plan, and a prompt shows it.
                // The version stays the one that was meant.
                request = request.WaitingFor(LockTimeout - clock.Elapsed);
            }
        }
    }

    private async Task OneAsync(
        ProWorkspace workspace,
        EngineConnection engine,
        HistoryLog history,
        DeploymentRequest request,
        ProVersion? given,
        HashSet<string> told,
        Action<ProVersion> chosen)
    {
        var reporter = Reporter;
        var store = new PreviousVersionStore(engine, history, reporter);
        var supply = new ImageSupply(engine, workspace.Settings.Variables.Raw, reporter);
        DeploymentPlan? plan;
        try
        {
            plan = await PlanAsync(request, engine, history, store, supply, given);
        }
        catch (ProException odd) when (odd.Id != EngineErrors.UnreachableId
            && odd.Category is not (ProErrorCategory.InvalidArgument or ProErrorCategory.ResourceBusy))
        {
            // In the middle of a change nothing is as it should be: who makes it is the reason, and not what was seen of it.
            await new TargetRepair(engine, history, reporter).ThrowIfOperationUnderWayAsync(request, StopToken);
            throw;
        }

        if (plan is null)
        {
            return;
        }

        chosen(plan.Version);
        foreach (var warning in plan.Warnings.Where(told.Add))
        {
            WriteWarning(warning);
        }

        Explain(plan);
        if (!plan.IsNothingToDo && !ShouldCarryOut(plan.Lines, Kind == ProHistoryKind.Rollback ? "Roll back?" : "Deploy?"))
        {
            return;
        }

        var (result, failure) = await new DeploymentRunner(engine, history, store, supply, reporter).RunAsync(plan, StopToken);
        WriteObject(result);
        if (failure is not null)
        {
            WriteError(failure);
        }
    }

    /// <summary>Repairs first what was interrupted; null if that may not be done, or nobody chose a version.</summary>
    private async Task<DeploymentPlan?> PlanAsync(
        DeploymentRequest request,
        EngineConnection engine,
        HistoryLog history,
        PreviousVersionStore store,
        ImageSupply supply,
        ProVersion? given)
    {
        var reporter = Reporter;
        var world = await EngineSnapshot.LoadAsync(engine, request.Service.Name, request.Repository, StopToken, history);
        var found = world.Target(request);
        ThrowIfSwarmOnly(request.Service.Name, found);
        if (found is { } target
            && await new TargetRepair(engine, history, reporter).WhyNeededAsync(request, world, target, StopToken) is { } why)
        {
            if (!ShouldProcess($"{request.Service.Name} ({target})", why))
            {
                // What comes next depends on what the repair finds: there is no plan without it.
                return null;
            }

            var clock = Clock.Start();
            _ = await RepairAsync(engine, history, request, world, target);
            request = request.WaitingFor(request.LockTimeout - clock.Elapsed);
            await TargetLock.SweepAsync(engine, StopToken);
            world = await EngineSnapshot.LoadAsync(engine, request.Service.Name, request.Repository, StopToken, history);
        }

        var chosen = given is not null ? (given, null) : await ChooseAsync(request, world, store, supply);
        return chosen is not { } choice ? null : await new DeploymentPlanner(engine, store, supply, reporter)
            .PlanAsync(request, world, choice.Version, choice.VerifiedId, StopToken);
    }

    private void Explain(DeploymentPlan plan)
    {
        if (plan.IsNothingToDo)
        {
            Say($"{plan.Request.Service.Name} runs {plan.Version} already ({plan.Target}). -Force re-creates it.");
        }
        else if (Kind == ProHistoryKind.Rollback && plan.From is { } from && plan.Version.CompareTo(from) > 0)
        {
            WriteWarning($"{plan.Version} is newer than {from}, which runs: this is an upgrade and no rollback.");
        }
    }

    private static ProVersion? Given(DeploymentRequest request, string? version, string? reference)
    {
        if (reference is not null && !reference.StartsWith("sha256:", StringComparison.Ordinal))
        {
            var named = ImageReference.Parse(reference);
            if (!named.SameRepository(request.Repository))
            {
                throw DeploymentErrors.ReferenceOfAnother(reference, request.Repository.ToString());
            }

            return !ProVersion.TryFromImageTag(named.Tag, out var tagged) ? throw ImageErrors.ReferenceIsNoVersion(reference)
                : version is not null && !Read(version).Equals(tagged) ? throw CommandErrors.VersionOfAnotherReference(version, reference)
                : tagged;
        }

        return version is null ? null : Read(version);

        static ProVersion Read(string text) =>
            ProVersion.TryFromImageTag(text.Replace('+', '_'), out var parsed) ? parsed : ProVersion.Parse(text);
    }

    private DeploymentRequest Complete(DeploymentRequest request) => request with
    {
        Force = Force,
        AllowBlank = AllowBlank,
        Order = Bound(nameof(Order)) ? (Order == ProUpdateOrder.StartFirst ? UpdateOrder.StartFirst : UpdateOrder.StopFirst) : null,
        HealthTimeout = Bound(nameof(HealthTimeout)) ? HealthTimeout : request.Service.HealthTimeout,
        Watch = Watch,
        LogLines = ShowLog,
        Swarm = new SwarmUpdateOptions
        {
            NoWait = NoWait,
            Parallelism = Bound(nameof(Parallelism)) ? Parallelism : null,
            Delay = Bound(nameof(Delay)) ? Delay : null,
            Monitor = Bound(nameof(Monitor)) ? Monitor : null,
            FailureAction = !Bound(nameof(FailureAction)) ? null
                : FailureAction == ProFailureAction.Pause ? SwarmFailureAction.Pause : SwarmFailureAction.Rollback,
            Canary = Bound(nameof(Canary)) ? Canary : null,
            CanaryWatch = CanaryWatch,
            ApproveCanary = AsksAboutCanary()
                ? new CanaryQuestion(Host, (PipelinePump)SynchronizationContext.Current!, request.Service.Name, CanaryWatch).AskAsync
                : null,
        },
    };

    /// <summary>Who gives a time, or wants no questions, means the time.</summary>
    private bool AsksAboutCanary() =>
        Bound(nameof(Canary)) && !Bound(nameof(CanaryWatch)) && AsksForConfirmation() && Prompts.HasReader(Host);
}
