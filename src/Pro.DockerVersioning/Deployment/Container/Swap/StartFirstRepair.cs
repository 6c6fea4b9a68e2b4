using Pro.DockerVersioning.Deployment.Container.Recipe;
using Pro.DockerVersioning.Engine.Api;

namespace Pro.DockerVersioning.Deployment.Container.Swap;

/// <summary>
/// Gives the networks and ports back to an old one that has never stopped. It is quick about it: the old one may be without them
/// right now.
/// </summary>
internal sealed class StartFirstRepair(ContainerApi calls)
{
    /// <summary>Gives an old one, running or stopped, the aliases back that were taken from it.</summary>
    public async Task GiveAliasesBackAsync(ContainerView old, ContainerRecipe recipe, CancellationToken cancellationToken)
    {
        foreach (var network in recipe.Networks.Where(one =>
            old.Networks[one.Network] is { } endpoint && one.Aliases.Except(endpoint.Texts("Aliases")).Any()))
        {
            await calls.LeaveAsync(network.Network, old.Id, cancellationToken).ConfigureAwait(false);
            await calls.ConnectAsync(network, old.Id, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Gives them back, if they were taken. The new one loses its networks where it may be in the way.</summary>
    public async Task GiveBackAsync(ContainerView old, ContainerRecipe recipe, ContainerView next, CancellationToken cancellationToken)
    {
        if (next.RestartPolicy.Text("Name") is not ("" or "no"))
        {
            // One that the engine starts again in the middle of this would keep its endpoint, and with it the ports, for nobody.
            await calls.SetRestartPolicyAsync(next.Id, SwapState.Policy("no"), cancellationToken).ConfigureAwait(false);
            if ((await calls.InspectAsync(next.Id, cancellationToken).ConfigureAwait(false)).IsRestarting)
            {
                await calls.StopAsync(next.Id, cancellationToken).ConfigureAwait(false);
            }
        }

        var taken = recipe.Networks.Where(network => old.Networks[network.Network] is null).ToArray();
        var foreign = NetworkAttachment.Of(old).Select(network => network.Network)
            .Except(recipe.Networks.Select(own => own.Network)).ToArray();
        var isWhole = taken.Length == 0 && foreign.Length == 0;
        if (isWhole && !old.IsRunning)
        {
            return;
        }

        if (!isWhole || PublishedPorts.Unbound(old).Count > 0)
        {
            // The ports must be free before the old one may ask for them: what the engine leaves of a call that failed can't be removed.
            foreach (var (network, _) in next.Networks)
            {
                await calls.LeaveAsync(network, next.Id, cancellationToken).ConfigureAwait(false);
            }
        }

        foreach (var network in taken)
        {
            await calls.ConnectAsync(network, old.Id, cancellationToken).ConfigureAwait(false);
        }

        foreach (var network in foreign)
        {
            await calls.LeaveAsync(network, old.Id, cancellationToken).ConfigureAwait(false);
        }

        var now = await calls.InspectAsync(old.Id, cancellationToken).ConfigureAwait(false);
        if (now.IsRunning && PublishedPorts.Unbound(now).Count > 0)
        {
            // What a failed call has left behind goes away when the container starts anew, and only then.
            await calls.StopAsync(old.Id, cancellationToken).ConfigureAwait(false);
            await calls.StartAsync(old.Id, cancellationToken).ConfigureAwait(false);
        }
    }
}
