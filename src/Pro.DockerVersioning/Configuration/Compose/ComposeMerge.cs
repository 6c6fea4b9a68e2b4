namespace Pro.DockerVersioning.Configuration.Compose;

/// <summary>
/// Puts a later file over an earlier one as compose does: mappings by key, lists appended, scalars replaced; <c>build</c> may be a
/// text or a mapping, and arguments and labels a list or a mapping.
/// </summary>
/// <remarks>See https://docs.docker.com/reference/compose-file/merge/.</remarks>
internal static class ComposeMerge
{
    private const string Build = "build";

    /// <summary>Under these keys a list of KEY=VALUE means the same as a mapping.</summary>
    private static readonly string[] KeyedLists = ["args", "labels", "additional_contexts"];

    /// <summary>
    /// Under these keys of a service there are paths from the file's folder. A Dockerfile's starts at the context, which is
    /// compared itself.
    /// </summary>
    private static readonly string[] Paths =
        [Build, "build.context", "env_file", "env_file.path", "label_file", "extends.file", "develop.watch.path"];

    /// <summary>Merges the services of two files, or a service with the one that it extends.</summary>
    public static ComposeMapping Merge(ComposeMapping earlier, ComposeMapping later) => Merge(earlier, later, keyed: false);

    /// <summary>Takes out what <c>!reset</c> takes away, also if no earlier file has it.</summary>
    public static ComposeMapping WithoutResets(ComposeMapping mapping) => mapping.With(
        [.. mapping.Entries.Where(entry => entry.Value.MergeMode != ComposeMergeMode.Reset)
            .Select(entry => new KeyValuePair<string, ComposeNode>(entry.Key, WithoutResets(entry.Value)))]);

    /// <summary>Do two services say the same, each with its own variables and folder?</summary>
    public static bool AreEqual(ComposeNode one, ComposeNode other) => AreEqual(one, other, string.Empty);

    private static bool AreEqual(ComposeNode one, ComposeNode other, string key) => (one, other) switch
    {
        _ when one.At == other.At && one.Source.BaseDirectory == other.Source.BaseDirectory => true,
        (ComposeMapping left, ComposeMapping right) => left.Entries.Count == right.Entries.Count
            && left.Entries.All(entry => right.Node(entry.Key) is { } node && AreEqual(entry.Value, node, Below(key, entry.Key))),
        (ComposeSequence left, ComposeSequence right) => left.Items.Count == right.Items.Count
            && left.Items.Zip(right.Items).All(pair => AreEqual(pair.First, pair.Second, key)),
        (ComposeScalar left, ComposeScalar right) => left.IsNull == right.IsNull && Meaning(left, key) == Meaning(right, key),
        _ => false,
    };

    private static string Below(string parent, string key) => parent.Length == 0 ? key : $"{parent}.{key}";

    /// <summary>The text, or the path that it means: the same text in two folders means two paths.</summary>
    private static string Meaning(ComposeScalar scalar, string key)
    {
        var text = ComposeInterpolation.Expand(scalar);
        var isPath = key is "volumes" or "volumes.source" ? text.StartsWith('.') : Paths.Contains(key, StringComparer.Ordinal);
        return isPath && !text.StartsWith('~') && !ComposePaths.IsRemote(text)
            ? ComposePaths.Anywhere(scalar.Source.DiskRoot ?? Path.GetFullPath("."), scalar.Source.BaseDirectory, text)
            : text;
    }

    private static ComposeNode WithoutResets(ComposeNode node) => node switch
    {
        ComposeMapping mapping => WithoutResets(mapping),
        ComposeSequence list => new ComposeSequence(
            list.Source, list.At.Line, list.At.Column,
            [.. list.Items.Where(item => item.MergeMode != ComposeMergeMode.Reset).Select(WithoutResets)]),
        _ => node,
    };

    private static ComposeMapping Merge(ComposeMapping earlier, ComposeMapping later, bool keyed)
    {
        var entries = earlier.Entries.ToList();
        foreach (var (key, value) in later.Entries)
        {
            var index = entries.FindIndex(entry => entry.Key == key);
            if (value.MergeMode == ComposeMergeMode.Reset)
            {
                entries.RemoveAll(entry => entry.Key == key);
            }
            else if (index < 0)
            {
                entries.Add(new(key, value));
            }
            else
            {
                // An argument without a value is a value: "take it from the environment".
                entries[index] = new(key, keyed ? value : MergeValue(key, entries[index].Value, value));
            }
        }

        return later.With(entries);
    }

    private static ComposeNode MergeValue(string key, ComposeNode earlier, ComposeNode later)
    {
        if (later.MergeMode == ComposeMergeMode.Override || earlier.MergeMode == ComposeMergeMode.Reset)
        {
            return later;
        }

        // A key without a value says nothing, and so takes nothing away.
        if (later is ComposeScalar { IsNull: true })
        {
            return earlier;
        }

        return (Normalize(key, earlier), Normalize(key, later)) switch
        {
            (ComposeMapping left, ComposeMapping right) => Merge(left, right, KeyedLists.Contains(key, StringComparer.Ordinal)),
            (ComposeSequence left, ComposeSequence right) =>
                new ComposeSequence(right.Source, right.At.Line, right.At.Column, [.. left.Items, .. right.Items]),
            _ => later,
        };
    }

    /// <summary>Gives both sides one shape.</summary>
    private static ComposeNode Normalize(string key, ComposeNode node)
    {
        if (key == Build && node is ComposeScalar { IsNull: false } context)
        {
            return new ComposeMapping(node.Source, node.At.Line, node.At.Column, [new("context", context)]);
        }

        return KeyedLists.Contains(key, StringComparer.Ordinal) && node is ComposeSequence list ? ToMapping(list) : node;
    }

    /// <summary>Makes a mapping of a list of KEY=VALUE; an entry without = has no value. The last of equal keys wins.</summary>
    internal static ComposeMapping ToMapping(ComposeSequence list)
    {
        var entries = new List<KeyValuePair<string, ComposeNode>>();
        foreach (var item in list.Items.OfType<ComposeScalar>())
        {
            var equals = item.Text.IndexOf('=', StringComparison.Ordinal);
            var key = equals < 0 ? item.Text : item.Text[..equals];
            var value = new ComposeScalar(
                item.Source, item.At.Line, item.At.Column, equals < 0 ? string.Empty : item.Text[(equals + 1)..], isNull: equals < 0);
            entries.RemoveAll(entry => entry.Key == key);
            entries.Add(new(key, value));
        }

        return new ComposeMapping(list.Source, list.At.Line, list.At.Column, entries);
    }
}
