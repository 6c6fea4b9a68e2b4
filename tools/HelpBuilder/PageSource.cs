namespace Pro.DockerVersioning.HelpBuilder;

/// <summary>A page as it is written: its path, for messages, and its text with line feeds.</summary>
internal sealed record PageSource(string Path, string Text)
{
    /// <summary>The file's name without its extension: the cmdlet or the topic.</summary>
    public string Name => System.IO.Path.GetFileNameWithoutExtension(Path);

    /// <summary>About topics are text files of their own; every other page is a cmdlet's.</summary>
    public bool IsTopic => Name.StartsWith("about_", StringComparison.Ordinal);

    public static PageSource Read(string path) => new(path, File.ReadAllText(path).ReplaceLineEndings("\n"));
}
