using System.Text.Json.Nodes;
using Pro.DockerVersioning.Engine.Api;

namespace Pro.DockerVersioning.Deployment.Container.Recipe;

/// <summary>
/// Containers that share another one's network, processes, IPC or volumes: the engine ties them to its id, so they must be made
/// again, with the successor's, when it is replaced.
/// </summary>
internal static class NamespaceFollowers
{
    private const string Shared = "container:";

    /// <summary>The exit code of SIGKILL.</summary>
    private const int Killed = 137;
    private static readonly string[] Modes = ["NetworkMode", "IpcMode", "PidMode"];

    /// <summary>Those that follow a container by network, IPC or processes, by its full id or its name.</summary>
    public static IReadOnlyList<ContainerView> Find(IEnumerable<ContainerView> all, string id, string name) =>
        [.. all.Where(other => other.Id != id && Modes.Any(mode => Follows(other.HostConfig.Text(mode), id, name)))];

    /// <summary>
    /// All that follow containers, and all that follow those, in an order in which each comes after all whom it follows: one can share
    /// one's network and another one's processes, and both must be there before it.
    /// </summary>
    public static IReadOnlyList<ContainerView> Chain(IReadOnlyList<ContainerView> all, IEnumerable<(string Id, string Name)> leaders)
    {
        var known = leaders.ToList();
        var found = new List<ContainerView>();
        for (var at = 0; at < known.Count; at++)
        {
            var followers = Find(all, known[at].Id, known[at].Name).Where(one => !known.Exists(other => other.Id == one.Id)).ToList();
            found.AddRange(followers);
            known.AddRange(followers.Select(one => (one.Id, one.Name)));
        }

        var ordered = new List<ContainerView>();
        while (found.Count > 0)
        {
            // In a circle, which only names can make, the order is nobody's.
            var next = Math.Max(0, found.FindIndex(one => LeadersOf(one, found).Count == 0));
            ordered.Add(found[next]);
            found.RemoveAt(next);
        }

        return ordered;
    }

    /// <summary>Those of some containers whom a container follows.</summary>
    public static IReadOnlyList<ContainerView> LeadersOf(ContainerView follower, IEnumerable<ContainerView> among) =>
        [.. among.Where(one => Find([follower], one.Id, one.Name).Count > 0)];

    /// <summary>Whether a follower ran before its container was stopped: one that shares its processes was killed with them.</summary>
    public static bool Ran(ContainerView follower) => SavedRunState.Of(follower).Ran
        || (follower.Status == "exited" && follower.ExitCode == Killed);

    /// <summary>Ties a copy of a <c>HostConfig</c> to successors: from the old container's id to the new one's.</summary>
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
