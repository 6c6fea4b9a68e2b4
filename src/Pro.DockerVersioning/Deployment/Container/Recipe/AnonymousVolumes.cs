using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Pro.DockerVersioning.Engine.Api;

namespace Pro.DockerVersioning.Deployment.Container.Recipe;

/// <summary>
/// Anonymous volumes go along, by their names: they hold what the service has written. The engine would make the next container
/// new, empty ones. A volume that the old image declared and the next one doesn't goes along as well: data is never left behind
/// silently, and a restore needs it.
/// </summary>
internal static partial class AnonymousVolumes
{
    /// <summary>Names the anonymous volumes in a copy of the container's <c>HostConfig</c>.</summary>
    public static void Name(JsonObject hostConfig, ContainerView container)
    {
        var mounts = hostConfig.Elements("Mounts").OfType<JsonObject>().ToArray();
        var bound = hostConfig.Texts("Binds").Select(DestinationOf).ToHashSet(StringComparer.Ordinal);
        var inherits = hostConfig.Texts("VolumesFrom").Any();
        foreach (var volume in container.Mounts.Where(mount => mount.Text("Type") == "volume"))
        {
            var destination = Clean(volume.Text("Destination"));
            if (Array.Find(mounts, mount => Clean(mount.Text("Target")) == destination) is { } declared)
            {
                if (declared.Text("Source").Length == 0)
                {
                    declared["Source"] = volume.Text("Name");
                }
            }
            else if (!bound.Contains(destination) && (!inherits || Declares(container, destination)))
            {
                Bind(hostConfig, volume!);
            }
        }
    }

    // With --volumes-from a volume that nobody declares here is the other container's, and comes along with it.
    private static bool Declares(ContainerView container, string destination) =>
        container.Config.Members("Volumes").Any(volume => Clean(volume.Key) == destination);

    private static void Bind(JsonObject hostConfig, JsonNode volume)
    {
        if (hostConfig["Binds"] is not JsonArray binds)
        {
            hostConfig["Binds"] = binds = [];
        }

        binds.Add((JsonNode)$"{volume.Text("Name")}:{volume.Text("Destination")}{(volume.Flag("RW") ? "" : ":ro")}");
    }

    // SOURCE:DESTINATION[:MODE]; on Windows both may begin with a drive's letter and a colon.
    private static string DestinationOf(string bind) => Clean(Destination().Match(bind).Groups[1].Value);

    [GeneratedRegex(@"^(?:(?>(?:[a-zA-Z]:(?=[\\/]))?)[^:]*:)?((?:[a-zA-Z]:(?=[\\/]))?[^:]*)", RegexOptions.CultureInvariant)]
    private static partial Regex Destination();

    private static string Clean(string path)
    {
        var clean = path.TrimEnd('/', '\\');
        return clean.Length == 0 ? path : clean;
    }
}
