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

    /// <summary>Those that follow a container by network, IPC or processes.</summary>
    /// <param name="all">Inspections of all containers, stopped ones too.</param>
    /// <param name="id">The container's full id.</param>
    /// <param name="name">Its name, by which <c>container:</c> may tie it as well.</param>
    public static IReadOnlyList<ContainerView> Find(IEnumerable<ContainerView> all, string id, string name) =>
        [.. all.Where(other => other.Id != id && Modes.Any(mode => Follows(other.HostConfig.Text(mode), id, name)))];

    /// <summary>
    /// All that follow containers, and all that follow those, in an order in which each comes after all whom it follows: one can share
    /// one's network and another one's processes, and both must be there before it.
    /// </summary>
    /// <param name="all">Inspections of all containers, stopped ones too.</param>
    /// <param name="leaders">The ids and names of the first ones.</param>
    public static IReadOnlyList<ContainerView> Chain(IReadOnlyList<ContainerView> all, IEnumerable<(string Id, string Name)> leaders)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var open = new Queue<(string Id, string Name)>(leaders);
        var found = new List<ContainerView>();
        seen.UnionWith(open.Select(leader => leader.Id));
        while (open.TryDequeue(out var leader))
        {
            foreach (var follower in Find(all, leader.Id, leader.Name).Where(one => seen.Add(one.Id)))
            {
                found.Add(follower);
                open.Enqueue((follower.Id, follower.Name));
            }
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
