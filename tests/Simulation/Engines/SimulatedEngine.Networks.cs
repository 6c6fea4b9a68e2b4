using System.Globalization;
using System.Text.Json.Nodes;
using Pro.DockerVersioning.Tests.Simulation.World;

namespace Pro.DockerVersioning.Tests.Simulation.Engines;

/// <content>Networks.</content>
internal sealed partial class SimulatedEngine
{
    /// <summary>Makes a network of an operator's.</summary>
    public SimulatedNetwork AddNetwork(
        string name, bool isInternal = false, string driver = "bridge", JsonObject? labels = null, JsonObject? options = null)
    {
        var network = new SimulatedNetwork
        {
            Id = NewId(),
            Name = name,
            Driver = driver,
            IsInternal = isInternal,
            Labels = labels ?? [],
            Options = options ?? [],
            Number = _networks.Count + 10,
        };
        _networks.Add(network);
        return network;
    }

    private SimulatedNetwork? FindNetwork(string name) => _networks.Find(one => one.Id == name) ?? _networks.Find(one => one.Name == name)
        ?? (_networks.FindAll(one => one.Id.StartsWith(name, StringComparison.Ordinal)) is [var only] ? only : null);

    private void HandleNetworks(Call call)
    {
        switch (call.Method, call.Parts)
        {
            case ("GET", ["networks"]):
                call.Reply(new JsonArray([
                    .. from network in _networks
                       where HasLabels(call, network.Labels)
                       where IsNamed(call, network.Name)
                       select Listed(network),
                ]));
                break;
            case ("POST", ["networks", "create"]):
                Create(call, call.Json);
                break;
            case (_, ["networks", var name, ..]) when FindNetwork(name) is { } network:
                HandleNetwork(call, network);
                break;
            case ("POST", ["networks", var name, "connect" or "disconnect"])
                when FindContainer(call.Json["Container"]?.GetValue<string>() ?? "") is { IsRunning: false }:
                // Whatever a container that doesn't run is said to be on, is looked for when it starts.
                HandleNetwork(call, new SimulatedNetwork { Id = "", Name = name, Number = 0 });
                break;
            case (_, ["networks", var name, ..]):
                call.Refuse(404, $"network {name} not found");
                break;
        }

        static JsonNode Listed(SimulatedNetwork network)
        {
            var listed = network.Inspect([]);
            listed["Containers"] = new JsonObject();
            return listed;
        }
    }

    private void Create(Call call, JsonObject body)
    {
        var name = body["Name"]!.GetValue<string>();
        if (_networks.Exists(one => one.Name == name && one.IsPredefined))
        {
            call.Refuse(403, $"operation is not permitted on predefined {name} network");
            return;
        }

        if (_networks.Exists(one => one.Name == name))
        {
            call.Refuse(409, $"network with name {name} already exists");
            return;
        }

        var network = AddNetwork(
            name,
            body["Internal"]?.GetValue<bool>() == true,
            body["Driver"]?.GetValue<string>() is { Length: > 0 } driver ? driver : "bridge",
            body["Labels"]?.DeepClone().AsObject(),
            body["Options"]?.DeepClone().AsObject());
        call.Reply(new JsonObject { ["Id"] = network.Id, ["Warning"] = "" }, 201);
    }

    private void HandleNetwork(Call call, SimulatedNetwork network)
    {
        switch (call.Method, call.Parts.Count > 2 ? call.Parts[2] : "")
        {
            case ("GET", _):
                call.Reply(network.Inspect(_containers));
                break;
            case ("DELETE", _) when network.IsPredefined:
                call.Refuse(403, $"{network.Name} is a pre-defined network and cannot be removed");
                break;
            case ("DELETE", _) when _containers.Exists(one =>
                one.IsRunning && one.Networks.Exists(endpoint => endpoint.Network == network)):
                call.Refuse(403, $"error while removing network: network {network.Name} has active endpoints");
                break;
            case ("DELETE", _):
                _ = _networks.Remove(network);
                call.Reply();
                break;
            case ("POST", "connect"):
                Connect(call, network, call.Json);
                break;
            case ("POST", "disconnect"):
                Disconnect(call, network, call.Json);
                break;
            default:
                call.Refuse(404, "page not found");
                break;
        }
    }

    private void Connect(Call call, SimulatedNetwork network, JsonObject body)
    {
        var name = body["Container"]!.GetValue<string>();
        if (FindContainer(name) is not { } container)
        {
            call.Refuse(404, $"No such container: {name}");
            return;
        }

        if (container.Networks.Exists(one => one.Network == network || (!container.IsRunning && one.Network.Name == network.Name)))
        {
            if (!container.IsRunning)
            {
                // On one that is there it stays as it is. Of one that is missing, what is said last counts.
                if (network.Id.Length == 0)
                {
                    container.Networks[container.Networks.FindIndex(one => one.Network.Name == network.Name)] = EndpointOf(network, body);
                }

                call.Reply(status: 200);
                return;
            }

            call.Refuse(403, $"endpoint with name {container.Name} already exists in network {network.Name}");
            return;
        }

        _ = container.Networks.RemoveAll(one => one.Network.Name == "none");
        var endpoint = EndpointOf(network, body);
        if (container.IsRunning)
        {
            Join(endpoint);
            container.Networks.Add(endpoint);
            if (BindPorts(container) is { } busy)
            {
                _ = container.Networks.Remove(endpoint);
                call.Refuse(500, busy);
                return;
            }
        }
        else
        {
            container.Networks.Add(endpoint);
        }

        call.Reply(status: 200);
    }

    private static SimulatedEndpoint EndpointOf(SimulatedNetwork network, JsonObject body) =>
        new() { Network = network, Asked = body["EndpointConfig"]?.DeepClone().AsObject() ?? [] };

    private void Disconnect(Call call, SimulatedNetwork network, JsonObject body)
    {
        var name = body["Container"]!.GetValue<string>();
        if (FindContainer(name) is not { } container)
        {
            call.Refuse(404, $"No such container: {name}");
            return;
        }

        if (container.Networks.Find(one =>
            one.Network == network || (!container.IsRunning && one.Network.Name == network.Name)) is not { } endpoint)
        {
            call.Refuse(403, $"container {container.Id} is not connected to network {network.Name}");
            return;
        }

        _ = container.Networks.Remove(endpoint);
        if (!container.IsRunning)
        {
            call.Reply(status: 200);
            return;
        }

        // Where a port is taken, the engine answers 200 and binds nothing.
        _ = BindPorts(container);
        call.Reply(status: 200);
    }

    private void Join(SimulatedEndpoint endpoint)
    {
        endpoint.Id = NewId();
        endpoint.Address = endpoint.Asked["IPAMConfig"]?["IPv4Address"]?.GetValue<string>() is { Length: > 0 } own
            ? own : $"172.20.{endpoint.Network.Number}.{++endpoint.Network.LastAddress}";
    }

    /// <summary>The gateway is where the priority is highest, then on the first network by name. Published ports are bound there.</summary>
    private static bool Publishes(IEnumerable<SimulatedEndpoint> joined) => joined
        .Where(one => one.Network is { Driver: "bridge" or "macvlan", IsInternal: false })
        .OrderByDescending(one => one.Asked["GwPriority"]?.GetValue<long>() ?? 0)
        .ThenBy(one => one.Network.Name, StringComparer.Ordinal)
        .FirstOrDefault()?.Network.Driver == "bridge";

    /// <summary>Binds the published ports that are not bound yet, if a network publishes them; else frees them.</summary>
    /// <returns>What the engine says if one is taken.</returns>
    private string? BindPorts(SimulatedContainer container, IEnumerable<SimulatedEndpoint>? joined = null)
    {
        if (!Publishes(joined ?? container.Networks))
        {
            container.Ports.Clear();
            return null;
        }

        foreach (var (port, bindings) in container.HostConfig["PortBindings"] as JsonObject ?? [])
        {
            if (container.Ports.ContainsKey(port) || bindings is not JsonArray { Count: > 0 } all || all[0] is not JsonObject binding)
            {
                continue;
            }

            var asked = binding["HostPort"]?.GetValue<string>() ?? "";
            var wanted = asked is not ("" or "0") ? asked : (32_768 + ++_last).ToString(CultureInfo.InvariantCulture);
            if (_containers.Exists(one => one != container && one.IsRunning && one.Ports.ContainsValue(wanted)))
            {
                container.Ports.Clear();
                var address = binding["HostIp"]?.GetValue<string>() is { Length: > 0 } given ? given : "0.0.0.0";
                return "failed to set up container networking: driver failed programming external connectivity "
                    + $"on endpoint {container.Name} ({container.Id}): Bind for {address}:{wanted} failed: port is already allocated";
            }

            container.Ports[port] = wanted;
        }

        return null;
    }
}
