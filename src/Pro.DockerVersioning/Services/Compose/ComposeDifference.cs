using Pro.DockerVersioning.Configuration.Compose;

namespace Pro.DockerVersioning.Services.Compose;

/// <summary>Compares two rendered projects.</summary>
internal static class ComposeDifference
{
    /// <summary>
    /// True where two renderings say the same of a service and of all that isn't a service, but for the service's image. Other services
    /// aren't touched, whatever is said of them.
    /// </summary>
    public static bool OnlyImages(ComposeMapping one, ComposeMapping other, string service) =>
        Same(Relevant(one, service), Relevant(other, service));

    private static ComposeMapping Relevant(ComposeMapping rendered, string service)
    {
        var node = (rendered["services"] as ComposeMapping)?[service] as ComposeMapping;
        var rest = rendered.Entries.Where(entry => entry.Key != "services");
        return rendered.With(node is null
            ? [.. rest]
            : [.. rest, new("services", node.With([.. node.Entries.Where(entry => entry.Key != "image")]))]);
    }

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
