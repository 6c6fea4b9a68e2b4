using System.Text.Json.Nodes;

namespace Pro.DockerVersioning.Services.Containers;

/// <summary>
/// Containers that share another one's network, processes, IPC or volumes: the engine ties them to its id, so they must be made
/// again, with the successor's, when it is replaced.
/// </summary>
internal static class ContainerFollowers
{
    private const string Shared = "container:";

    /// <summary>The exit code of SIGKILL.</summary>
    private const int Killed = 137;
    private static readonly string[] Modes = ["NetworkMode", "IpcMode", "PidMode"];

    /// <summary>Those that follow a container by network, IPC or processes.</summary>
    /// <param name="all">Inspections of all containers, stopped ones too.</param>
    /// <param name="id">The container's full id.</param>
    /// <param name="name">Its name, by which <c>container:</c> may tie it as well.</param>
    public static IReadOnlyList<JsonObject> Find(IEnumerable<JsonObject> all, string id, string name) =>
        [.. all.Where(other => other.Text("Id") != id && Modes.Any(mode => Follows(other["HostConfig"].Text(mode), id, name)))];

    /// <summary>Whether a follower ran before its container was stopped: one that shares its processes was killed with them.</summary>
    public static bool Ran(JsonObject follower) => SavedRunState.Of(follower).Ran
        || (follower["State"].Text("Status") == "exited" && follower["State"]?["ExitCode"]?.GetValue<long>() == Killed);

    /// <summary>Ties a copy of a <c>HostConfig</c> to successors.</summary>
    /// <param name="hostConfig">It is changed.</param>
    /// <param name="successors">From the old container's id to the new one's.</param>
    public static void Redirect(JsonObject hostConfig, IReadOnlyDictionary<string, string> successors)
    {
        foreach (var (old, successor) in successors)
        {
            foreach (var mode in Modes)
            {
                if (Follows(hostConfig.Text(mode), old, name: null))
                {
                    hostConfig[mode] = Shared + successor;
                }
            }

            if (hostConfig["VolumesFrom"] is JsonArray { Count: > 0 })
            {
                hostConfig["VolumesFrom"] = new JsonArray([.. hostConfig.Texts("VolumesFrom").Select(source =>
                {
                    var parts = source.Split(':', 2);
                    return JsonValue.Create(IsId(parts[0], old) ? string.Join(':', parts.Skip(1).Prepend(successor)) : source);
                })]);
            }
        }
    }

    private static bool Follows(string mode, string id, string? name) =>
        mode.StartsWith(Shared, StringComparison.Ordinal)
        && mode[Shared.Length..].TrimStart('/') is var target
        && (target == name || IsId(target, id));

    private static bool IsId(string text, string id) => text.Length >= 12 && id.StartsWith(text, StringComparison.Ordinal);
}
