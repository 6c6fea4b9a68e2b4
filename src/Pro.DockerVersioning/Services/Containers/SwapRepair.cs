using System.Text.Json.Nodes;

namespace Pro.DockerVersioning.Services.Containers;

/// <summary>What a repair has found and done.</summary>
internal enum RepairOutcome
{
    /// <summary>No swap was under way.</summary>
    NothingToDo,

    /// <summary>The new one was not proven: the old one is as it was.</summary>
    RestoredPrevious,

    /// <summary>The new one was proven: what was left of the old one is gone.</summary>
    FinishedNew,
}

/// <summary>
/// Puts right a swap that was cut off, whoever began it and wherever it stopped. All it needs stands on the engine: names
/// (<see cref="SwapNames"/>) and labels. The new one, whose labels know how the old one ran, goes last of all, so that each step
/// leaves a state from which the next repair goes on.
/// </summary>
/// <remarks>
/// The states: NAME and NAME.pro-next: nothing was stopped yet; the old one serves, or gives its ports to the new one.
/// NAME.pro-prev: the old one is being stopped or is stopped, and the new one is NAME.pro-next or NAME. NAME.pro-next alone: the
/// old one has removed itself. NAME.pro-done: the new one is proven, and is NAME.pro-next or NAME; so are all of its group. Followers have the same states,
/// but for the last: whether the new one is proven is the question of whom it follows.
/// </remarks>
internal sealed class SwapRepair(ContainerCalls calls)
{
    private readonly SwapNetworks _networks = new(calls);

    /// <summary>Repairs what belongs to one container's name.</summary>
    public async Task<RepairOutcome> RepairAsync(string name, CancellationToken cancellationToken)
    {
        // A follower's state depends on the one that it follows.
        if (await LeaderOfAsync(name, cancellationToken).ConfigureAwait(false) is { } leader)
        {
            return await RepairAsync(leader, cancellationToken).ConfigureAwait(false);
        }

        var outcome = await RepairContainersAsync(name, cancellationToken).ConfigureAwait(false);
        await _networks.RemoveAsync(name, cancellationToken).ConfigureAwait(false);
        var followers = await RepairFollowersAsync(name, cancellationToken).ConfigureAwait(false);
        return outcome == RepairOutcome.NothingToDo ? followers : outcome;
    }

    /// <summary>
    /// Makes the old one again from the label of the new one, which has its name and gives way: somebody has taken the kept one.
    /// </summary>
    public async Task ReplaceAsync(JsonObject successor, string name, CancellationToken cancellationToken)
    {
        await MoveAsideAsync(successor, name, cancellationToken).ConfigureAwait(false);
        _ = await RepairAsync(name, cancellationToken).ConfigureAwait(false);
    }

    private async Task<string?> LeaderOfAsync(string name, CancellationToken cancellationToken)
    {
        var successor = await SuccessorAsync(name, cancellationToken).ConfigureAwait(false);
        return (successor?["Config"]?["Labels"]).Text(ContainerLabels.Leader) is { Length: > 0 } leader && leader != name ? leader : null;
    }

    /// <summary>The new one of a swap that has not ended, or null.</summary>
    private async Task<JsonObject?> SuccessorAsync(string name, CancellationToken cancellationToken)
    {
        if (await calls.FindAsync(SwapNames.Next(name), cancellationToken).ConfigureAwait(false) is { } next)
        {
            return next;
        }

        var previous = await calls.FindAsync(SwapNames.Previous(name), cancellationToken).ConfigureAwait(false);
        return previous is null ? null : await calls.FindAsync(name, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The same, or the new one of a swap of which only the old one is left to remove.</summary>
    private async Task<JsonObject?> UnfinishedAsync(string name, CancellationToken cancellationToken) =>
        await SuccessorAsync(name, cancellationToken).ConfigureAwait(false)
        ?? (await calls.FindAsync(SwapNames.Done(name), cancellationToken).ConfigureAwait(false) is null
            ? null
            : await calls.FindAsync(name, cancellationToken).ConfigureAwait(false));

    // The one that they follow is right already, and running: its id says which of the two followers is the right one. A follower
    // may be a service of its own, whose swap by somebody else is none of ours.
    private async Task<RepairOutcome> RepairFollowersAsync(string name, CancellationToken cancellationToken)
    {
        var outcome = RepairOutcome.NothingToDo;
        var leader = (await calls.FindAsync(name, cancellationToken).ConfigureAwait(false)).Text("Id");
        var followers = await calls.FindAllAsync(ContainerLabels.Leader, name, cancellationToken).ConfigureAwait(false);

        // In the order in which they were made: a follower's followers need it.
        foreach (var follower in followers.OrderBy(follower => follower.Text("Created"), StringComparer.Ordinal))
        {
            var own = SwapNames.BaseOf(follower.Text("Name").TrimStart('/'));
            if ((await SuccessorAsync(own, cancellationToken).ConfigureAwait(false)).Text("Id") == follower.Text("Id"))
            {
                outcome = (follower["Config"]?["Labels"]).Text(ContainerLabels.LeaderId) == leader
                    ? await FinishFollowerAsync(follower, own, cancellationToken).ConfigureAwait(false)
                    : await RepairContainersAsync(own, cancellationToken).ConfigureAwait(false);
            }
        }

        return outcome;
    }

    private async Task<RepairOutcome> FinishFollowerAsync(JsonObject follower, string name, CancellationToken cancellationToken)
    {
        if (await calls.FindAsync(SwapNames.Previous(name), cancellationToken).ConfigureAwait(false) is { } previous)
        {
            await calls.RemoveAsync(previous.Text("Id"), cancellationToken).ConfigureAwait(false);
        }

        if (follower.Text("Name").TrimStart('/') != name)
        {
            await calls.RenameAsync(follower.Text("Id"), name, cancellationToken).ConfigureAwait(false);
        }

        return RepairOutcome.FinishedNew;
    }

    private async Task<RepairOutcome> RepairContainersAsync(string name, CancellationToken cancellationToken)
    {
        await new SwapGroup(calls).MarkAsync(
            await UnfinishedAsync(name, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        var current = await calls.FindAsync(name, cancellationToken).ConfigureAwait(false);
        var done = await calls.FindAsync(SwapNames.Done(name), cancellationToken).ConfigureAwait(false);
        var next = await calls.FindAsync(SwapNames.Next(name), cancellationToken).ConfigureAwait(false);
        if (done is not null && (current ?? next) is not null)
        {
            await FinishNewAsync(done, current, next, name, cancellationToken).ConfigureAwait(false);
            return RepairOutcome.FinishedNew;
        }

        var previous = await calls.FindAsync(SwapNames.Previous(name), cancellationToken).ConfigureAwait(false);
        if (previous is null && next is null)
        {
            return RepairOutcome.NothingToDo;
        }

        if (previous is not null && current is not null)
        {
            await MoveAsideAsync(current, name, cancellationToken).ConfigureAwait(false);
            next = current;
        }

        if (previous is not null)
        {
            current = await BackToNameAsync(previous, next, name, cancellationToken).ConfigureAwait(false);
        }

        current ??= await RecreateAsync(next!, name, cancellationToken).ConfigureAwait(false);
        await FinishAsync(current, next, name, cancellationToken).ConfigureAwait(false);
        return RepairOutcome.RestoredPrevious;
    }

    // The old one may still be at work on its last requests.
    private async Task FinishNewAsync(JsonObject done, JsonObject? current, JsonObject? next, string name, CancellationToken cancellationToken)
    {
        if (current is null)
        {
            await calls.RenameAsync(next!.Text("Id"), name, cancellationToken).ConfigureAwait(false);
        }

        if (done["State"].Flag("Running"))
        {
            await calls.StopAsync(done.Text("Id"), cancellationToken).ConfigureAwait(false);
        }

        var proven = current ?? next!;
        if (!proven["State"].Flag("Running"))
        {
            // It ran when it was proven, and went down with the engine.
            await calls.StartAsync(proven.Text("Id"), cancellationToken).ConfigureAwait(false);
        }

        await calls.RemoveAsync(done.Text("Id"), cancellationToken).ConfigureAwait(false);
    }

    private async Task MoveAsideAsync(JsonObject successor, string name, CancellationToken cancellationToken)
    {
        await calls.StopAsync(successor.Text("Id"), cancellationToken).ConfigureAwait(false);
        await calls.RenameAsync(successor.Text("Id"), SwapNames.Next(name), cancellationToken).ConfigureAwait(false);
    }

    // A stop that somebody asked for goes on in the engine when he has died: it must have ended before the next start counts.
    private async Task<JsonObject?> BackToNameAsync(JsonObject previous, JsonObject? next, string name, CancellationToken cancellationToken)
    {
        var id = previous.Text("Id");
        if (HasComeBack(previous, next))
        {
            await calls.RenameAsync(id, name, cancellationToken).ConfigureAwait(false);
            return previous;
        }

        await calls.StopAsync(id, cancellationToken).ConfigureAwait(false);
        if (previous["HostConfig"].Flag("AutoRemove") && previous["State"].Flag("Running") && next is not null)
        {
            await calls.WaitUntilRemovedAsync(id, cancellationToken).ConfigureAwait(false);
            return null;
        }

        await calls.RenameAsync(id, name, cancellationToken).ConfigureAwait(false);
        return previous;
    }

    /// <summary>
    /// Started since the swap began, so by an engine that was started anew: it serves, and no stop is on its way. Its own restart policy
    /// would have counted.
    /// </summary>
    private static bool HasComeBack(JsonObject previous, JsonObject? next) =>
        previous["State"].Flag("Running") && next is not null
        && InspectJson.IsNothing(previous["RestartCount"])
        && previous["State"].Time("StartedAt") > next.Time("Created");

    private async Task<JsonObject> RecreateAsync(JsonObject next, string name, CancellationToken cancellationToken)
    {
        // Beside the new one: a volume that only the new one holds is never without a container, even where that removes itself.
        var recipe = PreviousConfiguration.Decode(name, (next["Config"]?["Labels"]).Text(ContainerLabels.Previous));
        var image = await calls.ReferenceOfAsync(recipe.Reference, recipe.ImageId, cancellationToken).ConfigureAwait(false);
        var id = await calls.CreateAsync(recipe.On(image, new RecipeOptions { Name = name }), cancellationToken).ConfigureAwait(false);
        return await calls.InspectAsync(id, cancellationToken).ConfigureAwait(false);
    }

    private async Task FinishAsync(JsonObject current, JsonObject? next, string name, CancellationToken cancellationToken)
    {
        var id = current.Text("Id");
        var state = PreviousState.FromSuccessor(next);
        if (state.RestartPolicy is { } policy && !JsonNode.DeepEquals(policy, current["HostConfig"]?["RestartPolicy"]))
        {
            await calls.SetRestartPolicyAsync(id, policy, cancellationToken).ConfigureAwait(false);
        }

        if (next is not null)
        {
            await new SideBySideRepair(calls).GiveBackAsync(current, next, cancellationToken).ConfigureAwait(false);
            await StopIfThereAsync(next, cancellationToken).ConfigureAwait(false);
        }

        if (state.Ran)
        {
            await calls.StartAsync(id, cancellationToken).ConfigureAwait(false);
            await new FollowerRefresh(calls).RunAsync(id, name, cancellationToken).ConfigureAwait(false);
        }

        if (state.Status == "paused" && !(await calls.InspectAsync(id, cancellationToken).ConfigureAwait(false))["State"].Flag("Paused"))
        {
            await calls.PauseAsync(id, cancellationToken).ConfigureAwait(false);
        }

        if (next is not null)
        {
            await calls.RemoveAsync(next.Text("Id"), cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task StopIfThereAsync(JsonObject next, CancellationToken cancellationToken)
    {
        if (await calls.FindAsync(next.Text("Id"), cancellationToken).ConfigureAwait(false) is not null)
        {
            await calls.StopAsync(next.Text("Id"), cancellationToken).ConfigureAwait(false);
        }
    }
}
