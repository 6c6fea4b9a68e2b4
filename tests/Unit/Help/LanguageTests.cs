using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Pro.DockerVersioning.HelpBuilder;
using Xunit;

namespace Pro.DockerVersioning.Tests.Help;

/// <summary>README, docs and help speak plain English: short sentences, and common words for the things of this module.</summary>
public sealed partial class LanguageTests
{
    private const int MostWords = 30;
    private const int MedianWords = 14;

    private static readonly string Root = Path.GetFullPath(Path.Combine(Here(), "../../.."));

    private static readonly string[] Paths =
        [.. Directory.GetFiles(Path.Combine(Root, "docs"), "*.md", SearchOption.AllDirectories)
            .Append(Path.Combine(Root, "README.md"))
            .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
            .Where(path => !path.Contains("zh-CN", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)];

    public static TheoryData<string> Texts => [.. Paths];

    [Theory]
    [MemberData(nameof(Texts))]
    public void A_text_has_short_sentences_and_no_odd_phrases(string path)
    {
        var blocks = Read(path);
        Assert.DoesNotContain(Sentences(blocks), sentence => Words(sentence) > MostWords);
        Assert.Empty(blocks.SelectMany(Phrases).SelectMany(text => OddPhrase().Matches(text).Select(match => $"{match.Value}: {text}")));
    }

    [Fact]
    public void Half_of_all_sentences_are_short()
    {
        // What has three words or fewer is a name or a link.
        var words = Paths.SelectMany(path => Sentences(Read(path))).Select(Words).Where(count => count > 3).Order().ToList();
        Assert.InRange(words[words.Count / 2], 4, MedianWords);
    }

    [Fact]
    public void A_message_has_short_sentences_and_no_odd_phrases()
    {
        var literals = Literals().ToList();
        Assert.Contains("Nothing was touched.", string.Concat(literals), StringComparison.Ordinal);
        Assert.Empty(literals.SelectMany(text => OddPhrase().Matches(text).Select(match => $"{match.Value}: {text}")));
        // A script of a clean-up job is one text of many lines. What holds a bar is a pattern, which nobody reads.
        Assert.DoesNotContain(
            literals.Where(text => !text.Contains('|')).SelectMany(text => SentenceEnd().Split(text)),
            sentence => Words(sentence) > MostWords);
    }

    [Theory]
    [InlineData("The old version is brought back.")]
    [InlineData("This is no alias.")]
    [InlineData("Where nothing runs, compose starts it.")]
    public void An_odd_phrase_is_found(string text) => Assert.Matches(OddPhrase(), text);

    [Theory]
    [InlineData("There is no default.")]
    [InlineData("If there is none, the default counts.")]
    [InlineData("It is no longer there.")]
    [InlineData("Where does it end?")]
    [InlineData("Where the content comes from")]
    [InlineData("The folder where it is.")]
    public void Common_words_are_not_odd(string text) => Assert.DoesNotMatch(OddPhrase(), text);

    private static IReadOnlyList<TextBlock> Read(string path)
    {
        // Only the text counts here: what help can't show, such as a picture, is not an error.
        var source = PageSource.Read(Path.Combine(Root, path));
        return MarkdownText.Read(source.Text, new PageErrors(source));
    }

    /// <summary>All texts of the module's code: each is a message, a part of one, or a name.</summary>
    private static IEnumerable<string> Literals()
    {
        using var file = new PEReader(File.OpenRead(typeof(ProException).Assembly.Location));
        var reader = file.GetMetadataReader();
        for (var handle = MetadataTokens.UserStringHandle(1); !handle.IsNil; handle = reader.GetNextHandle(handle))
        {
            yield return reader.GetUserString(handle);
        }
    }

    /// <summary>Paragraphs and items, sentence by sentence; inline code is one word.</summary>
    private static IEnumerable<string> Sentences(IEnumerable<TextBlock> blocks) =>
        blocks.Where(block => block is ParagraphText or ListText).SelectMany(Phrases).SelectMany(text => SentenceEnd().Split(text));

    private static IEnumerable<string> Phrases(TextBlock block)
    {
        IEnumerable<string> texts = block switch
        {
            ParagraphText paragraph => [paragraph.Text],
            HeadingText heading => [heading.Text],
            ListText list => list.Items,
            TableText table => table.Rows.SelectMany(row => row),
            _ => [],
        };
        return texts.Select(text => InlineCode().Replace(text, "X"));
    }

    private static int Words(string sentence) => sentence.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length;

    private static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;

    [GeneratedRegex(@"(?<=[.!?])\s+|\n")]
    private static partial Regex SentenceEnd();

    [GeneratedRegex("`[^`]*`")]
    private static partial Regex InlineCode();

    [GeneratedRegex(
        @"\b(ways? back|cut off|made again|brought back|proven|proves|sick|of use|stands? in|the old one)\b"
            + @"|(?<!there )\bis (none\b|no (?!longer|more))|(?-i:^|(?<=[.] ))(?-i:Where)\b[^.?]*,",
        RegexOptions.IgnoreCase)]
    private static partial Regex OddPhrase();
}
