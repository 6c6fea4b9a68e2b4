using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Pro.DockerVersioning.Engine.Api;

namespace Pro.DockerVersioning.Deployment.Container.Recipe;

/// <summary>Reads off a HEALTHCHECK's command whom it asks.</summary>
internal static class HealthCheckName
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Whether a name is asked for as a host: as a word of its own, or behind <c>//</c> or <c>@</c>. A part of a path or of an option isn't
    /// a host, and neither is the program.
    /// </summary>
    public static bool IsAsked(JsonNode? healthcheck, string name)
    {
        var test = healthcheck.Texts("Test").ToArray();
        return test switch
        {
            [] or ["NONE", ..] or [""] => false,
            ["CMD-SHELL", var line, ..] => Contains(line.TrimStart(), name),
            [_, .. var words] => Contains(string.Join('\n', words), name),
        };
    }

    private static bool Contains(string text, string name) => Regex.IsMatch(
        text,
        $@"(?<=[\s""'=@(,]|//){Regex.Escape(name)}(?=$|[\s""':/,;|)&?#])",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant,
        Patience);
}
