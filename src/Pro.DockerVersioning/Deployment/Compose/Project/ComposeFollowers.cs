using Pro.DockerVersioning.Deployment.Container.Recipe;
using Pro.DockerVersioning.Deployment.Container.Swap;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Machine;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Deployment.Compose.Project;

/// <summary>
/// Containers that share the network, IPC or processes of one that compose itself has re-created: they are tied to an id that is gone, and
/// would never start again. They are re-created as they were, tied to the new one.
/// </summary>
/// <remarks>A follower's labels depend on the containers that have a successor: see <c>ReplacementJob.FollowerLabels</c>.</remarks>
internal sealed class ComposeFollowers(
    ContainerApi calls,
    IProgress<Report> reports,
    Func<ContainerView, IReadOnlyDictionary<string, string>, CancellationToken, Task<IReadOnlyDictionary<string, string?>>>? labels = null)
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly HashSet<string> _ran = new(StringComparer.Ordinal);

    /// <summary>Notes which followers run, before their containers are re-created: some of them end with those.</summary>
    public async Task NoteAsync(IEnumerable<string> ids, CancellationToken cancellationToken)
    {
        var all = await calls.InspectAllAsync(cancellationToken).ConfigureAwait(false);
        var followers = NamespaceFollowers.Chain(all, [.. ids.Select(id => (id, id))]);
        _ran.UnionWith(followers.Where(one => SavedRunState.Of(one).Ran).Select(one => one.Name));
    }

    /// <summary>Re-creates them and those that follow them, each after its leaders. Then sees whether those that ran go on.</summary>
    /// <exception cref="ProException">One can't be re-created, or doesn't go on running.</exception>
    public async Task MoveAsync(IReadOnlyDictionary<string, string> successors, CancellationToken cancellationToken)
    {
        var moved = new Dictionary<string, string>(successors, StringComparer.Ordinal);
        var running = new List<(string Id, string Name)>();
        while (await NextAsync(moved, cancellationToken).ConfigureAwait(false) is { } follower)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var name = SwapNames.BaseOf(follower.Name);
            reports.Report(new VerboseReport(
                $"{name} shares the network, IPC or processes of a container that was re-created, and is re-created too."));
            var id = await MoveAsync(follower, name, moved).ConfigureAwait(false);
            moved[follower.Id] = id;
            if (Ran(follower, name))
            {
                running.Add((id, name));
            }
        }

        var clock = Clock.Start();
        while (running.Count > 0 && clock.Elapsed < Look)
        {
            foreach (var (id, name) in running)
            {
                var now = await calls.FindAsync(id, cancellationToken).ConfigureAwait(false);
                if (now is not { IsRunning: true, IsRestarting: false, RestartCount: 0 })
                {
                    throw ContainerErrors.FollowerDied(name, now?.ExitCode);
                }
            }

            await Clock.Delay(Pause, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Ties followers to containers that were restored after an <c>up</c>. One that doesn't run is told: the service itself is restored.
    /// The leaders go from the ids that <c>up</c> had made to the old ones, and from these to the ids of what is restored, mostly the same.
    /// </summary>
    /// <exception cref="ProException">The engine refuses something.</exception>
    public async Task RestoreAsync(IReadOnlyDictionary<string, string> leaders, IReadOnlyDictionary<string, string> back)
    {
        var successors = back.Where(pair => pair.Key != pair.Value)
            .Concat(leaders.Where(pair => back.ContainsKey(pair.Value)).Select(pair => KeyValuePair.Create(pair.Key, back[pair.Value])))
            .ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal);
        try
        {
            await MoveAsync(successors, CancellationToken.None).ConfigureAwait(false);
            foreach (var id in back.Values)
            {
                var leader = await calls.InspectAsync(id, CancellationToken.None).ConfigureAwait(false);
                await new FollowerRefresh(calls).RunAsync(id, leader.Name, CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (ProException failure) when (failure.Id == ContainerErrors.FollowerDiedId)
        {
            reports.Report(new WarningReport(failure.Message));
            return;
        }

        foreach (var name in _ran.Select(SwapNames.BaseOf).Distinct(StringComparer.Ordinal))
        {
            var now = await calls.FindAsync(name, CancellationToken.None).ConfigureAwait(false);
            if (now is not { IsRunning: true })
            {
                reports.Report(new WarningReport(ContainerErrors.FollowerDied(name, now?.ExitCode).Message));
            }
        }
    }

    private async Task<ContainerView?> NextAsync(IReadOnlyDictionary<string, string> moved, CancellationToken cancellationToken)
    {
        var all = await calls.InspectAllAsync(cancellationToken).ConfigureAwait(false);
        var names = all.Select(one => one.Name).ToHashSet(StringComparer.Ordinal);

        // A kept one counts if whoever re-created it was interrupted before the new one had its name.
        return NamespaceFollowers.Chain([.. all.Where(IsToMove)], [.. moved.Keys.Select(id => (id, id))])
            .Where(follower => !moved.Values.Contains(follower.Id)).Select(follower => (ContainerView?)follower).FirstOrDefault();

        bool IsToMove(ContainerView follower) => follower.Name is var name
            && (!SwapNames.IsLeftover(name)
                || (name == SwapNames.Previous(SwapNames.BaseOf(name)) && !names.Contains(SwapNames.BaseOf(name))));
    }

    private async Task<string> MoveAsync(ContainerView follower, string name, IReadOnlyDictionary<string, string> moved)
    {
        var old = follower.Id;
        var state = await SwapState.OfAsync(calls, follower, CancellationToken.None).ConfigureAwait(false);
        await state.ReadFilesAsync(calls, known: [], static _ => true, CancellationToken.None).ConfigureAwait(false);
        var recipe = state.Recipe;
        var options = new RecipeOptions
        {
            Name = SwapNames.Next(name),
            Labels = labels is null ? new Dictionary<string, string?>()
                : await labels(follower, moved, CancellationToken.None).ConfigureAwait(false),
            Successors = moved,
        };
        await ClearAsync(SwapNames.Next(name)).ConfigureAwait(false);
        var reference = await calls.ReferenceOfAsync(recipe.Reference, recipe.ImageId, CancellationToken.None).ConfigureAwait(false);
        await state.CreateAsync(calls, recipe.On(reference, options)).ConfigureAwait(false);
        var id = state.NewId;
        try
        {
            if (state.Ran.Ran)
            {
                await calls.StopAsync(old, CancellationToken.None).ConfigureAwait(false);
            }

            if (follower.Name == name)
            {
                await ClearAsync(SwapNames.Previous(name)).ConfigureAwait(false);
                await calls.RenameAsync(old, SwapNames.Previous(name), CancellationToken.None).ConfigureAwait(false);
            }

            await calls.RenameAsync(id, name, CancellationToken.None).ConfigureAwait(false);
            if (Ran(follower, name))
            {
                await calls.StartAsync(id, CancellationToken.None).ConfigureAwait(false);
            }

            if (state.Ran.Status == "paused")
            {
                await calls.PauseAsync(id, CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch
        {
            // It can't go back to what is gone; but whoever restores that finds it by its name.
            await calls.RemoveAsync(id, CancellationToken.None).ConfigureAwait(false);
            await calls.RenameAsync(old, name, CancellationToken.None).ConfigureAwait(false);
            throw;
        }

        await calls.RemoveAsync(old, CancellationToken.None).ConfigureAwait(false);
        return id;
    }

    private bool Ran(ContainerView follower, string name) => _ran.Contains(name) || NamespaceFollowers.Ran(follower);

    private async Task ClearAsync(string name)
    {
        if (await calls.FindAsync(name, CancellationToken.None).ConfigureAwait(false) is { } left && left.Name == name)
        {
            await calls.RemoveAsync(left.Id, CancellationToken.None).ConfigureAwait(false);
        }
    }
}
