using System.Text.RegularExpressions;

namespace Pro.DockerVersioning.Images.Building;

/// <summary>Puts values in the place of <c>$NAME</c>, <c>${NAME}</c>, <c>${NAME:-default}</c> and <c>${NAME:+other}</c>.</summary>
internal static partial class DockerfileVariables
{
    /// <summary>Expands; null where a variable has neither a value nor a default.</summary>
    public static string? Expand(string text, IReadOnlyDictionary<string, string?> values)
    {
        var known = true;
        var expanded = Variable().Replace(text, match =>
        {
            if (match.Groups["escaped"].Success)
            {
                return match.Value[1..];
            }

            var value = values.GetValueOrDefault(match.Groups["name"].Value);
            var other = match.Groups["other"].Value;
            switch (match.Groups["operator"].Value)
            {
                case ":-" when string.IsNullOrEmpty(value):
                case "-" when value is null:
                    return Expand(other, values) ?? Unknown();
                case ":+":
                    return string.IsNullOrEmpty(value) ? string.Empty : Expand(other, values) ?? Unknown();
                case "+":
                    return value is null ? string.Empty : Expand(other, values) ?? Unknown();
                default:
                    return value ?? Unknown();
            }
        });
        return known ? expanded : null;

        string Unknown()
        {
            known = false;
            return string.Empty;
        }
    }

    /// <summary>The variables that a text uses, those in defaults too.</summary>
    public static IEnumerable<string> Names(string text) => Used().Matches(text).Select(match => match.Groups["name"].Value);

    [GeneratedRegex(@"(?<!\\)\$\{?(?<name>[A-Za-z_][A-Za-z0-9_]*)", RegexOptions.ExplicitCapture)]
    private static partial Regex Used();

    [GeneratedRegex(
        @"(?<escaped>\\\$)|\$(?:(?<name>[A-Za-z_][A-Za-z0-9_]*)|"
        + @"\{(?<name>[A-Za-z_][A-Za-z0-9_]*)(?:(?<operator>:?[-+])(?<other>[^{}]*(?:\$\{[^{}]*\}[^{}]*)*))?\})",
        RegexOptions.ExplicitCapture)]
    private static partial Regex Variable();
}
