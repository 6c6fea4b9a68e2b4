using System.Globalization;
using System.Text.Json.Nodes;

namespace Pro.DockerVersioning.Engine.Api;

/// <summary>Reads the engine's JSON, in which null, absent and empty often mean the same, and sometimes do not.</summary>
internal static class EngineJson
{
    /// <summary>A text, or "" if there is none.</summary>
    public static string Text(this JsonNode? node, string name) =>
        node?[name] is JsonValue value && value.TryGetValue(out string? text) ? text : "";

    /// <summary>A time; the beginning of time if there is none.</summary>
    public static DateTimeOffset Time(this JsonNode? node, string name) => DateTimeOffset.TryParse(
        node.Text(name), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : default;

    /// <summary>An object's members, or none.</summary>
    public static IEnumerable<KeyValuePair<string, JsonNode?>> Members(this JsonNode? node, string name) => node?[name] as JsonObject ?? [];

    /// <summary>A list's elements, or none.</summary>
    public static IEnumerable<JsonNode?> Elements(this JsonNode? node, string name) => node?[name] as JsonArray ?? [];

    /// <summary>A list of texts, or none.</summary>
    public static IEnumerable<string> Texts(this JsonNode? node, string name) =>
        node.Elements(name).OfType<JsonValue>().Select(value => value.TryGetValue(out string? text) ? text : "");

    /// <summary>True for true; null and absent are false.</summary>
    public static bool Flag(this JsonNode? node, string name) =>
        node?[name] is JsonValue value && value.TryGetValue(out bool flag) && flag;

    /// <summary>True if there is nothing: absent, null, "", [], {}, 0 or false, which the engine takes as "not said".</summary>
    public static bool IsNothing(JsonNode? node) => node switch
    {
        null => true,
        JsonArray array => array.Count == 0,
        JsonObject members => members.Count == 0,
        JsonValue value when value.TryGetValue(out string? text) => text.Length == 0,
        JsonValue value when value.TryGetValue(out bool flag) => !flag,
        JsonValue value when value.TryGetValue(out long number) => number == 0,
        _ => false,
    };

    /// <summary>Whether both say the same; two that say nothing do.</summary>
    public static bool Same(JsonNode? left, JsonNode? right) =>
        JsonNode.DeepEquals(left, right) || (IsNothing(left) && IsNothing(right));

    /// <summary>A platform as Docker writes it: <c>linux/arm/v7</c>; "" if nothing is said.</summary>
    public static string PlatformOf(JsonNode? platform)
    {
        string[] parts = [platform.Text("os"), platform.Text("architecture"), platform.Text("variant")];
        return string.Join('/', parts.Where(part => part.Length > 0));
    }
}
