using System.Text.Json.Nodes;
using Pro.DockerVersioning.Engine.Api;

namespace Pro.DockerVersioning.Deployment.Container.Recipe;

/// <summary>
/// A file in a container's layer that was copied in before its start: compose's inline configs and secrets, and the credentials of
/// <c>docker run --use-api-socket</c>. Which they are says only the file by which compose made the container, and that may have changed
/// since.
/// </summary>
/// <remarks>
/// It is known by its time: the archive in which it came has it in whole seconds (rounded, seen with compose 2.40), between the creation
/// and the start. What a process writes has nanoseconds, and what it unpacks is older.
/// </remarks>
/// <param name="Path">Its path in the container.</param>
/// <param name="IsSurelyMeant">True if it is a secret, or nobody may write to it and the image has none of its name.</param>
internal sealed record FoundFile(string Path, bool IsSurelyMeant)
{
    private const string Secrets = "/run/secrets/";
    private const string ApiSocket = "DOCKER_CONFIG=/run/secrets/docker";
    private const int Deleted = 2;
    private const int Added = 1;
    private const long AnyType = 0x8F280000;
    private const long AnyWriter = 0b010_010_010;

    // No config or secret is larger; and more files than these are a process's own.
    private const long LargestSize = 1024 * 1024;
    private const int MostFiles = 2000;
    private const int AtOnce = 8;

    /// <summary>Finds them, in containers into which somebody copies any.</summary>
    public static async Task<IReadOnlyList<FoundFile>> InAsync(
        ContainerApi calls, ContainerView container, CancellationToken cancellationToken)
    {
        if (!ComposeLabels.IsServiceContainer(container.Labels) && !container.Environment.Contains(ApiSocket))
        {
            return [];
        }

        var id = container.Id;
        var mounts = container.Mounts.Select(mount => mount.Text("Destination")).ToArray();
        var changes = (await calls.ChangesAsync(id, cancellationToken).ConfigureAwait(false))
            .Select(change => (Path: change.Text("Path"), Kind: change?["Kind"]?.GetValue<int>() ?? Deleted))
            .Where(change => change.Kind != Deleted && !Array.Exists(mounts, mount => IsIn(change.Path, mount)))
            .ToList();
        var parents = changes.Select(change => System.IO.Path.GetDirectoryName(change.Path)!.Replace('\\', '/'))
            .ToHashSet(StringComparer.Ordinal);
        var found = new List<FoundFile>();
        foreach (var some in changes.Where(change => !parents.Contains(change.Path))
            .OrderByDescending(change => change.Path.StartsWith(Secrets, StringComparison.Ordinal)).Take(MostFiles).Chunk(AtOnce))
        {
            var stats = await Task.WhenAll(some.Select(change => calls.StatAsync(id, change.Path, cancellationToken)))
                .ConfigureAwait(false);
            found.AddRange(some.Zip(stats).Where(one => IsCopied(container, one.First.Path, one.Second)).Select(one => new FoundFile(
                one.First.Path,
                one.First.Path.StartsWith(Secrets, StringComparison.Ordinal)
                    || (one.First.Kind == Added && (one.Second!["mode"]!.GetValue<long>() & AnyWriter) == 0))));
        }

        return found;
    }

    private static bool IsIn(string path, string folder) =>
        path == folder || path.StartsWith(folder.TrimEnd('/') + "/", StringComparison.Ordinal);

    private static bool IsCopied(ContainerView container, string path, JsonNode? stat)
    {
        if (stat is null || (stat["mode"]!.GetValue<long>() & AnyType) != 0)
        {
            return false;
        }

        var time = stat.Time("mtime");
        var (created, started) = (container.CreatedAt, container.StartedAt);
        return path.StartsWith(Secrets, StringComparison.Ordinal)
            || (stat["size"]!.GetValue<long>() <= LargestSize
                && !stat.Text("mtime").Contains('.', StringComparison.Ordinal)
                && time > created.AddSeconds(-1) && (time < started.AddSeconds(1) || started < created));
    }
}
