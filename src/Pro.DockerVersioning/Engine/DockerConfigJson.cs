using System.Text.Json;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Engine;

/// <summary>Reads Docker's JSON as Docker's own client (Go's decoder) does: names in any case, null as absent,
/// unknown names ignored.</summary>
internal static class DockerConfigJson
{
    /// <summary>Parses a whole file; an empty one is an empty object.</summary>
    /// <exception cref="ProException">It is not a JSON object; the error names the line.</exception>
    public static JsonElement Parse(ReadOnlyMemory<byte> utf8, string source)
    {
        ReadOnlySpan<byte> byteOrderMark = [0xEF, 0xBB, 0xBF];
        if (utf8.Span.StartsWith(byteOrderMark))
        {
            utf8 = utf8[byteOrderMark.Length..];
        }

        if (utf8.Span.Trim(" \t\r\n"u8).IsEmpty)
        {
            utf8 = "{}"u8.ToArray();
        }

        try
        {
            using var document = JsonDocument.Parse(utf8);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document.RootElement.Clone()
                : throw CredentialErrors.ConfigNotJson(source, 1, 1);
        }
        catch (JsonException exception)
        {
            // Not kept as the inner exception: it quotes the text that it stumbled over, and that may be a secret.
            throw CredentialErrors.ConfigNotJson(source, exception.LineNumber + 1, exception.BytePositionInLine + 1);
        }
    }

    /// <summary>A text, or null if it is absent.</summary>
    public static string? Text(JsonElement parent, string name, string source) =>
        Find(parent, name) is not { } value ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString()
        : throw CredentialErrors.ConfigValueInvalid(source, name, "is not a text");

    /// <summary>An object, or null if it is absent.</summary>
    public static JsonElement? Object(JsonElement parent, string name, string source) =>
        Find(parent, name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Object ? value
        : throw CredentialErrors.ConfigValueInvalid(source, name, "is not an object");

    /// <summary>An object of texts; empty if it is absent.</summary>
    public static Dictionary<string, string> Texts(JsonElement parent, string name, string source)
    {
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        if (Object(parent, name, source) is { } entries)
        {
            foreach (var entry in entries.EnumerateObject().Where(entry => entry.Value.ValueKind != JsonValueKind.Null))
            {
                texts[entry.Name] = entry.Value.ValueKind == JsonValueKind.String
                    ? entry.Value.GetString()!
                    : throw CredentialErrors.ConfigValueInvalid(source, $"{name}.{entry.Name}", "is not a text");
            }
        }

        return texts;
    }

    /// <summary>The texts of a list; empty if it is absent or something else.</summary>
    public static IReadOnlyList<string> List(JsonElement parent, string name) =>
        Find(parent, name) is { ValueKind: JsonValueKind.Array } list
            ? [.. list.EnumerateArray().Where(one => one.ValueKind == JsonValueKind.String).Select(one => one.GetString()!)]
            : [];

    private static JsonElement? Find(JsonElement parent, string name)
    {
        JsonElement? found = null;
        foreach (var property in parent.EnumerateObject())
        {
            if (property.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                found = property.Value;
            }
        }

        return found is { ValueKind: not JsonValueKind.Null } ? found : null;
    }
}
