using System.Text;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Configuration.Compose;

/// <summary>
/// Replaces variables by compose's grammar: <c>$NAME</c>, <c>${NAME}</c> with <c>:-</c>, <c>-</c>, <c>:?</c>, <c>?</c>, <c>:+</c> and
/// <c>+</c>, whose words may hold variables again, and <c>$$</c> for a dollar. A dollar before anything else stays.
/// </summary>
/// <remarks>See https://docs.docker.com/reference/compose-file/interpolation/.</remarks>
internal sealed class ComposeInterpolation
{
    /// <summary>Nobody writes more; the limit keeps a hostile file from overflowing the stack.</summary>
    private const int Deepest = 32;

    private readonly string _text;
    private readonly FilePosition _at;
    private readonly Func<string, string?> _find;
    private readonly Action<string>? _tellMissing;
    private readonly int _depth;

    private ComposeInterpolation(string text, FilePosition at, Func<string, string?> find, Action<string>? tellMissing, int depth = 0)
    {
        _depth = depth;
        _text = text;
        _at = at;
        _find = find;
        _tellMissing = tellMissing;
    }

    /// <summary>The scalar's text with its variables replaced.</summary>
    /// <exception cref="ProException">The text breaks the grammar, or a variable that must be set isn't.</exception>
    public static string Expand(ComposeScalar scalar)
    {
        var (at, variables) = (scalar.At, scalar.Source.Variables);
        return Expand(scalar.Resolved, at, variables.Find, name => variables.TellMissing(name, at));
    }

    /// <summary>A text with its variables replaced.</summary>
    /// <param name="text">The text.</param>
    /// <param name="at">Where it stands, for errors.</param>
    /// <param name="find">Finds a variable; null for one that isn't set.</param>
    /// <param name="tellMissing">Hears of variables that are missing and have no default.</param>
    /// <exception cref="ProException">The text breaks the grammar, or a variable that must be set isn't.</exception>
    public static string Expand(string text, FilePosition at, Func<string, string?> find, Action<string>? tellMissing) =>
        text.Contains('$', StringComparison.Ordinal) ? new ComposeInterpolation(text, at, find, tellMissing).Run() : text;

    private string Run()
    {
        var result = new StringBuilder();
        var index = 0;
        while (index < _text.Length)
        {
            var dollar = _text.IndexOf('$', index);
            if (dollar < 0)
            {
                break;
            }

            result.Append(_text, index, dollar - index);
            index = Append(result, dollar);
        }

        return result.Append(_text, index, _text.Length - index).ToString();
    }

    /// <summary>Appends what begins with the dollar at an index, and gives the index after it.</summary>
    private int Append(StringBuilder result, int dollar)
    {
        var next = dollar + 1 < _text.Length ? _text[dollar + 1] : '\0';
        if (next == '$')
        {
            result.Append('$');
            return dollar + 2;
        }

        if (next == '{')
        {
            var close = FindClose(dollar + 2);
            result.Append(Braced(_text[(dollar + 2)..close]));
            return close + 1;
        }

        var end = NameEnd(_text, dollar + 1);
        result.Append(end > dollar + 1 ? Plain(_text[(dollar + 1)..end]) : "$");
        return end;
    }

    private string Plain(string name)
    {
        if (_find(name) is { } value)
        {
            return value;
        }

        _tellMissing?.Invoke(name);
        return string.Empty;
    }

    private string Braced(string inside)
    {
        var end = NameEnd(inside, 0);
        var (name, rest) = (inside[..end], inside[end..]);
        if (name.Length == 0)
        {
            throw ConfigurationErrors.BadInterpolation(_text, _at);
        }

        if (rest.Length == 0)
        {
            return Plain(name);
        }

        // The colon makes an empty value count as a missing one.
        var colon = rest[0] == ':';
        if (colon && rest.Length == 1)
        {
            throw ConfigurationErrors.BadInterpolation(_text, _at);
        }

        var word = rest[(colon ? 2 : 1)..];
        var value = _find(name);
        var present = value is not null && !(colon && value.Length == 0);
        return rest[colon ? 1 : 0] switch
        {
            '-' => present ? value! : Nested(word),
            '+' => present ? Nested(word) : value ?? string.Empty,
            '?' => present ? value! : throw ConfigurationErrors.VariableRequired(name, Nested(word), _at),
            _ => throw ConfigurationErrors.BadInterpolation(_text, _at),
        };
    }

    private string Nested(string word) => _depth < Deepest
        ? new ComposeInterpolation(word, _at, _find, _tellMissing, _depth + 1).Run()
        : throw ConfigurationErrors.BadInterpolation(_text, _at);

    /// <summary>The index of the brace that closes the one before <paramref name="start"/>.</summary>
    private int FindClose(int start)
    {
        var depth = 1;
        for (var index = start; index < _text.Length; index++)
        {
            depth += _text[index] switch { '{' => 1, '}' => -1, _ => 0 };
            if (depth == 0)
            {
                return index;
            }
        }

        throw ConfigurationErrors.BadInterpolation(_text, _at);
    }

    private static int NameEnd(string text, int start)
    {
        var end = start;
        while (end < text.Length && (text[end] == '_' || char.IsAsciiLetter(text[end]) || (end > start && char.IsAsciiDigit(text[end]))))
        {
            end++;
        }

        return end;
    }
}
