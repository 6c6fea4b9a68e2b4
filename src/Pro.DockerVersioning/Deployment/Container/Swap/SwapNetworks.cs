using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Deployment.Container.Swap;

/// <summary>
/// Networks that a warm swap makes for its own use. They carry the container's name in a label, by which whoever comes next finds
/// and removes them.
/// </summary>
internal sealed class SwapNetworks(ContainerApi calls)
{
    // A container has its gateway, and with it its published ports, on the first network by name: no allowed character sorts
    // before these two.
    private const string HoldPrefix = "0-hold-";

    /// <summary>Whether a network's name would sort behind a holding network's.</summary>
    public static bool SortsBehindHold(string network) => string.CompareOrdinal(network, HoldPrefix) > 0;

    /// <summary>
    /// A network that takes the gateway, and so the published ports, off the other networks of a container that is on it; its name.
    /// It has a gateway of its own, which leads nowhere.
    /// </summary>
    /// <param name="name">The container's name.</param>
    /// <param name="gatewayNetwork">The inspection of the network that has the gateway.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    public async Task<string> HoldAsync(string name, JsonObject gatewayNetwork, CancellationToken cancellationToken)
    {
        var device = gatewayNetwork["Options"].Text("com.docker.network.bridge.name") is { Length: > 0 } named
            ? named
            : "br-" + ShortId.Of(gatewayNetwork.Text("Id"));
        var network = $"{HoldPrefix}{name}-{RandomNumberGenerator.GetHexString(6, lowercase: true)}";
        await calls.CreateNetworkAsync(
            new JsonObject
            {
                ["Name"] = network,
                ["CheckDuplicate"] = true,
                ["Driver"] = "macvlan",
                ["EnableIPv6"] = gatewayNetwork.Flag("EnableIPv6"),
                ["Options"] = new JsonObject { ["parent"] = device },
                ["Labels"] = new JsonObject { [ContainerLabels.Swap] = name },
            },
            cancellationToken).ConfigureAwait(false);
        return network;
    }

    /// <summary>
    /// Removes all that were made for a container. One that is still held has its ports again afterwards. A network that the engine won't
    /// remove is in nobody's way: it is left with a warning, and the next operation tries it again.
    /// </summary>
    /// <param name="name">The container's name.</param>
    /// <param name="reports">Hears of a network that stays.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    public async Task RemoveAsync(string name, IProgress<Report>? reports, CancellationToken cancellationToken)
    {
        foreach (var network in await calls.FindNetworksAsync(ContainerLabels.Swap, name, cancellationToken).ConfigureAwait(false))
        {
            try
            {
                await calls.RemoveNetworkAsync(network, cancellationToken).ConfigureAwait(false);
            }
            catch (ProException exception) when (exception.Message.Contains("has active endpoints", StringComparison.Ordinal))
            {
                // Seen once on Engine 20.10, with no container on it any more.
                reports?.Report(new WarningReport(
                    $"The network {network.Text("Name")} was made for the swap of {name}, and the engine does not remove it: {exception.Message}. "
                    + "The next deployment tries it again."));
            }
        }
    }
}
