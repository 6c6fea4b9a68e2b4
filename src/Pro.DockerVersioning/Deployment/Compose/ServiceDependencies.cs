using Pro.DockerVersioning.Configuration.Compose;
using Pro.DockerVersioning.Deployment.Compose.Project;

namespace Pro.DockerVersioning.Deployment.Compose;

/// <summary>What <c>depends_on</c> says between the services of a project.</summary>
internal static class ServiceDependencies
{
    private const string Key = "depends_on";

    /// <summary>The services that compose restarts after it has updated a service: those that say <c>restart: true</c> of it.</summary>
    public static IReadOnlyList<string> RestartedWith(ProjectFiles files, string service) =>
        [.. files.Services
            .Where(one => one.Name != service
                && ((one.Node[Key] as ComposeMapping)?[service] as ComposeMapping)?["restart"] is ComposeScalar restart
                && files.VariableFree(restart.Text, restart.At) is "true" or "True" or "TRUE" or "yes" or "on")
            .Select(one => one.Name)];

    /// <summary>
    /// The services that must have ended well before a service starts, however far away: migrations, mostly. In the order in which compose
    /// would run them: what one of them waits for goes before it.
    /// </summary>
    public static IReadOnlyList<ComposeService> OneShotsOf(ProjectFiles files, string service)
    {
        var found = new List<ComposeService>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var oneShots = new HashSet<string>(StringComparer.Ordinal);
        Visit(service);
        return [.. found.Where(one => oneShots.Contains(one.Name))];

        void Visit(string name)
        {
            if (!seen.Add(name) || files.Services.FirstOrDefault(one => one.Name == name) is not { } said)
            {
                return;
            }

            foreach (var (other, condition) in DependenciesOf(said.Node[Key]))
            {
                if (condition == "service_completed_successfully" && other != service)
                {
                    _ = oneShots.Add(other);
                }

                Visit(other);
            }

            found.Add(said);
        }
    }

    private static IEnumerable<(string Service, string? Condition)> DependenciesOf(ComposeNode? node) => node switch
    {
        ComposeMapping mapping => mapping.Entries
            .Select(entry => (entry.Key, ((entry.Value as ComposeMapping)?["condition"] as ComposeScalar)?.Text)),
        ComposeSequence list => list.Items.OfType<ComposeScalar>().Select(item => (item.Text, (string?)null)),
        _ => [],
    };
}
