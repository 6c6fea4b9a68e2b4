namespace Pro.DockerVersioning.HelpBuilder;

/// <summary>A block of plain text. Inline code keeps its back quotes, as in PowerShell's own help.</summary>
internal abstract record TextBlock(int Line);

/// <summary>A paragraph in one line; the reader wraps it.</summary>
internal sealed record ParagraphText(int Line, string Text) : TextBlock(Line)
{
    /// <summary>The links in it, in their order.</summary>
    public IReadOnlyList<PageLink> Links { get; init; } = [];
}

/// <summary>A list; an item is one line, or several after a hard break or with code in it.</summary>
internal sealed record ListText(int Line, bool Ordered, IReadOnlyList<string> Items) : TextBlock(Line);

/// <summary>Code or output, line by line as it is written.</summary>
internal sealed record CodeText(int Line, string Language, string Text) : TextBlock(Line);

/// <summary>A table; the first row is its heading.</summary>
internal sealed record TableText(int Line, IReadOnlyList<IReadOnlyList<string>> Rows) : TextBlock(Line);

/// <summary>A heading inside a section.</summary>
internal sealed record HeadingText(int Line, int Level, string Text) : TextBlock(Line);
