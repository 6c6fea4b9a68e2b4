using System.Text;
using System.Text.RegularExpressions;

namespace Pro.DockerVersioning.Images.Building.Dockerfile;

/// <summary>One instruction of a Dockerfile.</summary>
/// <param name="Keyword">In upper case; of ONBUILD the instruction behind it isn't looked at, since it runs in another build.</param>
/// <param name="Flags">What follows as <c>--name=value</c>, in its order.</param>
/// <param name="Words">The rest, cut at blanks, quotes taken away.</param>
internal sealed partial record DockerfileInstruction(
    string Keyword,
    IReadOnlyList<(string Name, string Value)> Flags,
    IReadOnlyList<string> Words)
{
    /// <summary>The heredocs that follow on the next lines.</summary>
    public IReadOnlyList<(string Name, bool StripsTabs)> Heredocs { get; private init; } = [];

    /// <summary>The value of a flag, or null.</summary>
    public string? Flag(string name) => Flags.FirstOrDefault(flag => flag.Name == name).Value;

    /// <summary>Reads one logical line that isn't empty.</summary>
    public static DockerfileInstruction Parse(string line)
    {
        var words = Split(line);
        var keyword = words[0].Text.ToUpperInvariant();
        var flags = new List<(string Name, string Value)>();
        var index = 1;
        for (; index < words.Count && words[index].Raw.StartsWith("--", StringComparison.Ordinal); index++)
        {
            var (name, value) = Cut(words[index].Text[2..]);
            flags.Add((name, value ?? string.Empty));
        }

        var rest = words.Skip(index).ToList();
        return new DockerfileInstruction(keyword, flags, [.. rest.Select(word => word.Text)])
        {
            Heredocs = keyword is "RUN" or "COPY" or "ADD" or "ONBUILD" ? [.. rest.SelectMany(HeredocOf)] : [],
        };
    }

    /// <summary>Cuts at the first equals sign.</summary>
    public static (string Name, string? Value) Cut(string word)
    {
        var equals = word.IndexOf('=', StringComparison.Ordinal);
        return equals < 0 ? (word, null) : (word[..equals], word[(equals + 1)..]);
    }

    private static IEnumerable<(string Name, bool StripsTabs)> HeredocOf(Word word)
    {
        // <<< is a here-string of the shell; "<<EOF" in quotes is a text.
        var match = Heredoc().Match(word.Raw);
        if (match.Success)
        {
            yield return (match.Groups["name"].Value, match.Groups["dash"].Length > 0);
        }
    }

    private static List<Word> Split(string line)
    {
        var words = new List<Word>();
        var text = new StringBuilder();
        var start = -1;
        var quote = '\0';
        for (var i = 0; i <= line.Length; i++)
        {
            var character = i < line.Length ? line[i] : ' ';
            if (start < 0 && char.IsWhiteSpace(character))
            {
                continue;
            }

            if (i == line.Length || (quote == '\0' && char.IsWhiteSpace(character)))
            {
                words.Add(new Word(line[start..i], text.ToString()));
                text.Clear();
                (start, quote) = (-1, '\0');
                continue;
            }

            start = start < 0 ? i : start;
            if (quote == '\0' && character is '"' or '\'' && quote == '\0')
            {
                quote = character;
            }
            else if (character == quote)
            {
                quote = '\0';
            }
            else
            {
                text.Append(character);
            }
        }

        return words;
    }

    [GeneratedRegex(
        @"(?:\A|[^<'""])[0-9]*<<(?<dash>-?)(?<quote>['""]?)(?<name>[A-Za-z_][A-Za-z0-9_.-]*)\k<quote>",
        RegexOptions.ExplicitCapture)]
    private static partial Regex Heredoc();

    private readonly record struct Word(string Raw, string Text);
}
