namespace Pro.DockerVersioning.Git;

/// <summary>What an entry of a source tree is.</summary>
internal enum SourceEntryKind
{
    /// <summary>A regular file (mode 100644).</summary>
    File,

    /// <summary>A regular file with the executable bit (mode 100755).</summary>
    ExecutableFile,

    /// <summary>A symbolic link (mode 120000); its content is the target.</summary>
    SymbolicLink,

    /// <summary>A folder.</summary>
    Directory,

    /// <summary>A submodule (gitlink, mode 160000): known to git, but its content isn't in this repository.</summary>
    Submodule,
}

/// <summary>One entry of a source tree.</summary>
/// <param name="Path">Relative to the tree's root, with forward slashes, no leading or trailing slash.</param>
/// <param name="Kind">What it is.</param>
/// <param name="ObjectId">The git object id of the content (40 hex digits), or null if it wasn't computed (a file on disk).</param>
internal sealed record SourceEntry(string Path, SourceEntryKind Kind, string? ObjectId)
{
    /// <summary>
    /// True if the name isn't UTF-8, or isn't a file's name: two different files could have this one. It can't be sent to a builder.
    /// </summary>
    public bool HasUnusableName { get; init; }
}
