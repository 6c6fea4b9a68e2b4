using System.Text.Json.Nodes;
using Pro.DockerVersioning.Tests.Simulation.World;

namespace Pro.DockerVersioning.Tests.Simulation.Engines;

/// <content>Images and volumes.</content>
internal sealed partial class SimulatedEngine
{
    /// <summary>Makes an image; its id.</summary>
    public SimulatedImage AddImage(string name, Func<SimulatedImage> make)
    {
        var image = make();
        image.Names.Add(name);
        _images.Add(image);
        return image;
    }

    /// <summary>An id for an image.</summary>
    public string NewImageId() => "sha256:" + NewId();

    private SimulatedImage? FindImage(string name)
    {
        var tagged = name.LastIndexOf(':') > name.LastIndexOf('/') ? name : name + ":latest";
        return _images.Find(one => one.Id == name || one.Names.Contains(tagged))
            ?? (_images.FindAll(one => one.Id["sha256:".Length..].StartsWith(name, StringComparison.Ordinal)) is [var only] ? only : null);
    }

    private void HandleImages(Call call)
    {
        if (call.Parts is ["images", "json"])
        {
            call.Reply(new JsonArray([.. _images.Select(Listed)]));
            return;
        }

        var action = call.Method == "DELETE" ? "" : call.Parts[^1];
        var name = string.Join('/', call.Method == "DELETE" ? call.Parts.Skip(1) : call.Parts.Skip(1).SkipLast(1));
        if (FindImage(name) is not { } image)
        {
            call.Refuse(404, $"No such image: {name}");
            return;
        }

        switch (call.Method, action)
        {
            case ("GET", "json"):
                call.Reply(Inspect(image));
                break;
            case ("POST", "tag"):
                var tag = $"{call.Query["repo"]}:{call.Query.GetValueOrDefault("tag", "latest")}";
                _images.ForEach(one => one.Names.Remove(tag));
                image.Names.Add(tag);
                call.Reply(status: 201);
                break;
            case ("DELETE", _):
                Remove(call, image, name);
                break;
            default:
                call.Refuse(404, "page not found");
                break;
        }
    }

    private void Remove(Call call, SimulatedImage image, string name)
    {
        var isForced = call.Query.GetValueOrDefault("force") is "1" or "true";
        if (image.Names.Count > 1 && image.Names.Remove(name))
        {
            call.Reply(new JsonArray(new JsonObject { ["Untagged"] = name }));
        }
        else if (!isForced && _containers.Find(one => one.Image == image) is { } user)
        {
            call.Refuse(
                409,
                $"conflict: unable to remove repository reference \"{name}\" (must force) - "
                + $"container {user.Id[..12]} is using its referenced image");
        }
        else
        {
            _ = _images.Remove(image);
            call.Reply(new JsonArray(new JsonObject { ["Untagged"] = name }, new JsonObject { ["Deleted"] = image.Id }));
        }
    }

    private static JsonNode Listed(SimulatedImage image) => new JsonObject
    {
        ["Id"] = image.Id,
        ["ParentId"] = "",
        ["RepoTags"] = new JsonArray([.. image.Names.Select(one => (JsonNode)one)]),
        ["RepoDigests"] = new JsonArray(),
        ["Created"] = 1_767_225_600,
        ["Size"] = 1_000_000,
        ["SharedSize"] = -1,
        ["Containers"] = -1,
        ["Labels"] = image.Config["Labels"]?.DeepClone(),
    };

    private static JsonObject Inspect(SimulatedImage image) => new()
    {
        ["Id"] = image.Id,
        ["RepoTags"] = new JsonArray([.. image.Names.Select(one => (JsonNode)one)]),
        ["RepoDigests"] = new JsonArray(),
        ["Created"] = "2026-01-01T00:00:00Z",
        ["Architecture"] = "amd64",
        ["Os"] = "linux",
        ["Size"] = 1_000_000,
        ["Config"] = image.Config.DeepClone(),
        ["RootFS"] = new JsonObject { ["Type"] = "layers", ["Layers"] = new JsonArray() },
    };

    private void HandleVolumes(Call call)
    {
        switch (call.Method, call.Parts)
        {
            case ("GET", ["volumes"]):
                call.Reply(new JsonObject
                {
                    ["Volumes"] = new JsonArray([
                        .. from volume in _volumes
                           where HasLabels(call, volume.Labels)
                           where IsNamed(call, volume.Name)
                           select (JsonNode)volume.Inspect(),
                    ]),
                    ["Warnings"] = null,
                });
                break;
            case ("POST", ["volumes", "create"]):
                var body = call.Json;
                call.Reply(Volume(body["Name"]?.GetValue<string>() ?? NewId(), body["Labels"]?.DeepClone().AsObject()).Inspect(), 201);
                break;
            case (_, ["volumes", var name]) when _volumes.Find(one => one.Name == name) is { } volume:
                if (call.Method == "GET")
                {
                    call.Reply(volume.Inspect());
                }
                else if (_containers.FindAll(one => one.Mounts.Any(mount => mount["Name"]?.GetValue<string>() == name))
                    is { Count: > 0 } users)
                {
                    call.Refuse(409, $"remove {name}: volume is in use - [{string.Join(", ", users.Select(one => one.Id))}]");
                }
                else
                {
                    _ = _volumes.Remove(volume);
                    call.Reply();
                }

                break;
            case (_, ["volumes", var missing]):
                call.Refuse(404, $"get {missing}: no such volume");
                break;
        }
    }

    private SimulatedVolume Volume(string name, JsonObject? labels, bool isAnonymous = false)
    {
        if (_volumes.Find(one => one.Name == name) is { } there)
        {
            return there;
        }

        var volume = new SimulatedVolume { Name = name, Labels = labels ?? [], IsAnonymous = isAnonymous };
        _volumes.Add(volume);
        return volume;
    }
}
