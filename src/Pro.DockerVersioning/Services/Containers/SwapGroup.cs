using System.Text.Json.Nodes;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Services.Containers;

/// <summary>
/// Replicas that are swapped together: they have one label, and none of the old ones is marked as done before all the new ones are proven.
/// So one that is done says that all are: whoever finds it marks the others too, before anything of it goes away.
/// </summary>
internal sealed class SwapGroup(ContainerCalls calls)
{
    /// <summary>Marks the old ones of a whole group as done where one of them is.</summary>
    /// <param name="successor">A new container; one that belongs to no group, or null, is fine.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    public async Task MarkAsync(JsonObject? successor, CancellationToken cancellationToken)
    {
        if ((successor?["Config"]?["Labels"]).Text(ContainerLabels.Group) is not { Length: > 0 } group)
        {
            return;
        }

        var members = (await calls.FindAllAsync(ContainerLabels.Group, group, cancellationToken).ConfigureAwait(false))
            .Select(member => (Container: member, Name: SwapNames.BaseOf(NameOf(member))))
            .ToArray();
        var open = new List<(JsonObject Container, string Name)>();
        foreach (var member in members)
        {
            if (await calls.FindAsync(SwapNames.Done(member.Name), cancellationToken).ConfigureAwait(false) is null)
            {
                open.Add(member);
            }
        }

        foreach (var (container, name) in open.Count == members.Length ? [] : open)
        {
            await MarkAsync(container, name, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task MarkAsync(JsonObject successor, string name, CancellationToken cancellationToken)
    {
        var old = await calls.FindAsync(SwapNames.Previous(name), cancellationToken).ConfigureAwait(false)
            ?? (NameOf(successor) == name ? null : await calls.FindAsync(name, cancellationToken).ConfigureAwait(false));
        if (old is null)
        {
            // It is finished already, or somebody has taken the kept one.
            return;
        }

        if (PreviousState.FromSuccessor(successor).RestartPolicy is { } policy && policy.Text("Name") is not ("" or "no"))
        {
            await calls.SetRestartPolicyAsync(successor.Text("Id"), policy, cancellationToken).ConfigureAwait(false);
            await calls.SetRestartPolicyAsync(old.Text("Id"), new JsonObject { ["Name"] = "no" }, cancellationToken).ConfigureAwait(false);
        }

        try
        {
            await calls.RenameAsync(old.Text("Id"), SwapNames.Done(name), cancellationToken).ConfigureAwait(false);
        }
        catch (ProException)
        {
            // The engine can't rename one that waits for its restart: see SwapStep.
            await calls.StopAsync(old.Text("Id"), cancellationToken).ConfigureAwait(false);
            await calls.RenameAsync(old.Text("Id"), SwapNames.Done(name), cancellationToken).ConfigureAwait(false);
        }
    }

    private static string NameOf(JsonObject container) => container.Text("Name").TrimStart('/');
}
