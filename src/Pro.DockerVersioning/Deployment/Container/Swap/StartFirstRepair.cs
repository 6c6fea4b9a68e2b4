using System.Text.Json.Nodes;
using Pro.DockerVersioning.Deployment.Container.Recipe;
using Pro.DockerVersioning.Engine.Api;

namespace Pro.DockerVersioning.Deployment.Container.Swap;

/// <summary>
/// Gives the networks and ports back to an old one that has never stopped. It is quick about it: the old one may be without them
/// right now.
/// </summary>
internal sealed class StartFirstRepair(ContainerApi calls)
{
    private const string Never = "no";

    /// <summary>Gives an old one, running or stopped, the aliases back that were taken from it.</summary>
    /// <param name="old">The old one.</param>
    /// <param name="recipe">What it was.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    public async Task GiveAliasesBackAsync(ContainerView old, ContainerRecipe recipe, CancellationToken cancellationToken)
    {
        foreach (var network in recipe.Networks.Where(one =>
            old.Networks[one.Network] is { } endpoint && one.Aliases.Except(endpoint.Texts("Aliases")).Any()))
        {
            await calls.LeaveAsync(network.Network, old.Id, cancellationToken).ConfigureAwait(false);
            await calls.ConnectAsync(network, old.Id, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Gives them back, if they were taken.</summary>
    /// <param name="old">The old one, under its name.</param>
    /// <param name="recipe">What it was.</param>
    /// <param name="next">The new one; it loses its networks where it may be in the way.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    public async Task GiveBackAsync(ContainerView old, ContainerRecipe recipe, ContainerView next, CancellationToken cancellationToken)
    {
        await EndRestartsAsync(next, cancellationToken).ConfigureAwait(false);
        var taken = recipe.Networks.Where(network => old.Networks[network.Network] is null).ToArray();
        var foreign = NetworkAttachment.Of(old).Select(network => network.Network)
            .Where(network => recipe.Networks.All(own => own.Network != network)).ToArray();
        if (taken.Length == 0 && foreign.Length == 0 && !old.IsRunning)
        {
            return;
        }

        if (taken.Length > 0 || foreign.Length > 0 || PublishedPorts.Unbound(old).Count > 0)
        {
            await ReleaseAsync(next, cancellationToken).ConfigureAwait(false);
        }

        foreach (var network in taken)
        {
            await calls.ConnectAsync(network, old.Id, cancellationToken).ConfigureAwait(false);
        }

        foreach (var network in foreign)
        {
            await calls.LeaveAsync(network, old.Id, cancellationToken).ConfigureAwait(false);
        }

        await PortsMustBeBackAsync(old.Id, cancellationToken).ConfigureAwait(false);
    }

    // One that the engine starts again in the middle of this would keep its endpoint, and with it the ports, for nobody.
    private async Task EndRestartsAsync(ContainerView next, CancellationToken cancellationToken)
    {
        if (next.RestartPolicy.Text("Name") is "" or Never)
        {
            return;
        }

        await calls.SetRestartPolicyAsync(next.Id, new JsonObject { ["Name"] = Never }, cancellationToken).ConfigureAwait(false);
        var now = await calls.InspectAsync(next.Id, cancellationToken).ConfigureAwait(false);
        if (now.IsRestarting)
        {
            await calls.StopAsync(next.Id, cancellationToken).ConfigureAwait(false);
        }
    }

    // The ports must be free before the old one may ask for them: what the engine leaves of a call that failed can't be removed.
    private async Task ReleaseAsync(ContainerView next, CancellationToken cancellationToken)
    {
        foreach (var (network, _) in next.Networks)
        {
            await calls.LeaveAsync(network, next.Id, cancellationToken).ConfigureAwait(false);
        }
    }

    // What a failed call has left behind goes away when the container starts anew, and only then.
    private async Task PortsMustBeBackAsync(string old, CancellationToken cancellationToken)
    {
        var now = await calls.InspectAsync(old, cancellationToken).ConfigureAwait(false);
        if (now.IsRunning && PublishedPorts.Unbound(now).Count > 0)
        {
            await calls.StopAsync(old, cancellationToken).ConfigureAwait(false);
            await calls.StartAsync(old, cancellationToken).ConfigureAwait(false);
        }
    }
}
