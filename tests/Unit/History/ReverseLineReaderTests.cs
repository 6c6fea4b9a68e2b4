using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Pro.DockerVersioning.History;
using Xunit;

namespace Pro.DockerVersioning.Tests.History;

public sealed class ReverseLineReaderTests
{
    [Fact]
    public void Lines_come_last_first_whatever_their_lengths_and_the_blocks()
    {
        var length = Gen.Frequency((6, Gen.Choose(0, 40)), (3, Gen.Choose(30_000, 70_000)), (1, Gen.Choose(65_534, 65_538)));
        var file = from lengths in length.ListOf()
            from isWhole in Gen.Elements(true, false)
            select (lengths.Select((count, index) => new string((char)('a' + (index % 26)), count)).ToArray(), isWhole);

        Prop.ForAll(Arb.From(file), one => Check(one.Item1, one.isWhole)).QuickCheckThrowOnFailure();
    }

    [Fact]
    public async Task Of_a_line_that_is_too_long_an_empty_one_comes_and_the_others_stay()
    {
        var text = $"first\n{new string('x', 300_000)}\nlast\n";

        Assert.Equal(["last", "", "first"], await ReadAsync(text, maxBytes: 100_000));
    }

    private static void Check(string[] lines, bool isWhole)
    {
        var text = string.Join('\n', lines) + (isWhole && lines.Length > 0 ? "\n" : "");

        // What stands behind the last line feed is a line only if there is something.
        var expected = Enumerable.Reverse(text.Split('\n')).ToList();
        if (expected[0].Length == 0)
        {
            expected.RemoveAt(0);
        }

        // The file's first line, empty: nothing stands before its line feed.
        if (expected.Count > 0 && expected[^1].Length == 0)
        {
            expected.RemoveAt(expected.Count - 1);
        }

        Assert.Equal(expected, ReadAsync(text, maxBytes: 1 << 20).GetAwaiter().GetResult());
    }

    private static async Task<List<string>> ReadAsync(string text, int maxBytes)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(text));
        var lines = new List<string>();
        await foreach (var line in ReverseLineReader.ReadAsync(stream, maxBytes, TestContext.Current.CancellationToken))
        {
            lines.Add(Encoding.UTF8.GetString(line.Span));
        }

        return lines;
    }
}
