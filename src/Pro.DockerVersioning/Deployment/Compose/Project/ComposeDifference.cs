using Pro.DockerVersioning.Configuration.Compose;
using Pro.DockerVersioning.Deployment.Compose.Program;

namespace Pro.DockerVersioning.Deployment.Compose.Project;

/// <summary>Compares two rendered projects.</summary>
internal static class ComposeDifference
{
    /// <summary>
    /// True if two renderings say the same of a service, and of the networks, volumes, configs and secrets that it uses, but for its
    /// image. Other services aren't touched, whatever is said of them; and what begins with <c>x-</c> means nothing to compose.
    /// </summary>
    public static bool OnlyImages(ComposeMapping one, ComposeMapping other, string service) =>
        Same(Relevant(one, service), Relevant(other, service));

    private static ComposeMapping Relevant(ComposeMapping rendered, string service)
    {
        var node = (rendered["services"] as ComposeMapping)?[service] as ComposeMapping;
        var rest = rendered.Entries
            .Where(entry => entry.Key != "services" && !IsExtension(entry.Key))
            .Select(entry => new KeyValuePair<string, ComposeNode>(entry.Key, UsedBy(node, entry.Key, entry.Value)));
        return rendered.With(node is null
            ? [.. rest]
            : [.. rest, new("services", node.With([.. node.Entries.Where(entry => entry.Key != "image" && !IsExtension(entry.Key))]))]);
    }

    private static bool IsExtension(string key) => key.StartsWith("x-", StringComparison.Ordinal);

    /// <summary>Of the project's configs and secrets those that the service names; all of anything else.</summary>
    private static ComposeNode UsedBy(ComposeMapping? service, string section, ComposeNode all) =>
        section is "configs" or "secrets" && all is ComposeMapping mapping
            ? mapping.With([.. mapping.Entries.Where(entry => RenderedService.Sources(service, section).Contains(entry.Key))])
            : all;

    private static bool Same(ComposeNode one, ComposeNode other) => (one, other) switch
    {
        (ComposeScalar left, ComposeScalar right) => left.IsNull == right.IsNull && left.Text == right.Text,
        (ComposeSequence left, ComposeSequence right) =>
            left.Items.Count == right.Items.Count && left.Items.Zip(right.Items).All(pair => Same(pair.First, pair.Second)),
        (ComposeMapping left, ComposeMapping right) => left.Entries.Count == right.Entries.Count
            && left.Entries.All(entry => right.Entries.Any(match => match.Key == entry.Key && Same(entry.Value, match.Value))),
        _ => false,
    };
}
