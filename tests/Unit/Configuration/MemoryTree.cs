using System.Text;
using Pro.DockerVersioning.Git;

namespace Pro.DockerVersioning.Tests.Configuration;

/// <summary>A source tree in memory: paths and texts; a text that begins with "->" is a symbolic link.</summary>
internal sealed class MemoryTree(params (string Path, string Text)[] files) : ISourceTree
{
    private readonly SortedDictionary<string, string> _files =
        new(files.ToDictionary(file => file.Path, file => file.Text), StringComparer.Ordinal);

    public string Description => "the tree of v1.2.3";

    public SourceEntry? Find(string path)
    {
        if (_files.TryGetValue(path, out var text))
        {
            return new(path, text.StartsWith("->", StringComparison.Ordinal) ? SourceEntryKind.SymbolicLink : SourceEntryKind.File, null);
        }

        return path.Length == 0 || _files.Keys.Any(file => file.StartsWith(path + "/", StringComparison.Ordinal))
            ? new(path, SourceEntryKind.Directory, null)
            : null;
    }

    public IEnumerable<SourceEntry> List(string directory)
    {
        var prefix = directory.Length == 0 ? string.Empty : directory + "/";
        return _files.Keys
            .Where(file => file.StartsWith(prefix, StringComparison.Ordinal))
            .Select(file => prefix + file[prefix.Length..].Split('/')[0])
            .Distinct()
            .Select(path => Find(path)!);
    }

    public long GetLength(SourceEntry entry) => Bytes(entry).Length;

    public SourceContent Open(SourceEntry entry)
    {
        var bytes = Bytes(entry);
        return new(new MemoryStream(bytes), bytes.Length);
    }

    public bool IsOnDisk(string path) => false;

    private byte[] Bytes(SourceEntry entry)
    {
        var text = _files[entry.Path];
        return Encoding.UTF8.GetBytes(entry.Kind == SourceEntryKind.SymbolicLink ? text[2..] : text);
    }
}
