namespace Pro.DockerVersioning.HelpBuilder;

/// <summary>A page as it is written: its path, for messages, and its text with line feeds.</summary>
internal sealed record PageSource(string Path, string Text)
{
    /// <summary>Where each line was written, if the page includes other texts; else empty.</summary>
    public IReadOnlyList<LineOrigin> Origins { get; init; } = [];

    /// <summary>The file's name without its extension: the cmdlet or the topic.</summary>
    public string Name => System.IO.Path.GetFileNameWithoutExtension(Path);

    /// <summary>About topics are text files of their own; every other page is a cmdlet's.</summary>
    public bool IsTopic => Name.StartsWith("about_", StringComparison.Ordinal);

    public static PageSource Read(string path) => new(path, File.ReadAllText(path).ReplaceLineEndings("\n"));

    /// <summary>The Markdown files of a folder, in the order of their names. A folder that doesn't exist has none.</summary>
    public static IReadOnlyList<PageSource> ReadFolder(string folder) =>
        Directory.Exists(folder) ? [.. Directory.GetFiles(folder, "*.md").Order(StringComparer.Ordinal).Select(Read)] : [];
}

/// <summary>The file and the line, from 1, in which a line of a page was written.</summary>
internal sealed record LineOrigin(string Path, int Line);
