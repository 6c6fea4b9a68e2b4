using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.History;
using Pro.DockerVersioning.Images.Building.Output;
using Xunit;

namespace Pro.DockerVersioning.Tests.Output;

/// <summary>
/// What a build, a container or a registry prints can't move the cursor, colour the prompt, or hide what is said about it.
/// </summary>
public sealed class PlainTextTests
{
    private const string Evil = "ok\u001b[2J\u001b]0;title\u0007\u001b[1Agone\u009b31m\u202eback\u0008\u007f";
    private const string Harmless = "okgone31mback";

    [Theory]
    [InlineData(Evil, Harmless)]
    [InlineData("a\u001bPq\u001b\\b", "aqb")]
    [InlineData("täglich – 100 %\t✓ ", "täglich – 100 %\t✓ ")]
    public void A_line_keeps_its_letters_and_nothing_else(string line, string plain) => Assert.Equal(plain, PlainText.Line(line));

    [Theory]
    [InlineData("one\r\ntwo\tthree\n", "one\r\ntwo\tthree\n")]
    [InlineData("one\n\u001b[31mtwo", "one\ntwo")]
    [InlineData("all is well\rall is lost", "all is well\nall is lost")]
    public void Several_lines_keep_their_ends(string text, string plain) => Assert.Equal(plain, PlainText.Of(text));

    [Fact]
    public void An_error_says_nothing_that_a_terminal_would_obey()
    {
        var error = new ProException("Test", ProErrorCategory.InvalidData, $"the engine said {Evil}\nand more", Evil);
        Assert.Equal($"the engine said {Harmless}\nand more", error.Message);
        Assert.Equal(Harmless, error.RecommendedAction);
    }

    [Fact]
    public void The_lines_of_a_build_are_made_safe_for_its_error_and_its_progress()
    {
        var seen = new List<string>();
        var log = new BuildLog(new Now(seen));
        log.Line(null, Evil);
        Assert.Equal([Harmless], log.LastLines);
        Assert.Equal([Harmless], seen);
    }

    [Fact]
    public void A_line_of_the_history_is_made_safe_when_it_is_read()
    {
        const string Json = """{"v":1,"time":"2026-09-14T10:12:00Z","kind":"Deploy","service":"api" """
            + ""","outcome":"Failed","message":"a\u001b[2Jb","log":["c\u001b[1Ad"]}""";
        Assert.True(HistoryLine.TryRead(System.Text.Encoding.UTF8.GetBytes(Json), out var entry));
        Assert.Equal("ab", entry.Message);
        Assert.Equal(["cd"], entry.LogTail);
    }

    private sealed class Now(List<string> seen) : IProgress<BuildProgress>
    {
        public void Report(BuildProgress value) => seen.AddRange(value is BuildLogLine line ? [line.Text] : []);
    }
}
