using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Deployment.Container.Swap;

/// <summary>
/// On the old one's networks, so that it has its peers, and on one more that holds its ports back: that one has the gateway, and
/// published ports are bound where the gateway is; it leads nowhere. To hold the old one frees them, to let go of the new one binds them.
/// </summary>
/// <remarks>
/// It is on all of them from its start on: a process may look up its database then, and only then. The engine joins a container's networks
/// in random order when it starts, and binds the ports as long as the hold is not among those joined. So a start that meets the old one's
/// ports is tried again: it has run no process. The hold is connected first, and three of four starts joined it first on Engine 28.5.
/// </remarks>
internal sealed class PortHoldSwap(SwapOperation operation, SwapState state) : StartFirstSwap(operation, state, SwapFlow.WarmHeld)
{
    // A container has its gateway, and with it its published ports, on the first network by name: no allowed character sorts
    // before these two.
    private const string HoldPrefix = "0-hold-";

    private const int Attempts = 3;

    // Three of four succeed, with one network besides.
    private const int Starts = 20;

    private string _hold = "";
    private bool _hasStarted;

    /// <summary>Whether a network's name would sort behind the hold's.</summary>
    public static bool SortsBehindHold(string network) => string.CompareOrdinal(network, HoldPrefix) > 0;

    // The gateway is where the priority is highest (since Engine 28), then the first network by name.
    private NetworkAttachment Hold => new(
        _hold,
        State.Recipe.Networks.Max(network => network.Endpoint["GwPriority"]?.GetValue<long>()) is { } highest and not 0
            ? new JsonObject { ["GwPriority"] = highest + 1 }
            : []);

    protected override async Task CreateAsync(ContainerCreation creation)
    {
        var gateway = await Calls.InspectNetworkAsync(creation.Networks[0].Network, CancellationToken.None).ConfigureAwait(false);
        var device = gateway["Options"].Text("com.docker.network.bridge.name") is { Length: > 0 } named
            ? named
            : "br-" + ShortId.Of(gateway.Text("Id"));
        var hold = $"{HoldPrefix}{State.Name}-{RandomNumberGenerator.GetHexString(6, lowercase: true)}";
        await Calls.CreateNetworkAsync(
            new JsonObject
            {
                ["Name"] = hold,
                ["CheckDuplicate"] = true,
                ["Driver"] = "macvlan",
                ["EnableIPv6"] = gateway.Flag("EnableIPv6"),
                ["Options"] = new JsonObject { ["parent"] = device },
                ["Labels"] = new JsonObject { [ContainerLabels.Swap] = State.Name },
            },
            CancellationToken.None).ConfigureAwait(false);
        _hold = hold;
        await State.CreateAsync(Calls, creation.Unconnected).ConfigureAwait(false);
        foreach (var network in creation.Networks.Prepend(Hold))
        {
            await Calls.ConnectAsync(network, State.NewId, CancellationToken.None).ConfigureAwait(false);
        }
    }

    protected override async Task StartAsync()
    {
        for (var start = 1; ; start++)
        {
            try
            {
                await base.StartAsync().ConfigureAwait(false);
                _hasStarted = true;
                return;
            }
            catch (ProException failure) when (start < Starts && PublishedPorts.IsBusy(failure))
            {
                // It has met the old one's ports.
            }
        }
    }

    protected override async Task HandPortsOverAsync()
    {
        await Calls.ConnectAsync(Hold, State.OldId, CancellationToken.None).ConfigureAwait(false);
        await LetGoAsync().ConfigureAwait(false);

        // A port that was still busy: the engine answers 200, and binds nothing.
        for (var attempt = 1; attempt < Attempts && !await HasPortsAsync().ConfigureAwait(false); attempt++)
        {
            await Calls.ConnectAsync(Hold, State.NewId, CancellationToken.None).ConfigureAwait(false);
            await LetGoAsync().ConfigureAwait(false);
        }
    }

    /// <summary>The module may be missing in the kernel: the engine notices it only when a container starts there.</summary>
    public override string? WhyStopFirst(ProException refusal) => !_hasStarted
        && (_hold.Length == 0 || refusal.Message.Contains("macvlan", StringComparison.OrdinalIgnoreCase) || PublishedPorts.IsBusy(refusal))
        ? $"this engine can't make the network that running both takes: {refusal.Message}"
        : base.WhyStopFirst(refusal);

    private Task LetGoAsync() => Calls.DisconnectAsync(_hold, State.NewId, CancellationToken.None);

    private async Task<bool> HasPortsAsync() =>
        PublishedPorts.Unbound(await Calls.InspectAsync(State.NewId, CancellationToken.None).ConfigureAwait(false)).Count == 0;
}
