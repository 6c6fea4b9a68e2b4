using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Pro.DockerVersioning.Tests.Deployment.Container;

namespace Pro.DockerVersioning.Tests.Engine;

/// <summary>Compares what the engine shows of a container with what it shows of the one in its place, on another image.</summary>
internal static partial class Inspections
{
    /// <summary>
    /// Where they differ, but for what says which container and image it is, and for what the engine makes anew: MAC addresses too.
    /// </summary>
    /// <param name="before">The old container.</param>
    /// <param name="after">The new one.</param>
    /// <param name="wasBeside">Whether it ran beside the old one: it has other addresses then, and the service's name as an alias.</param>
    public static IReadOnlyList<string> Differences(JsonNode before, JsonNode after, bool wasBeside) =>
    [
        .. JsonDifference.Between(Plain(before), Plain(after))
            .Where(one => !OwnToEach().IsMatch(one.Path) && !(wasBeside && Addresses().IsMatch(one.Path)) && !IsNamed(one))
            .Select(one => one.ToString()),
    ];

    // An anonymous volume of a mount has its name from now on.
    private static bool IsNamed(JsonDifference one) =>
        one.Path.StartsWith("HostConfig.Mounts[", StringComparison.Ordinal) && one.Path.EndsWith(".Source", StringComparison.Ordinal)
        && VolumeName().IsMatch(one.Right.Trim('"'));

    private static JsonObject Plain(JsonNode inspection)
    {
        var id = inspection["Id"]!.ToString();
        var plain = JsonNode.Parse(inspection.ToJsonString()
            .Replace(id, "ID", StringComparison.Ordinal).Replace(id[..12], "SHORT", StringComparison.Ordinal))!.AsObject();
        plain["Mounts"] = Sorted(plain["Mounts"], mount => mount["Destination"]!.ToString());
        foreach (var mount in plain["Mounts"]!.AsArray().Where(mount => VolumeName().IsMatch(mount!["Name"]?.ToString() ?? "")))
        {
            // What matters is that it is the same one; its mode matters to SELinux only.
            mount!["Mode"] = "";
        }

        foreach (var mount in plain["Mounts"]!.AsArray().Where(mount => mount!["Type"]!.ToString() == "image"))
        {
            // Where the engine has unpacked it for this container.
            mount!["Source"] = "IMAGE";
        }

        var host = plain["HostConfig"]!;
        host["Binds"] = host["Binds"] is JsonArray binds
            && binds.Where(bind => !VolumeName().IsMatch(bind!.ToString().Split(':')[0])).ToList() is { Count: > 0 } kept
            ? new JsonArray([.. kept.Select(bind => bind!.DeepClone()).OrderBy(bind => bind.ToString(), StringComparer.Ordinal)]) : null;

        // The image's.
        var config = plain["Config"]!;
        config["Env"] = new JsonArray([.. config["Env"]!.AsArray().Select(one => one!.ToString())
            .Where(one => !one.StartsWith("VERSION=", StringComparison.Ordinal)).Order(StringComparer.Ordinal)
            .Select(one => (JsonNode)one)]);
        _ = config["Labels"]!.AsObject().Remove("org.opencontainers.image.version");
        return plain;
    }

    private static JsonArray Sorted(JsonNode? list, Func<JsonNode, string> key) =>
        [.. (list as JsonArray ?? []).Select(one => one!.DeepClone()).OrderBy(key, StringComparer.Ordinal)];

    [GeneratedRegex(
        @"^(Id|Created|Image|Path|Args(\[.*)?|ExecIDs|RestartCount|State\..*|GraphDriver\..*|Storage\..*|ImageManifestDescriptor\..*"
        + @"|(ResolvConf|Hostname|Hosts|Log)Path"
        + @"|Config\.(Image|Cmd(\[.*)?|Labels\.(pro\.|com\.docker\.compose\.(config-hash|image|replace)).*)"
        + @"|NetworkSettings\.(SandboxID|SandboxKey|(Networks\.[^.]+\.)?(EndpointID|MacAddress)))$")]
    private static partial Regex OwnToEach();

    [GeneratedRegex(@"^NetworkSettings\.(Networks\.[^.]+\.)?(IPAddress|GlobalIPv6Address|Aliases|DNSNames)(\[.*)?$")]
    private static partial Regex Addresses();

    [GeneratedRegex("^[0-9a-f]{64}$")]
    private static partial Regex VolumeName();
}
