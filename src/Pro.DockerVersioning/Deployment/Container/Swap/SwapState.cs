using System.Text.Json.Nodes;
using Pro.DockerVersioning.Deployment.Container.Recipe;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Deployment.Container.Swap;

/// <summary>A swap of one container under way.</summary>
internal sealed class SwapState(ContainerView old, ContainerRecipe recipe)
{
    private const string Always = "always";
    private const string Never = "no";

    private IReadOnlyList<InjectedFile> _carried = [];
    private bool _hasRestarts;

    /// <summary>The old container's inspection, before anything was done.</summary>
    public ContainerView Old => old;

    public ContainerRecipe Recipe { get; private set; } = recipe;

    /// <summary>The name that both want.</summary>
    public string Name => Recipe.Name;

    public string OldId => old.Id;

    /// <summary>The candidate, or "" while there is none.</summary>
    public string NewId { get; private set; } = "";

    /// <summary>The id of the image that the candidate is to run; null for any.</summary>
    public string? ImageId { get; set; }

    public SavedRunState Ran { get; } = SavedRunState.Of(old);

    public DowntimeClock Downtime { get; } = new();

    /// <summary>True if the engine removes the old container as soon as it has stopped; one that never ran stays.</summary>
    public bool RemovesItself => old.AutoRemove && old.IsRunning;

    public SavedContainer Saved => new(OldId, Name, Recipe, Ran.Status, Ran.RestartPolicy);

    public static async Task<SwapState> OfAsync(ContainerApi calls, string container, CancellationToken cancellationToken) =>
        await OfAsync(calls, await calls.InspectAsync(container, cancellationToken).ConfigureAwait(false), cancellationToken)
            .ConfigureAwait(false);

    public static async Task<SwapState> OfAsync(ContainerApi calls, ContainerView old, CancellationToken cancellationToken) =>
        new(old, ContainerRecipe.From(old, await calls.InspectImageAsync(old.ImageId, cancellationToken).ConfigureAwait(false)));

    /// <summary>
    /// Reads what was copied into the old container. All of it is there again if that has to be re-created. The candidate gets the known
    /// paths, and of what looks as if it was copied that which goes along.
    /// </summary>
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

        (Recipe, _carried) = (Recipe with { Files = files }, carried);
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
    /// Starts the candidate in the old container's place: see <see cref="ContainerRecipe.StartAsync"/>. It is created again without the
    /// ports that are freed.
    /// </summary>
    public async Task StartAsync(
        ContainerApi calls, Func<IReadOnlyCollection<ChosenPort>, ContainerCreation> creation, IProgress<Report> reports)
    {
        var first = NewId;
        _ = await Recipe.StartAsync(calls, first, AgainAsync, CancellationToken.None).ConfigureAwait(false);
        if (NewId != first)
        {
            await Recipe.WarnOfMovedPortsAsync(calls, NewId, reports, CancellationToken.None).ConfigureAwait(false);
        }

        async Task<string> AgainAsync(IReadOnlyCollection<ChosenPort> freed)
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

            return NewId;
        }
    }

    /// <summary>
    /// Lets the engine start the old container by itself, should the engine be restarted while it is stopped: nobody has verified the new
    /// one. "unless-stopped" would not.
    /// </summary>
    public async Task KeepOldAliveAsync(ContainerApi calls)
    {
        if (Ran is { Restarts: true, Ran: true } && Ran.RestartPolicy.Text("Name") != Always)
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
        if (Ran.Restarts && !_hasRestarts)
        {
            await calls.SetRestartPolicyAsync(NewId, Ran.RestartPolicy, CancellationToken.None).ConfigureAwait(false);
            _hasRestarts = true;
        }
    }

    /// <summary>The new container is verified: it is the one that the engine starts again, and the old one isn't any more.</summary>
    public async Task HandRestartsOverAsync(ContainerApi calls)
    {
        await GiveRestartsAsync(calls).ConfigureAwait(false);
        if (Ran.Restarts && await calls.FindAsync(OldId, CancellationToken.None).ConfigureAwait(false) is not null)
        {
            await calls.SetRestartPolicyAsync(OldId, Policy(Never), CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>The candidate's name, label and restart policy.</summary>
    public RecipeOptions Options(IReadOnlyDictionary<string, string?> added, string nonce) => new()
    {
        Name = SwapNames.Next(Name),
        Labels = new Dictionary<string, string?>(added, StringComparer.Ordinal) { [ContainerLabels.Operation] = nonce },
        RestartPolicy = Ran.Restarts ? Never : null,
    };

    public static JsonObject Policy(string name) => new() { ["Name"] = name };
}
