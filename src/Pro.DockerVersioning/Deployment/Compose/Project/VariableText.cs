using Pro.DockerVersioning.Configuration.Compose;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Deployment.Compose.Project;

/// <summary>One variable in a text of a compose file: from the dollar to the end.</summary>
/// <param name="Start">The dollar's index.</param>
/// <param name="End">The index after it.</param>
/// <param name="Name">The variable.</param>
/// <param name="Operator">What follows the name: nothing, <c>:-</c>, <c>-</c>, <c>:?</c>, <c>?</c>, <c>:+</c> or <c>+</c>.</param>
internal sealed record VariablePlace(int Start, int End, string Name, string Operator)
{
    /// <summary>True if setting the variable puts its value there. With <c>+</c> another text appears instead.</summary>
    public bool TakesValue => !Operator.EndsWith('+');
}

/// <summary>Finds the variables of a text, which compose's interpolation replaces without telling where they were.</summary>
internal static class VariableText
{
    /// <summary>The variables in the order of the text; not those inside of another one's default.</summary>
    public static IReadOnlyList<VariablePlace> Places(string text)
    {
        var places = new List<VariablePlace>();
        var index = 0;
        while (index < text.Length - 1)
        {
            if (text[index] != '$')
            {
                index++;
            }
            else if (text[index + 1] == '$')
            {
                index += 2;
            }
            else if (Read(text, index) is { } place)
            {
                places.Add(place);
                index = place.End;
            }
            else
            {
                index++;
            }
        }

        return places;
    }

    /// <summary>The names of all variables that a text could ever ask for, those in defaults too.</summary>
    public static IReadOnlySet<string> Names(string text)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var answer in new[] { null, "x" })
        {
            try
            {
                ComposeInterpolation.Expand(text, new FilePosition(string.Empty, 1, 1), Find, tellMissing: null);
            }
            catch (ProException)
            {
                // One that must be set, or no valid text: compose itself will say so.
            }

            string? Find(string name)
            {
                names.Add(name);
                return answer;
            }
        }

        return names;
    }

    private static VariablePlace? Read(string text, int dollar)
    {
        var braced = text[dollar + 1] == '{';
        var start = dollar + (braced ? 2 : 1);
        var end = start;
        while (end < text.Length && (text[end] == '_' || char.IsAsciiLetter(text[end]) || (end > start && char.IsAsciiDigit(text[end]))))
        {
            end++;
        }

        if (end == start)
        {
            return null;
        }

        var name = text[start..end];
        if (!braced)
        {
            return new VariablePlace(dollar, end, name, string.Empty);
        }

        var close = Close(text, end);
        if (close < 0)
        {
            return null;
        }

        var length = end < close ? text[end] == ':' ? 2 : 1 : 0;
        return end + length > close ? null : new VariablePlace(dollar, close + 1, name, text.Substring(end, length));
    }

    private static int Close(string text, int start)
    {
        var depth = 1;
        for (var index = start; index < text.Length; index++)
        {
            depth += text[index] switch { '{' => 1, '}' => -1, _ => 0 };
            if (depth == 0)
            {
                return index;
            }
        }

        return -1;
    }
}
