using System.Text.Json.Nodes;
using Pro.DockerVersioning.Deployment.Container.Recipe;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Deployment.Container.Swap;

/// <summary>A swap of one container under way.</summary>
/// <param name="old">The old container's inspection, before anything was done.</param>
/// <param name="recipe">The old container's.</param>
/// <param name="digests">Under which names with digests a registry has its image.</param>
internal sealed class SwapState(ContainerView old, ContainerRecipe recipe, IReadOnlyList<string> digests)
{
    private const string Always = "always";
    private const string Never = "no";

    private readonly SavedRunState _ran = SavedRunState.Of(old);
    private bool _hasRestarts;

    /// <summary>The old container's inspection, before anything was done.</summary>
    public ContainerView Old => old;

    /// <summary>The old container's.</summary>
    public ContainerRecipe Recipe => recipe;

    /// <summary>The name that both want.</summary>
    public string Name => recipe.Name;

    /// <summary>The old container.</summary>
    public string OldId => old.Id;

    /// <summary>The candidate, or "" while there is none.</summary>
    public string NewId { get; set; } = "";

    /// <summary>The id of the image that the candidate is to run; null for any.</summary>
    public string? ImageId { get; set; }

    /// <summary>How the old container ran.</summary>
    public SavedRunState Ran => _ran;

    /// <summary>How long nobody answered.</summary>
    public DowntimeClock Downtime { get; } = new();

    /// <summary>What was copied into the old container's layer.</summary>
    public IReadOnlyList<InjectedFile> Files { get; private set; } = [];

    /// <summary>Those of them that the candidate gets.</summary>
    private IReadOnlyList<InjectedFile> _carried = [];

    /// <summary>True if the engine removes the old container as soon as it has stopped; one that never ran stays.</summary>
    public bool RemovesItself => old.AutoRemove && old.IsRunning;

    /// <summary>Looks at the old container.</summary>
    public static async Task<SwapState> OfAsync(ContainerApi calls, string container, CancellationToken cancellationToken) =>
        await OfAsync(calls, await calls.InspectAsync(container, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);

    /// <summary>The same of one that was inspected.</summary>
    public static async Task<SwapState> OfAsync(ContainerApi calls, ContainerView old, CancellationToken cancellationToken)
    {
        var image = await calls.InspectImageAsync(old.ImageId, cancellationToken).ConfigureAwait(false);
        return new SwapState(old, ContainerRecipe.From(old, image), [.. image.Texts("RepoDigests")]);
    }

    /// <summary>
    /// Reads what was copied into the old container. All of it is there again if that has to be re-created; the candidate gets what is known
    /// to be meant for it.
    /// </summary>
    /// <param name="calls">The engine's calls.</param>
    /// <param name="known">Paths of what was copied for certain: it goes along.</param>
    /// <param name="goesAlong">Whether another file, which looks as if it was copied, goes along too.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <exception cref="ProException">A known one is not there.</exception>
    public async Task ReadFilesAsync(
        ContainerApi calls, IReadOnlyList<string> known, Func<FoundFile, bool> goesAlong, CancellationToken cancellationToken)
    {
        var files = new List<InjectedFile>();
        foreach (var path in known)
        {
            var archive = await calls.GetArchiveAsync(OldId, path, cancellationToken).ConfigureAwait(false);
            files.Add(archive is null ? throw ContainerErrors.InjectedFileMissing(Name, path) : InjectedFile.From(path, archive));
        }

        var carried = files.ToList();
        var others = await FoundFile.InAsync(calls, old, cancellationToken).ConfigureAwait(false);
        foreach (var found in others.Where(one => !known.Contains(one.Path)))
        {
            if (await calls.GetArchiveAsync(OldId, found.Path, cancellationToken).ConfigureAwait(false) is { } archive)
            {
                var file = InjectedFile.From(found.Path, archive);
                files.Add(file);
                carried.AddRange(goesAlong(found) ? [file] : []);
            }
        }

        (Files, _carried) = (files, carried);
    }

    /// <summary>Creates the candidate, with all that goes along in its layer.</summary>
    /// <exception cref="ProException">The engine refuses, or has made it of another image than the planned one.</exception>
    public async Task CreateAsync(ContainerApi calls, ContainerCreation creation)
    {
        NewId = await calls.CreateAsync(creation, CancellationToken.None).ConfigureAwait(false);
        await calls.PutFilesAsync(NewId, _carried).ConfigureAwait(false);
        if (ImageId is { } planned
            && (await calls.InspectAsync(NewId, CancellationToken.None).ConfigureAwait(false)).ImageId is var made && made != planned)
        {
            throw ContainerErrors.OtherImage(Name, planned, made);
        }
    }

    /// <summary>
    /// Starts the candidate in the old container's place. A host port that only the engine had chosen may be somebody else's by now: then the
    /// candidate is created again, and gets another one.
    /// </summary>
    /// <param name="calls">The engine's calls.</param>
    /// <param name="creation">What the candidate is created by, without keeping those ports.</param>
    /// <param name="reports">Hears of a port that moved.</param>
    public async Task StartAsync(ContainerApi calls, Func<IReadOnlyCollection<ChosenPort>, ContainerCreation> creation, IProgress<Report> reports)
    {
        List<ChosenPort> freed = [];
        while (await BusyAsync(() => calls.StartAsync(NewId, CancellationToken.None), freed).ConfigureAwait(false))
        {
            // The former one holds the volumes of an old container that has removed itself, so the next one is created beside it.
            var former = NewId;
            if (RemovesItself && await calls.FindAsync(former, CancellationToken.None).ConfigureAwait(false) is not null)
            {
                await calls.RenameAsync(former, SwapNames.Previous(Name), CancellationToken.None).ConfigureAwait(false);
            }

            await CreateAsync(calls, creation(freed)).ConfigureAwait(false);
            await calls.RemoveAsync(former, CancellationToken.None, withVolumes: true).ConfigureAwait(false);
            if (!RemovesItself)
            {
                await calls.RenameAsync(NewId, Name, CancellationToken.None).ConfigureAwait(false);
            }
        }

        if (freed.Count > 0
            && PublishedPorts.Moved(freed, await calls.InspectAsync(NewId, CancellationToken.None).ConfigureAwait(false)) is { } moved)
        {
            reports.Report(new WarningReport(moved));
        }
    }

    /// <summary>True if a start failed because a chosen port is busy: it is among the freed ones then.</summary>
    private async Task<bool> BusyAsync(Func<Task> start, List<ChosenPort> freed)
    {
        try
        {
            await start().ConfigureAwait(false);
            return false;
        }
        catch (ProException failure) when (PublishedPorts.IsBusy(failure)
            && recipe.ChosenPorts.Except(freed).Where(port => port.IsNamedIn(failure.Message)).ToList() is { Count: > 0 } busy)
        {
            freed.AddRange(busy);
            return true;
        }
    }

    /// <summary>All that restores the old container.</summary>
    public SavedContainer Save(bool isFollower) => new(OldId, Name, new SavedRecipe(recipe, Files, digests), _ran, isFollower);

    /// <summary>
    /// Lets the engine start the old container by itself, should the engine be restarted while it is stopped: nobody has verified the new one.
    /// "unless-stopped" would not.
    /// </summary>
    public async Task KeepOldAliveAsync(ContainerApi calls)
    {
        if (_ran is { Restarts: true, Ran: true } && _ran.RestartPolicy.Text("Name") != Always)
        {
            await calls.SetRestartPolicyAsync(OldId, Policy(Always), CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// From now on the engine starts the new container again. Up to then it had no restart policy, for the verification looks at one start
    /// only; and a network that is connected in the moment of a restart is lost to the engine with its ports.
    /// </summary>
    public async Task GiveRestartsAsync(ContainerApi calls)
    {
        if (_ran.Restarts && !_hasRestarts)
        {
            await calls.SetRestartPolicyAsync(NewId, _ran.RestartPolicy, CancellationToken.None).ConfigureAwait(false);
            _hasRestarts = true;
        }
    }

    /// <summary>The new container is verified: it is the one that the engine starts again, and the old one isn't any more.</summary>
    public async Task HandRestartsOverAsync(ContainerApi calls)
    {
        await GiveRestartsAsync(calls).ConfigureAwait(false);
        if (_ran.Restarts && await calls.FindAsync(OldId, CancellationToken.None).ConfigureAwait(false) is not null)
        {
            await calls.SetRestartPolicyAsync(OldId, Policy(Never), CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>The candidate's name, label and restart policy.</summary>
    public RecipeOptions Options(IReadOnlyDictionary<string, string?> added, string nonce) => new()
    {
        Name = SwapNames.Next(Name),
        Labels = new Dictionary<string, string?>(added, StringComparer.Ordinal) { [ContainerLabels.Operation] = nonce },
        RestartPolicy = _ran.Restarts ? Never : null,
    };

    /// <summary>Restart policies by name.</summary>
    public static JsonObject Policy(string name) => new() { ["Name"] = name };
}
