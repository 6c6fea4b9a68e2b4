using System.Globalization;
using System.Text.Json.Nodes;
using Pro.DockerVersioning.Tests.Simulation.World;

namespace Pro.DockerVersioning.Tests.Simulation.Engines;

/// <summary>
/// A model of what the module needs of Docker's engine: its containers, networks, images, volumes and events, as Engine 28.5 answers. The
/// conformance tests hold it to the real one.
/// </summary>
internal sealed partial class SimulatedEngine(SimulatedTime time, Random random)
{
    private static readonly TimeSpan RestartTime = TimeSpan.FromSeconds(2);
    private readonly List<SimulatedContainer> _containers = [];
    private readonly List<SimulatedNetwork> _networks =
    [
        new() { Id = IdOf('b', 1), Name = "bridge", Number = 1 },
        new() { Id = IdOf('b', 2), Name = "host", Driver = "host", Number = 2 },
        new() { Id = IdOf('b', 3), Name = "none", Driver = "null", Number = 3 },
    ];

    private readonly List<SimulatedImage> _images = [];
    private readonly List<SimulatedVolume> _volumes = [];
    private readonly List<(DateTimeOffset Time, JsonObject Event)> _events = [];
    private readonly List<(Call Call, EventStream Stream)> _listeners = [];
    private readonly List<(string Id, Call Call)> _waitingForRemoval = [];
    private readonly List<Call> _underWay = [];
    private DateTimeOffset _backAt;
    private int _last = 10;

    /// <summary>All containers.</summary>
    public IReadOnlyList<SimulatedContainer> Containers => _containers;

    /// <summary>All networks.</summary>
    public IReadOnlyList<SimulatedNetwork> Networks => _networks;

    /// <summary>All volumes.</summary>
    public IReadOnlyList<SimulatedVolume> Volumes => _volumes;

    /// <summary>All images.</summary>
    public IReadOnlyList<SimulatedImage> Images => _images;

    /// <summary>
    /// Connects to a published port: a stream that stays open where somebody serves behind it, and ends at once where nobody does.
    /// </summary>
    /// <exception cref="System.Net.Sockets.SocketException">Nobody has the port.</exception>
    public Stream Dial(int port)
    {
        var text = port.ToString(CultureInfo.InvariantCulture);
        return _containers.Find(one => one.IsRunning && one.Ports.ContainsValue(text)) is not { } container
            ? throw new System.Net.Sockets.SocketException((int)System.Net.Sockets.SocketError.ConnectionRefused)
            : Serves(container) ? new EventStream() : Stream.Null;
    }

    /// <summary>How often it was restarted.</summary>
    public int Restarts { get; private set; }

    /// <summary>Whether it is being restarted.</summary>
    public bool IsAway => time.Now < _backAt;

    /// <summary>
    /// Ends, and starts again: all calls that are under way are cut, and all containers end. Those start again whose restart policy
    /// says so.
    /// </summary>
    public void Restart()
    {
        Restarts++;
        _backAt = time.Now + RestartTime;
        var was = _containers.Where(one => one.IsRunning || one.Status == "restarting").ToHashSet();
        foreach (var container in _containers.Where(was.Contains))
        {
            End(container, 137);
            container.RestartCount = 0;
        }

        foreach (var call in _underWay.Where(one => !one.IsOver).ToList())
        {
            call.Cut();
        }

        _underWay.Clear();
        _listeners.ForEach(one => one.Stream.End());
        _listeners.Clear();
        time.After(RestartTime, () =>
        {
            foreach (var container in _containers.ToList())
            {
                var policy = container.RestartPolicy["Name"]!.GetValue<string>();
                if (container.RemovesItself)
                {
                    Remove(container, withVolumes: true);
                }
                else if (policy == "always" || (policy is "unless-stopped" or "on-failure" && was.Contains(container)))
                {
                    Start(container);
                }
            }
        });
    }

    /// <summary>Answers a call, now or when it is done.</summary>
    public void Handle(Call call)
    {
        _ = _underWay.RemoveAll(one => one.IsOver);
        _underWay.Add(call);
        switch (call.Parts)
        {
            case ["_ping"]:
                call.Reply("OK"u8.ToArray(), "text/plain");
                break;
            case ["version"]:
                call.Reply(new JsonObject
                {
                    ["Version"] = "28.5.2", ["ApiVersion"] = "1.51", ["MinAPIVersion"] = "1.24", ["Os"] = "linux", ["Arch"] = "amd64",
                });
                break;
            case ["info"]:
                call.Reply(Info());
                break;
            case ["events"]:
                Listen(call);
                break;
            case ["containers", ..]:
                HandleContainers(call);
                break;
            case ["exec", var exec, var action]:
                HandleExec(call, exec, action);
                break;
            case ["networks", ..]:
                HandleNetworks(call);
                break;
            case ["images", ..]:
                HandleImages(call);
                break;
            case ["volumes", ..]:
                HandleVolumes(call);
                break;
            case ["services" or "configs" or "nodes" or "tasks" or "swarm", ..]:
                call.Refuse(
                    503,
                    "This node is not a swarm manager. "
                    + "Use \"docker swarm init\" or \"docker swarm join\" to connect this node to swarm and try again.");
                break;
            default:
                call.Refuse(404, "page not found");
                break;
        }
    }

    private static string IdOf(char first, int number) =>
        first + number.ToString("x", CultureInfo.InvariantCulture).PadLeft(63, '0');

    private string NewId() =>
        IdOf('c', ++_last)[..1] + (_last * 2654435761L).ToString("x16", CultureInfo.InvariantCulture)[4..] + IdOf('0', _last)[13..];

    private JsonObject Info() => new()
    {
        ["ID"] = "simulated",
        ["ServerVersion"] = "28.5.2",
        ["Driver"] = "overlay2",
        ["DockerRootDir"] = "/var/lib/docker",
        ["SystemTime"] = SimulatedContainer.Text(time.Now),
        ["OSType"] = "linux",
        ["Architecture"] = "x86_64",
        ["Name"] = "simulated",
        ["Swarm"] = new JsonObject { ["LocalNodeState"] = "inactive", ["ControlAvailable"] = false },
    };

    private void Listen(Call call)
    {
        var stream = new EventStream();
        var since = call.Query.TryGetValue("since", out var text)
            ? DateTimeOffset.UnixEpoch + TimeSpan.FromSeconds(double.Parse(text, CultureInfo.InvariantCulture))
            : time.Now;
        foreach (var (_, past) in _events.Where(one => one.Time >= since && IsWanted(call, one.Event)))
        {
            stream.Send(past.ToJsonString());
        }

        _listeners.Add((call, stream));
        call.Reply(stream, "application/json");
    }

    private void Tell(SimulatedContainer container, string action, params (string Name, string Value)[] more)
    {
        var attributes = new JsonObject { ["image"] = container.Config["Image"]!.GetValue<string>(), ["name"] = container.Name };
        foreach (var (name, value) in more)
        {
            attributes[name] = value;
        }

        var told = new JsonObject
        {
            ["status"] = action,
            ["id"] = container.Id,
            ["Type"] = "container",
            ["Action"] = action,
            ["Actor"] = new JsonObject { ["ID"] = container.Id, ["Attributes"] = attributes },
            ["scope"] = "local",
            ["time"] = time.Now.ToUnixTimeSeconds(),
            ["timeNano"] = (time.Now - DateTimeOffset.UnixEpoch).Ticks * 100,
        };
        _events.Add((time.Now, told));
        _ = _listeners.RemoveAll(one => !one.Call.Who.Lives);
        foreach (var (call, stream) in _listeners.ToList())
        {
            if (IsWanted(call, told))
            {
                stream.Send(told.ToJsonString());
            }
        }
    }

    private static bool IsWanted(Call call, JsonObject told) =>
        (!call.Filter("container").Any() || call.Filter("container").Contains(told["id"]!.GetValue<string>()))
        && (!call.Filter("event").Any() || call.Filter("event").Any(one =>
            told["Action"]!.GetValue<string>() == one
            || told["Action"]!.GetValue<string>().StartsWith(one + ":", StringComparison.Ordinal)));

    private static bool IsNamed(Call call, string name) =>
        !call.Filter("name").Any() || call.Filter("name").Any(one => name.Contains(one, StringComparison.Ordinal));

    private static bool HasLabels(Call call, JsonNode? labels) => call.Filter("label").All(one => one.Split('=', 2) is [var name, var value]
        ? labels?[name]?.GetValue<string>() == value
        : labels?[one] is not null);
}
