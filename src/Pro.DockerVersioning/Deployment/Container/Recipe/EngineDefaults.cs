using System.Text.Json.Nodes;
using Pro.DockerVersioning.Engine.Api;

namespace Pro.DockerVersioning.Deployment.Container.Recipe;

/// <summary>What the engine writes into <c>HostConfig</c> by itself, and would write a second time.</summary>
internal static class EngineDefaults
{
    private const string NoSelinux = "label=disable";

    // The defaults of Engine 20.10: later ones have the same and more. No option of 'docker run' sets a list but an empty one.
    private static readonly string[] MaskedPaths =
    [
        "/proc/asound", "/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats",
        "/proc/sched_debug", "/proc/scsi", "/sys/firmware",
    ];

    private static readonly string[] ReadonlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

    /// <summary>Takes it away, or puts it back into the form in which it was asked for.</summary>
    public static void TakeAway(JsonObject hostConfig)
    {
        Links(hostConfig);
        SecurityOptions(hostConfig);
        Defaults(hostConfig, "MaskedPaths", MaskedPaths);
        Defaults(hostConfig, "ReadonlyPaths", ReadonlyPaths);
    }

    // Written down when the container was created: an engine that masks more by now would mask less for it.
    private static void Defaults(JsonObject hostConfig, string name, string[] defaults)
    {
        if (!defaults.Except(hostConfig.Texts(name), StringComparer.Ordinal).Any())
        {
            _ = hostConfig.Remove(name);
        }
    }

    // Shown as "/db:/web/alias", asked for as "db:alias". The engine takes both, but the first names the container that was.
    private static void Links(JsonObject hostConfig)
    {
        if (hostConfig["Links"] is JsonArray { Count: > 0 })
        {
            hostConfig["Links"] = new JsonArray([.. hostConfig.Texts("Links").Select(link =>
            {
                var colon = link.IndexOf(':', StringComparison.Ordinal);
                return JsonValue.Create(colon > 0 && link[0] == '/'
                    ? link[1..colon] + ":" + link[(link.LastIndexOf('/') + 1)..]
                    : link);
            })]);
        }
    }

    // The engine adds it to privileged containers and to those that share the host's processes or IPC.
    private static void SecurityOptions(JsonObject hostConfig)
    {
        var added = hostConfig.Flag("Privileged") || hostConfig.Text("PidMode") == "host" || hostConfig.Text("IpcMode") == "host";
        if (added && hostConfig["SecurityOpt"] is JsonArray options)
        {
            var kept = options.Where(option => option?.GetValue<string>() != NoSelinux).Select(option => option!.DeepClone()).ToArray();
            hostConfig["SecurityOpt"] = kept.Length == 0 ? null : new JsonArray(kept);
        }
    }
}
