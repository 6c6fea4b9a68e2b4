using Pro.DockerVersioning.Errors;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Pro.DockerVersioning.Configuration.Compose;

/// <summary>
/// Builds nodes from YamlDotNet's events: anchors and merge keys are resolved, a key that stands twice is an error, and scalars
/// keep their text beside what compose makes of it.
/// </summary>
internal sealed class ComposeYaml
{
    /// <summary>Deeper files are no compose files; the limit keeps a hostile one from overflowing the stack.</summary>
    private const int Deepest = 64;

    private const string MergeKey = "<<";

    private readonly ComposeSource _source;
    private readonly Parser _parser;
    private readonly Dictionary<AnchorName, ComposeNode> _anchors = [];

    private ComposeYaml(ComposeSource source, TextReader text)
    {
        _source = source;
        _parser = new Parser(text);
    }

    /// <summary>Parses a file; one with several documents is as good as several files.</summary>
    /// <exception cref="ProException">It isn't YAML, or a key stands twice; the message names the line.</exception>
    public static IReadOnlyList<ComposeNode> Parse(string text, ComposeSource source)
    {
        using var reader = new StringReader(text);
        var yaml = new ComposeYaml(source, reader);
        try
        {
            return yaml.ReadDocuments();
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException)
        {
            // YamlDotNet's scanner gives up like this on some broken texts; the last good event is the nearest place there is.
            var last = yaml._parser.Current?.End ?? new Mark(0, 1, 1);
            var place = new FilePosition(source.File, (int)Math.Max(last.Line, 1), (int)Math.Max(last.Column, 1));
            throw ConfigurationErrors.BrokenYaml(place, "nothing can be made of what follows here", exception);
        }
        catch (YamlException exception)
        {
            var broken = TabInIndentation(text, exception);
            var at = broken ?? new Mark(0, exception.Start.Line, exception.Start.Column);
            var reason = broken is null ? exception.Message.TrimEnd('.') : "a tab is in the indentation, where YAML allows only spaces";
            throw ConfigurationErrors.BrokenYaml(new FilePosition(source.File, (int)at.Line, (int)at.Column), reason, exception);
        }
    }

    /// <summary>A file on disk as it is written, document by document; what is not a mapping is left out.</summary>
    /// <param name="file">The file.</param>
    /// <param name="find">Finds a variable, for who replaces them; null: none is set.</param>
    /// <exception cref="ProException">It is not a regular file, can't be read, or isn't YAML.</exception>
    public static IReadOnlyList<ComposeMapping> ReadFile(string file, Func<string, string?>? find = null)
    {
        var variables = new ComposeVariables(find ?? (_ => null), new Dictionary<string, string>(), string.Empty, reports: null);
        var source = new ComposeSource(file, string.Empty, variables, DiskRoot: null);
        return [.. Parse(SourceText.ReadFile(file), source).OfType<ComposeMapping>()];
    }

    /// <summary>
    /// YAML forbids tabs in indentation. YamlDotNet's words for it don't say so, and name the beginning of what the tab has cut. In the
    /// part that it names any tab is the culprit; below it one in the first column, where no text block can stand either.
    /// </summary>
    private static Mark? TabInIndentation(string text, YamlException exception)
    {
        var lines = text.Split('\n');
        for (var line = (int)Math.Max(exception.Start.Line, 1); line <= lines.Length; line++)
        {
            var content = lines[line - 1];
            var tab = content[..(content.Length - content.TrimStart().Length)].IndexOf('\t', StringComparison.Ordinal);
            if (tab == 0 || (tab > 0 && line <= exception.End.Line + 1))
            {
                return new Mark(0, line, tab + 1);
            }
        }

        return null;
    }

    private List<ComposeNode> ReadDocuments()
    {
        var documents = new List<ComposeNode>();
        _parser.Consume<StreamStart>();
        while (!_parser.Accept<StreamEnd>(out _))
        {
            _parser.Consume<DocumentStart>();
            _anchors.Clear();
            documents.Add(ReadNode(0));
            _parser.Consume<DocumentEnd>();
        }

        return documents;
    }

    private ComposeNode ReadNode(int depth)
    {
        if (depth > Deepest)
        {
            throw new YamlException(_parser.Current!.Start, _parser.Current.End, $"it is nested more than {Deepest} levels deep");
        }

        if (_parser.TryConsume<AnchorAlias>(out var alias))
        {
            // An alias inside of what it names isn't there yet: such a circle has no meaning in a compose file.
            return _anchors.TryGetValue(alias.Value, out var known)
                ? known
                : throw new YamlException(alias.Start, alias.End, $"the alias *{alias.Value.Value} has no anchor before it");
        }

        var start = (NodeEvent)_parser.Current!;
        ComposeNode node = start switch
        {
            Scalar => ReadScalar(),
            SequenceStart => ReadSequence(depth),
            _ => ReadMapping(depth),
        };
        if (!start.Anchor.IsEmpty)
        {
            _anchors[start.Anchor] = node;
        }

        return node;
    }

    private ComposeScalar ReadScalar()
    {
        var scalar = _parser.Consume<Scalar>();
        var isNull = scalar.Style == ScalarStyle.Plain && scalar.Tag.IsEmpty
            && scalar.Value is "" or "~" or "null" or "Null" or "NULL";
        var isTyped = scalar.Style == ScalarStyle.Plain && (scalar.Tag.IsEmpty || ModeOf(scalar) != ComposeMergeMode.Merge);
        return new ComposeScalar(_source, (int)scalar.Start.Line, (int)scalar.Start.Column, scalar.Value, isNull)
        {
            MergeMode = ModeOf(scalar),
            IsDate = isTyped && ComposeScalarText.IsDate(scalar.Value),
            Resolved = isTyped ? ComposeScalarText.Resolve(scalar.Value) : scalar.Value,
        };
    }

    private ComposeSequence ReadSequence(int depth)
    {
        var start = _parser.Consume<SequenceStart>();
        var items = new List<ComposeNode>();
        while (!_parser.TryConsume<SequenceEnd>(out _))
        {
            items.Add(ReadNode(depth + 1));
        }

        return new ComposeSequence(_source, (int)start.Start.Line, (int)start.Start.Column, items) { MergeMode = ModeOf(start) };
    }

    private ComposeMapping ReadMapping(int depth)
    {
        var start = _parser.Consume<MappingStart>();
        var own = new List<KeyValuePair<string, ComposeNode>>();
        var inherited = new List<KeyValuePair<string, ComposeNode>>();
        var seen = new Dictionary<string, FilePosition>(StringComparer.Ordinal);
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            var keyNode = ReadNode(depth + 1);
            if (keyNode is not ComposeScalar { Text: var key } || keyNode is ComposeScalar { IsNull: true })
            {
                throw ConfigurationErrors.WrongCompose(keyNode.At, $"a key must be a text, not {keyNode.Kind}");
            }

            if (!seen.TryAdd(key, keyNode.At))
            {
                throw ConfigurationErrors.DuplicateKey(key, keyNode.At, seen[key]);
            }

            var value = ReadNode(depth + 1);
            if (key == MergeKey)
            {
                inherited.AddRange(MergedEntries(value));
            }
            else
            {
                own.Add(new(key, value));
            }
        }

        // A mapping's own keys win; among merged mappings the first one that has the key.
        var entries = own
            .Concat(inherited.Where(entry => !seen.ContainsKey(entry.Key)))
            .DistinctBy(entry => entry.Key, StringComparer.Ordinal);
        return new ComposeMapping(_source, (int)start.Start.Line, (int)start.Start.Column, [.. entries]) { MergeMode = ModeOf(start) };
    }

    private static IEnumerable<KeyValuePair<string, ComposeNode>> MergedEntries(ComposeNode value) => value switch
    {
        ComposeMapping mapping => mapping.Entries,
        ComposeSequence sequence => sequence.Items.SelectMany(item => item is ComposeMapping mapping
            ? mapping.Entries
            : throw ConfigurationErrors.WrongCompose(item.At, $"the merge key << takes mappings, not {item.Kind}")),
        ComposeScalar { IsNull: true } => [],
        _ => throw ConfigurationErrors.WrongCompose(value.At, $"the merge key << takes a mapping, not {value.Kind}"),
    };

    private static ComposeMergeMode ModeOf(NodeEvent node) => node.Tag.IsEmpty ? ComposeMergeMode.Merge : node.Tag.Value switch
    {
        "!reset" => ComposeMergeMode.Reset,
        "!override" => ComposeMergeMode.Override,
        _ => ComposeMergeMode.Merge,
    };
}
