using System.Text;
using System.Text.RegularExpressions;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Configuration.Compose;

/// <summary>
/// Reads a <c>.env</c> file by compose's rules: comments, <c>export</c>, single quotes (as is), double quotes (escapes, variables, several
/// lines), unquoted values (variables; a comment begins at a blank and #). A name without = passes the environment's own value on.
/// </summary>
/// <remarks>See https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/#env-file-syntax.</remarks>
internal sealed partial class DotEnvFile
{
    private readonly string _text;
    private readonly string _file;
    private readonly Func<string, string?> _environment;
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);
    private int _index;

    private DotEnvFile(string text, string file, Func<string, string?> environment)
    {
        _text = text.ReplaceLineEndings("\n");
        _file = file;
        _environment = environment;
    }

    /// <summary>Parses the file; later lines win and see earlier ones.</summary>
    /// <exception cref="ProException">A line isn't NAME=VALUE, or a quote isn't closed.</exception>
    public static IReadOnlyDictionary<string, string> Parse(string text, string file, Func<string, string?> environment)
    {
        var reader = new DotEnvFile(text, file, environment);
        while (reader.SkipToStatement())
        {
            reader.ReadStatement();
        }

        return reader._values;
    }

    /// <summary>Skips blank lines and comments; false at the end.</summary>
    private bool SkipToStatement()
    {
        while (_index < _text.Length)
        {
            if (_text[_index] == '#')
            {
                _index = LineEnd();
            }
            else if (char.IsWhiteSpace(_text[_index]))
            {
                _index++;
            }
            else
            {
                return true;
            }
        }

        return false;
    }

    private void ReadStatement()
    {
        var at = Position();
        var match = Head().Match(_text, _index, LineEnd() - _index);
        if (!match.Success)
        {
            throw ConfigurationErrors.BadEnvLine(_text[_index..LineEnd()].Trim(), at);
        }

        _index = match.Index + match.Length;
        var name = match.Groups["name"].Value;
        if (!match.Groups["equals"].Success)
        {
            if (_environment(name) is { } inherited)
            {
                _values[name] = inherited;
            }

            return;
        }

        _values[name] = Current() switch
        {
            '\'' => ReadQuoted('\'', at),
            '"' => Expand(Unescape(ReadQuoted('"', at)), at),
            _ => Expand(ReadUnquoted(), at),
        };
    }

    private string ReadUnquoted()
    {
        var line = _text[_index..LineEnd()];
        _index = LineEnd();
        var comment = Comment().Match(line);
        return (comment.Success ? line[..comment.Index] : line).Trim();
    }

    /// <summary>Reads to the closing quote, perhaps some lines below. Only the quote itself loses its backslash here.</summary>
    private string ReadQuoted(char quote, FilePosition at)
    {
        var value = new StringBuilder();
        for (_index++; _index < _text.Length; _index++)
        {
            if (_text[_index] == quote)
            {
                _index++;
                return AfterQuote(value.ToString());
            }

            if (_text[_index] == '\\' && _index + 1 < _text.Length)
            {
                var escaped = _text[++_index];
                value.Append(escaped == quote ? string.Empty : "\\").Append(escaped);
            }
            else
            {
                value.Append(_text[_index]);
            }
        }

        throw ConfigurationErrors.OpenQuote(at);
    }

    /// <summary>What follows a closing quote on its line would get lost: only a comment may.</summary>
    private string AfterQuote(string value)
    {
        var rest = _text[_index..LineEnd()].Trim();
        if (rest.Length > 0 && rest[0] != '#')
        {
            throw ConfigurationErrors.BadEnvLine(rest, Position());
        }

        _index = LineEnd();
        return value;
    }

    private string Expand(string value, FilePosition at) =>
        ComposeInterpolation.Expand(value, at, name => _environment(name) ?? _values.GetValueOrDefault(name), tellMissing: null);

    private static string Unescape(string value) => Escape().Replace(value, match => match.Value[1] switch
    {
        'n' => "\n",
        'r' => "\r",
        't' => "\t",
        'a' => "\a",
        'b' => "\b",
        'f' => "\f",
        'v' => "\v",
        '$' => "$$",
        var other => other.ToString(),
    });

    private char Current() => _index < _text.Length ? _text[_index] : '\0';

    private int LineEnd() => _text.IndexOf('\n', _index) is var end and >= 0 ? end : _text.Length;

    private FilePosition Position()
    {
        var before = _text.AsSpan(0, _index);
        return new FilePosition(_file, before.Count('\n') + 1, _index - before.LastIndexOf('\n'));
    }

    [GeneratedRegex(@"\G(?:export[ \t]+)?(?<name>[\p{L}\p{N}_.\-\[\]]+)[ \t]*(?:(?<equals>[=:])[ \t]*|$)")]
    private static partial Regex Head();

    [GeneratedRegex(@"[ \t]#")]
    private static partial Regex Comment();

    [GeneratedRegex(@"\\[abfnrtv$\\]")]
    private static partial Regex Escape();
}
