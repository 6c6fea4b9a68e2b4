namespace Pro.DockerVersioning.Machine;

/// <summary>What is to become of a file.</summary>
internal enum FileChangeKind
{
    /// <summary>It stays.</summary>
    None,

    /// <summary>It gets other content.</summary>
    Write,

    /// <summary>It goes away.</summary>
    Delete,
}

/// <summary>A change of a file.</summary>
/// <param name="Kind">What becomes of it.</param>
/// <param name="Content">The new content, where it is written.</param>
internal readonly record struct FileChange(FileChangeKind Kind, byte[]? Content)
{
    /// <summary>It stays as it is.</summary>
    public static FileChange None => new(FileChangeKind.None, null);

    /// <summary>It goes away.</summary>
    public static FileChange Delete => new(FileChangeKind.Delete, null);

    /// <summary>It gets this content.</summary>
    public static FileChange Write(byte[] content) => new(FileChangeKind.Write, content);
}
