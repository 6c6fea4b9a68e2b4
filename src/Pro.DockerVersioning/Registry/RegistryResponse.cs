using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Pro.DockerVersioning.Registry;

/// <summary>An answer, read to its end, so that nobody has to hold a connection.</summary>
/// <param name="Status">The status.</param>
/// <param name="Headers">The headers of the answer.</param>
/// <param name="ContentHeaders">The headers of its content.</param>
/// <param name="Body">The content; empty for HEAD.</param>
internal sealed record RegistryResponse(HttpStatusCode Status, HttpResponseHeaders Headers, HttpContentHeaders ContentHeaders, byte[] Body)
{
    private const int LongestPlainText = 200;

    /// <summary>The proxy that it came through, which may have answered in the registry's place; null if there was none.</summary>
    public string? Proxy { get; init; }

    public bool IsSuccess => (int)Status is >= 200 and < 300;

    public string? ContentType => ContentHeaders.ContentType?.MediaType;

    /// <summary>A header's first value, or null.</summary>
    public string? Header(string name) => Headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;

    /// <summary>True when one of the errors has this code (distribution's <c>errors[].code</c>).</summary>
    public bool HasError(string code) => Errors().Any(error => error.Code == code);

    /// <summary>The registry's own words, with the status; for messages.</summary>
    public string Describe()
    {
        var errors = Errors().Select(error => $"{error.Code} {error.Message}".Trim()).Where(text => text.Length > 0).ToList();
        var said = errors.Count > 0 ? $"{string.Join("; ", errors)} (HTTP {(int)Status})" : $"HTTP {(int)Status} {PlainText()}".Trim();
        return Proxy is null ? said : $"{said}, through the proxy {Proxy}";
    }

    private string PlainText() =>
        ContentType == "text/plain" && Body.Length <= LongestPlainText ? System.Text.Encoding.UTF8.GetString(Body) : string.Empty;

    /// <summary>The error objects: a registry's <c>errors</c>, or a token server's <c>details</c> or <c>error_description</c>.</summary>
    private List<(string Code, string Message)> Errors()
    {
        try
        {
            using var document = JsonDocument.Parse(Body);
            var root = document.RootElement;
            if (root.ValueKind == JsonValueKind.Object
                && root.TryGetProperty("errors", out var errors) && errors.ValueKind == JsonValueKind.Array)
            {
                return [.. errors.EnumerateArray().Select(error => (Text(error, "code"), Text(error, "message")))];
            }

            var said = new[] { Text(root, "details"), Text(root, "error_description"), Text(root, "message"), Text(root, "error") };
            return said.FirstOrDefault(text => text.Length > 0) is { } first ? [(string.Empty, first)] : [];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    private static string Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : string.Empty;
}
