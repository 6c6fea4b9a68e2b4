using System.Net.Http.Headers;
using System.Text;

namespace Pro.DockerVersioning.Registry;

/// <summary>One challenge of <c>WWW-Authenticate</c> (RFC 9110, 11.6.1).</summary>
/// <param name="Scheme"><c>Basic</c> or <c>Bearer</c>.</param>
/// <param name="Parameters">Names in any case.</param>
internal sealed record RegistryChallenge(string Scheme, IReadOnlyDictionary<string, string> Parameters)
{
    public bool IsBearer => Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase);

    public bool IsBasic => Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase);

    /// <summary>A parameter, or null.</summary>
    public string? this[string name] => Parameters.TryGetValue(name, out var value) ? value : null;

    /// <summary>The challenge to answer: a token before a password, as Docker does; null if neither is offered.</summary>
    public static RegistryChallenge? Choose(HttpResponseHeaders headers)
    {
        var challenges = headers.WwwAuthenticate.Select(Parse).ToList();
        return challenges.FirstOrDefault(challenge => challenge.IsBearer) ?? challenges.FirstOrDefault(challenge => challenge.IsBasic);
    }

    public static RegistryChallenge Parse(AuthenticationHeaderValue header) =>
        new(header.Scheme, ParseParameters(header.Parameter ?? string.Empty));

    private static Dictionary<string, string> ParseParameters(string text)
    {
        var parameters = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var position = 0;
        while (position < text.Length)
        {
            var equals = text.IndexOf('=', position);
            if (equals < 0)
            {
                break;
            }

            var name = text[position..equals].Trim(' ', ',', '\t');
            (var value, position) = ReadValue(text, equals + 1);
            parameters[name] = value;
        }

        return parameters;
    }

    /// <summary>A token up to the comma, or a quoted text with its escapes: a scope holds commas.</summary>
    private static (string Value, int Next) ReadValue(string text, int start)
    {
        if (start >= text.Length || text[start] != '"')
        {
            var comma = text.IndexOf(',', start);
            var end = comma < 0 ? text.Length : comma;
            return (text[start..end].Trim(), end + 1);
        }

        var value = new StringBuilder();
        var position = start + 1;
        for (; position < text.Length && text[position] != '"'; position++)
        {
            if (text[position] == '\\' && position + 1 < text.Length)
            {
                position++;
            }

            value.Append(text[position]);
        }

        return (value.ToString(), position + 1);
    }
}
