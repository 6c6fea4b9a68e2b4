using System.Formats.Tar;
using System.Text;
using System.Text.Json.Nodes;
using Pro.DockerVersioning.Tests.Simulation.World;

namespace Pro.DockerVersioning.Tests.Simulation.Engines;

/// <content>Containers: what is asked of them.</content>
internal sealed partial class SimulatedEngine
{
    private readonly Dictionary<string, (SimulatedContainer Container, bool Ended, int Code)> _execs = new(StringComparer.Ordinal);

    /// <summary>The container with a name; null if there is none.</summary>
    public SimulatedContainer? Named(string name) => _containers.Find(one => one.Name == name);

    /// <summary>Whether a container serves.</summary>
    public bool Serves(SimulatedContainer container) =>
        container.Status == "running" && container.Image.ServesAfter is { } after && time.Now >= container.StartedAt + after;

    private SimulatedContainer? FindContainer(string name) => _containers.Find(one => one.Id == name)
        ?? _containers.Find(one => one.Name == name.TrimStart('/'))
        ?? (_containers.FindAll(one => one.Id.StartsWith(name, StringComparison.Ordinal)) is [var only] ? only : null);

    private static void RefuseTaken(Call call, string name, SimulatedContainer other) => call.Refuse(
        409,
        $"Conflict. The container name \"/{name}\" is already in use by container \"{other.Id}\". "
        + "You have to remove (or rename) that container to be able to reuse that name.");

    private void HandleContainers(Call call)
    {
        switch (call.Method, call.Parts)
        {
            case ("GET", ["containers", "json"]):
                call.Reply(new JsonArray([
                    .. from container in _containers.AsEnumerable().Reverse()
                       where container.IsRunning || call.Query.GetValueOrDefault("all") is "1" or "true" or "True"
                       where HasLabels(call, container.Config["Labels"])
                       where !call.Filter("id").Any()
                           || call.Filter("id").Any(one => container.Id.StartsWith(one, StringComparison.Ordinal))
                       where IsNamed(call, container.Name)
                       select (JsonNode)container.List(),
                ]));
                break;
            case ("POST", ["containers", "create"]):
                Create(call);
                break;
            case (_, ["containers", var name, ..]) when FindContainer(name) is { } container:
                HandleContainer(call, container, call.Parts.Count > 2 ? call.Parts[2] : "");
                break;
            case (_, ["containers", var name, ..]):
                call.Refuse(404, $"No such container: {name}");
                break;
        }
    }

    private void HandleContainer(Call call, SimulatedContainer container, string action)
    {
        switch (call.Method, action)
        {
            case ("GET", "json"):
                call.Reply(container.Inspect());
                break;
            case ("POST", "start"):
                Start(call, container);
                break;
            case ("POST", "stop"):
                Stop(call, container);
                break;
            case ("POST", "rename"):
                Rename(call, container, call.Query["name"].TrimStart('/'));
                break;
            case ("POST", "update"):
                if (call.Json["RestartPolicy"] is JsonObject policy)
                {
                    container.HostConfig["RestartPolicy"] = new JsonObject
                    {
                        ["Name"] = policy["Name"]?.GetValue<string>() ?? "",
                        ["MaximumRetryCount"] = policy["MaximumRetryCount"]?.GetValue<int>() ?? 0,
                    };
                }

                call.Reply(new JsonObject { ["Warnings"] = null });
                break;
            case ("POST", "pause"):
                container.Status = "paused";
                Tell(container, "pause");
                call.Reply();
                break;
            case ("POST", "unpause"):
                container.Status = "running";
                Tell(container, "unpause");
                call.Reply();
                break;
            case ("POST", "wait"):
                _waitingForRemoval.Add((container.Id, call));
                break;
            case ("DELETE", ""):
                if (container.IsRunning && call.Query.GetValueOrDefault("force") is not ("1" or "true" or "True"))
                {
                    call.Refuse(
                        409,
                        $"cannot remove container \"{container.Name}\": container is running: "
                        + "stop the container before removing or force remove");
                    return;
                }

                Remove(container, call.Query.GetValueOrDefault("v") is "1" or "true" or "True");
                call.Reply();
                break;
            case (_, "archive"):
                HandleArchive(call, container, call.Query["path"]);
                break;
            case ("GET", "changes"):
                call.Reply(new JsonArray([
                    .. container.Files.Keys.Select(path => (JsonNode)new JsonObject { ["Path"] = path, ["Kind"] = 1 }),
                ]));
                break;
            case ("GET", "logs"):
                call.Reply(Frame($"{container.Config["Image"]} says hello\n"), "application/vnd.docker.multiplexed-stream");
                break;
            case ("POST", "exec"):
                if (container.Status != "running")
                {
                    call.Refuse(409, $"container {container.Id} is not running");
                    return;
                }

                var exec = NewId();
                _execs[exec] = (container, false, 0);
                call.Reply(new JsonObject { ["Id"] = exec }, 201);
                break;
            default:
                call.Refuse(404, "page not found");
                break;
        }
    }

    private void HandleExec(Call call, string exec, string action)
    {
        if (!_execs.TryGetValue(exec, out var running))
        {
            call.Refuse(404, $"No such exec instance: {exec}");
            return;
        }

        if (action == "json")
        {
            call.Reply(new JsonObject
            {
                ["ID"] = exec,
                ["Running"] = !running.Ended,
                ["ExitCode"] = running.Ended ? running.Code : null,
                ["ContainerID"] = running.Container.Id,
            });
            return;
        }

        time.After(CommandTime, () =>
        {
            _execs[exec] = (running.Container, true, Serves(running.Container) ? 0 : running.Container.Status == "running" ? 1 : 137);
            call.Reply([], "application/vnd.docker.multiplexed-stream");
        });
    }

    private static byte[] Frame(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return [1, 0, 0, 0, 0, 0, (byte)(bytes.Length >> 8), (byte)bytes.Length, .. bytes];
    }

    private void Create(Call call)
    {
        var body = call.Json;
        var name = call.Query.GetValueOrDefault("name") is { Length: > 0 } own ? own : "made_" + ++_last;
        var wanted = body["Image"]!.GetValue<string>();
        if (FindImage(wanted) is not { } image)
        {
            call.Refuse(404, $"No such image: {wanted}");
            return;
        }

        if (Named(name) is { } other)
        {
            RefuseTaken(call, name, other);
            return;
        }

        var container = Create(name, image, body);
        call.Reply(new JsonObject { ["Id"] = container.Id, ["Warnings"] = new JsonArray() }, 201);
    }

    /// <summary>Makes a container from the body of a create.</summary>
    public SimulatedContainer Create(string name, SimulatedImage image, JsonObject body, string? ownId = null)
    {
        // As it would come over the wire.
        body = JsonNode.Parse(body.ToJsonString())!.AsObject();
        var id = ownId ?? NewId();
        var hostConfig = body["HostConfig"]?.DeepClone().AsObject() ?? [];
        var mode = hostConfig["NetworkMode"]?.GetValue<string>() is { Length: > 0 } own && own != "default" ? own : "bridge";
        hostConfig["NetworkMode"] = mode;
        hostConfig["RestartPolicy"] = hostConfig["RestartPolicy"] is JsonObject policy
            && policy["Name"]?.GetValue<string>() is { Length: > 0 } kind
            ? new JsonObject { ["Name"] = kind, ["MaximumRetryCount"] = policy["MaximumRetryCount"]?.GetValue<int>() ?? 0 }
            : new JsonObject { ["Name"] = "no", ["MaximumRetryCount"] = 0 };
        var container = new SimulatedContainer
        {
            Id = id,
            Name = name,
            Image = image,
            Created = time.Now,
            Config = ConfigOf(body, image, id),
            HostConfig = hostConfig,
            Mounts = MountsOf(body, hostConfig, image),
        };
        var endpoints = (body["NetworkingConfig"]?["EndpointsConfig"] as JsonObject ?? []).ToDictionary(one => one.Key, one => one.Value);
        if (!mode.StartsWith("container:", StringComparison.Ordinal)
            && endpoints.Keys.All(one => one != mode && (FindNetwork(mode) is not { } main || FindNetwork(one) != main)))
        {
            endpoints[mode] = null;
        }

        foreach (var (network, asked) in endpoints)
        {
            // One that is missing is noticed when the container starts.
            var found = FindNetwork(network) ?? new SimulatedNetwork { Id = "", Name = network, Number = 0 };
            container.Networks.Add(new SimulatedEndpoint { Network = found, Asked = asked?.DeepClone().AsObject() ?? [] });
        }

        _containers.Add(container);
        Tell(container, "create");
        return container;
    }

    private static JsonObject ConfigOf(JsonObject body, SimulatedImage image, string id)
    {
        var config = new JsonObject();
        foreach (var (key, value) in image.Config.Concat(body.Where(one => one.Key is not ("HostConfig" or "NetworkingConfig"))))
        {
            if (value is not null)
            {
                config[key] = value.DeepClone();
            }
        }

        var labels = image.Config["Labels"]?.DeepClone().AsObject() ?? [];
        foreach (var (key, value) in body["Labels"] as JsonObject ?? [])
        {
            labels[key] = value?.DeepClone();
        }

        var environment = (body["Env"] as JsonArray ?? []).Select(one => one!.GetValue<string>()).ToList();
        foreach (var inherited in (image.Config["Env"] as JsonArray ?? []).Select(one => one!.GetValue<string>()))
        {
            if (!environment.Exists(one => one.Split('=')[0] == inherited.Split('=')[0]))
            {
                environment.Add(inherited);
            }
        }

        config["Image"] = body["Image"]!.GetValue<string>();
        config["Labels"] = labels;
        config["Env"] = new JsonArray([.. environment.Select(one => (JsonNode)one)]);
        config["Hostname"] = body["Hostname"]?.GetValue<string>() is { Length: > 0 } own ? own : id[..12];
        config["Domainname"] ??= "";
        return config;
    }

    private List<JsonObject> MountsOf(JsonObject body, JsonObject hostConfig, SimulatedImage image)
    {
        var mounts = new List<JsonObject>();
        foreach (var bind in (hostConfig["Binds"] as JsonArray ?? []).Select(one => one!.GetValue<string>().Split(':')))
        {
            var isVolume = !bind[0].StartsWith('/');
            if (isVolume)
            {
                _ = Volume(bind[0], null);
            }

            mounts.Add(Mount(
                isVolume ? "volume" : "bind",
                isVolume ? bind[0] : null,
                bind[1],
                !(bind.Length > 2 && bind[2].Split(',').Contains("ro"))));
        }

        foreach (var mount in (hostConfig["Mounts"] as JsonArray ?? []).Select(one => one!.AsObject()))
        {
            var source = mount["Source"]?.GetValue<string>() ?? "";
            var isVolume = mount["Type"]?.GetValue<string>() == "volume";
            mounts.Add(Mount(
                isVolume ? "volume" : "bind",
                isVolume ? Volume(source.Length > 0 ? source : NewId(), null, source.Length == 0).Name : null,
                mount["Target"]!.GetValue<string>(),
                mount["ReadOnly"]?.GetValue<bool>() != true));
        }

        var folders = (image.Config["Volumes"] as JsonObject ?? []).Concat(body["Volumes"] as JsonObject ?? []);
        foreach (var folder in folders.Select(one => one.Key).Distinct())
        {
            if (mounts.TrueForAll(one => one["Destination"]!.GetValue<string>() != folder))
            {
                mounts.Add(Mount("volume", Volume(NewId(), null, isAnonymous: true).Name, folder, isWritable: true));
            }
        }

        return mounts;
    }

    private static JsonObject Mount(string type, string? name, string destination, bool isWritable) => new()
    {
        ["Type"] = type,
        ["Name"] = name,
        ["Source"] = name is null ? destination : $"/var/lib/docker/volumes/{name}/_data",
        ["Destination"] = destination,
        ["Driver"] = name is null ? null : "local",
        ["Mode"] = "",
        ["RW"] = isWritable,
        ["Propagation"] = "",
    };

    private void Rename(Call call, SimulatedContainer container, string name)
    {
        if (name == container.Name)
        {
            call.Refuse(400, "Renaming a container with the same name as its current name");
            return;
        }

        if (Named(name) is { } other)
        {
            RefuseTaken(call, name, other);
            return;
        }

        container.Name = name;
        Tell(container, "rename");
        call.Reply();
    }

    private void Remove(SimulatedContainer container, bool withVolumes)
    {
        if (container.IsRunning)
        {
            End(container, 137);
        }

        if (!_containers.Remove(container))
        {
            return;
        }

        foreach (var name in withVolumes || container.RemovesItself ? container.Mounts.Select(one => one["Name"]?.GetValue<string>()) : [])
        {
            _ = _volumes.RemoveAll(one => one.Name == name && one.IsAnonymous
                && !_containers.Exists(other => other.Mounts.Any(mount => mount["Name"]?.GetValue<string>() == name)));
        }

        Tell(container, "destroy");
        foreach (var (id, waiting) in _waitingForRemoval.ToList().Where(one => one.Id == container.Id))
        {
            _ = _waitingForRemoval.Remove((id, waiting));
            waiting.Reply(new JsonObject { ["StatusCode"] = container.ExitCode });
        }
    }

    private void HandleArchive(Call call, SimulatedContainer container, string path)
    {
        if (call.Method == "PUT")
        {
            using var reader = new TarReader(new MemoryStream(call.Body));
            while (reader.GetNextEntry(copyData: true) is { } entry)
            {
                using var content = new MemoryStream();
                entry.DataStream?.CopyTo(content);
                var (files, name) = Place(container, $"{path.TrimEnd('/')}/{entry.Name.TrimStart('/')}");
                files[name] = content.ToArray();
            }

            call.Reply(status: 200);
            return;
        }

        var (there, file) = Place(container, path);
        if (!there.TryGetValue(file, out var bytes))
        {
            call.Refuse(404, $"Could not find the file {path} in container {container.Id}");
            return;
        }

        if (call.Method == "HEAD")
        {
            var stat = new JsonObject
            {
                ["name"] = Path.GetFileName(path),
                ["size"] = bytes.Length,
                ["mode"] = 420,
                ["mtime"] = SimulatedContainer.Text(container.Created),
            };
            call.ReplyHeader("X-Docker-Container-Path-Stat", Convert.ToBase64String(Encoding.UTF8.GetBytes(stat.ToJsonString())));
            return;
        }

        using var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, TarEntryFormat.Ustar, leaveOpen: true))
        {
            writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, Path.GetFileName(path)) { DataStream = new MemoryStream(bytes) });
        }

        call.Reply(tar.ToArray(), "application/x-tar");
    }

    /// <summary>Where a path of a container is: in a volume, or in its own layer.</summary>
    private (Dictionary<string, byte[]> Files, string Name) Place(SimulatedContainer container, string path)
    {
        foreach (var mount in container.Mounts.Where(one => one["Name"] is not null))
        {
            var folder = mount["Destination"]!.GetValue<string>().TrimEnd('/') + "/";
            if (path.StartsWith(folder, StringComparison.Ordinal)
                && _volumes.Find(one => one.Name == mount["Name"]!.GetValue<string>()) is { } volume)
            {
                return (volume.Files, path[folder.Length..]);
            }
        }

        return (container.Files, path);
    }
}
