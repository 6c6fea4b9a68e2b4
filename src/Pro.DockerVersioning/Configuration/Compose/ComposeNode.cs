using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Configuration.Compose;

/// <summary>A node of a compose file, with its place. Scalars keep their text as written.</summary>
internal abstract class ComposeNode(ComposeSource source, int line, int column)
{
    /// <summary>The file.</summary>
    public ComposeSource Source { get; } = source;

    /// <summary>Where in it, for messages.</summary>
    public FilePosition At => new(Source.File, line, column);

    /// <summary>How a later file's node meets an earlier one's: merged, or by the tags <c>!override</c> and <c>!reset</c>.</summary>
    public ComposeMergeMode MergeMode { get; init; }

    /// <summary>What it is, for messages.</summary>
    public abstract string Kind { get; }
}

/// <summary>How a node of a later file meets the earlier one.</summary>
internal enum ComposeMergeMode
{
    /// <summary>Mappings by key, lists appended, scalars replaced.</summary>
    Merge,

    /// <summary><c>!override</c>: replaces the earlier one.</summary>
    Override,

    /// <summary><c>!reset</c>: takes the earlier one away.</summary>
    Reset,
}

/// <summary>A text, a number, a boolean or nothing.</summary>
internal sealed class ComposeScalar(ComposeSource source, int line, int column, string text, bool isNull)
    : ComposeNode(source, line, column)
{
    /// <summary>The text as written, without quotes: <c>1.10</c> stays "1.10" and <c>yes</c> stays "yes".</summary>
    public string Text { get; } = text;

    /// <summary>The text that compose makes of it: without quotes <c>1.10</c> is a number, and so "1.1".</summary>
    public string Resolved { get; init; } = text;

    /// <summary>True for a date without quotes.</summary>
    public bool IsDate { get; init; }

    /// <summary>True for <c>~</c>, <c>null</c> and an empty plain value.</summary>
    public bool IsNull { get; } = isNull;

    /// <inheritdoc/>
    public override string Kind => IsNull ? "nothing" : "a text";
}

/// <summary>A list.</summary>
internal sealed class ComposeSequence(ComposeSource source, int line, int column, IReadOnlyList<ComposeNode> items)
    : ComposeNode(source, line, column)
{
    /// <summary>Its items.</summary>
    public IReadOnlyList<ComposeNode> Items { get; } = items;

    /// <inheritdoc/>
    public override string Kind => "a list";
}

/// <summary>A mapping, in the order of the file.</summary>
internal sealed class ComposeMapping(ComposeSource source, int line, int column, IReadOnlyList<KeyValuePair<string, ComposeNode>> entries)
    : ComposeNode(source, line, column)
{
    private readonly Dictionary<string, ComposeNode> _byKey = new(entries, StringComparer.Ordinal);

    /// <summary>Its entries; keys are unique.</summary>
    public IReadOnlyList<KeyValuePair<string, ComposeNode>> Entries { get; } = entries;

    /// <inheritdoc/>
    public override string Kind => "a mapping";

    /// <summary>The value of a key; null if the key is absent or its value is nothing.</summary>
    public ComposeNode? this[string key] =>
        _byKey.GetValueOrDefault(key) is { } node and not ComposeScalar { IsNull: true } ? node : null;

    /// <summary>The node of a key, also if its value is nothing; null if the key is absent.</summary>
    public ComposeNode? Node(string key) => _byKey.GetValueOrDefault(key);

    /// <summary>True if the key stands there, with or without a value.</summary>
    public bool Has(string key) => _byKey.ContainsKey(key);

    /// <summary>The same place with other entries.</summary>
    public ComposeMapping With(IReadOnlyList<KeyValuePair<string, ComposeNode>> other) =>
        new(Source, At.Line, At.Column, other);
}
