using System.Text;

namespace Pro.DockerVersioning.HelpBuilder;

/// <summary>Lays plain text out in columns of a console.</summary>
internal static class TextLayout
{
    /// <summary>How far code is indented from the text around it.</summary>
    public const int CodeIndent = 4;

    /// <summary>The narrowest last column that is still read with ease.</summary>
    private const int MinimumColumn = 20;

    private const string Gap = "  ";

    public static string Indent(string text, int columns) =>
        string.Join('\n', text.Split('\n').Select(line => line.Length == 0 ? line : new string(' ', columns) + line));

    /// <summary>Wraps each line at spaces; a word that is longer than the width keeps a line of its own.</summary>
    /// <param name="text">The text.</param>
    /// <param name="width">The columns of a line, indentation included.</param>
    /// <param name="indent">Before the first line.</param>
    /// <param name="hanging">Before every further line.</param>
    public static string Wrap(string text, int width, string indent, string hanging)
    {
        var lines = new List<string>();
        foreach (var line in text.Split('\n'))
        {
            // What is indented is code inside an item.
            if (line.StartsWith(' '))
            {
                lines.Add(hanging + line);
                continue;
            }

            WrapLine(lines, line, width, lines.Count == 0 ? indent : hanging, hanging);
        }

        return string.Join('\n', lines);
    }

    /// <summary>The table, its last column wrapped to fit; null if it can't fit.</summary>
    public static string? Table(TableText table, int width)
    {
        var columns = table.Rows[0].Count;
        var widths = Enumerable.Range(0, columns).Select(i => table.Rows.Max(row => row[i].Length)).ToArray();
        var start = widths[..^1].Sum() + (Gap.Length * (columns - 1));
        widths[^1] = Math.Min(widths[^1], width - start);
        if (widths[^1] < Math.Min(MinimumColumn, table.Rows.Max(row => row[^1].Length)))
        {
            return null;
        }

        var lines = table.Rows.Select(row => Row(row, widths, start, width)).ToList();
        lines.Insert(1, string.Join(Gap, widths.Select(columnWidth => new string('-', columnWidth))));
        return string.Join('\n', lines);
    }

    private static string Row(IReadOnlyList<string> cells, int[] widths, int start, int width)
    {
        var head = string.Concat(cells.Take(cells.Count - 1).Select((cell, i) => cell.PadRight(widths[i]) + Gap));
        return Wrap(cells[^1], width, head, new string(' ', start)).TrimEnd();
    }

    private static void WrapLine(List<string> lines, string text, int width, string indent, string hanging)
    {
        var line = new StringBuilder(indent);
        var isEmpty = true;
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!isEmpty && line.Length + 1 + word.Length > width)
            {
                lines.Add(line.ToString());
                line.Clear().Append(hanging);
                isEmpty = true;
            }

            line.Append(isEmpty ? string.Empty : " ").Append(word);
            isEmpty = false;
        }

        lines.Add(line.ToString());
    }
}
