using System.Text;
using System.Text.RegularExpressions;

namespace Pro.DockerVersioning.Images.Building.Dockerfile;

/// <summary>
/// Puts values in the place of variables as a Dockerfile does: <c>$NAME</c>, <c>${NAME}</c>, and <c>${NAME:-word}</c> with <c>-</c>,
/// <c>:+</c>, <c>+</c>, <c>:?</c> and <c>?</c>, whose words may hold variables again.
/// </summary>
/// <remarks>See https://docs.docker.com/reference/dockerfile/#environment-replacement.</remarks>
internal static partial class DockerfileVariables
{
    /// <summary>
    /// Expands; null if a variable has neither a value nor a default, or if the form is one that only the builder knows
    /// (<c>${NAME#pattern}</c>).
    /// </summary>
    public static string? Expand(string text, IReadOnlyDictionary<string, string?> values)
    {
        var result = new StringBuilder();
        for (var index = 0; index < text.Length;)
        {
            if (text[index] == '\\' && index + 1 < text.Length)
            {
                result.Append(text[index + 1]);
                index += 2;
            }
            else if (text[index] != '$')
            {
                result.Append(text[index++]);
            }
            else if (Read(text, ref index, values) is { } value)
            {
                result.Append(value);
            }
            else
            {
                return null;
            }
        }

        return result.ToString();
    }

    /// <summary>The variables that a text uses, those in defaults too.</summary>
    public static IEnumerable<string> Names(string text) => Used().Matches(text).Select(match => match.Groups["name"].Value);

    private static string? Read(string text, ref int index, IReadOnlyDictionary<string, string?> values)
    {
        var plain = Plain().Match(text, index);
        if (plain.Success)
        {
            index += plain.Length;
            return values.GetValueOrDefault(plain.Groups["name"].Value);
        }

        var close = CloseOf(text, index);
        var match = close < 0 ? Match.Empty : Braced().Match(text[(index + 2)..close]);
        if (!match.Success)
        {
            return null;
        }

        index = close + 1;
        var value = values.GetValueOrDefault(match.Groups["name"].Value);
        var word = match.Groups["word"].Value;
        var has = match.Groups["colon"].Success ? !string.IsNullOrEmpty(value) : value is not null;
        return match.Groups["operator"].Value switch
        {
            "-" => has ? value : Expand(word, values),
            "+" => has ? Expand(word, values) : string.Empty,
            "?" => has ? value : null,
            _ => value,
        };
    }

    /// <summary>The index of the brace that closes the one after the dollar; -1 if none does.</summary>
    private static int CloseOf(string text, int dollar)
    {
        var depth = 0;
        for (var index = dollar + 1; index < text.Length; index++)
        {
            depth += text[index] switch { '{' => 1, '}' => -1, _ => 0 };
            if (depth == 0)
            {
                return text[dollar + 1] == '{' ? index : -1;
            }
        }

        return -1;
    }

    [GeneratedRegex(@"(?<!\\)\$\{?(?<name>[A-Za-z_][A-Za-z0-9_]*)", RegexOptions.ExplicitCapture)]
    private static partial Regex Used();

    [GeneratedRegex(@"\G\$(?<name>[A-Za-z_][A-Za-z0-9_]*)", RegexOptions.ExplicitCapture)]
    private static partial Regex Plain();

    [GeneratedRegex(
        @"\A(?<name>[A-Za-z_][A-Za-z0-9_]*)((?<colon>:)?(?<operator>[-+?])(?<word>.*))?\z",
        RegexOptions.ExplicitCapture | RegexOptions.Singleline)]
    private static partial Regex Braced();
}
