using System.Text.Json.Nodes;

namespace Pro.DockerVersioning.Tests.Deployment.Container;

/// <summary>Where two JSON values differ, and how: <c>HostConfig.Binds[0]</c>.</summary>
internal sealed record JsonDifference(string Path, string Left, string Right)
{
    private const string Absent = "(absent)";

    /// <summary>All differences; null, absent, empty and zero are four things.</summary>
    public static IEnumerable<JsonDifference> Between(JsonNode? left, JsonNode? right, string path = "") => (left, right) switch
    {
        (JsonObject one, JsonObject other) => one.Select(member => member.Key).Union(other.Select(member => member.Key))
            .SelectMany(name => Member(one, other, name, path.Length == 0 ? name : $"{path}.{name}")),
        (JsonArray one, JsonArray other) when one.Count == other.Count =>
            one.Zip(other).SelectMany((pair, index) => Between(pair.First, pair.Second, $"{path}[{index}]")),
        _ when JsonNode.DeepEquals(left, right) => [],
        _ => [new JsonDifference(path, Show(left), Show(right))],
    };

    public override string ToString() => $"{Path}: {Left} -> {Right}";

    private static IEnumerable<JsonDifference> Member(JsonObject left, JsonObject right, string name, string path)
    {
        var isLeft = left.TryGetPropertyValue(name, out var one);
        var isRight = right.TryGetPropertyValue(name, out var other);
        return isLeft && isRight
            ? Between(one, other, path)
            : [new JsonDifference(path, isLeft ? Show(one) : Absent, isRight ? Show(other) : Absent)];
    }

    private static string Show(JsonNode? node) => node?.ToJsonString() ?? "null";
}
