namespace Pro.DockerVersioning.Git;

/// <summary>
/// The small text that git-lfs leaves in the place of a file
/// (https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md: under 1,024 bytes, the version first).
/// </summary>
internal static class LfsPointer
{
    // The version's line, and then at least a hash of 64 digits: nothing shorter needs to be opened.
    private const int Shortest = 100;
    private const int Longest = 1023;

    private static ReadOnlySpan<byte> Beginning => "version https://git-lfs.github.com/spec/v1"u8;

    /// <summary>Is this file's content such a text?</summary>
    public static bool Is(ISourceTree tree, SourceEntry file)
    {
        if (tree.GetLength(file) is < Shortest or > Longest)
        {
            return false;
        }

        Span<byte> start = stackalloc byte[Beginning.Length];
        using var content = tree.Open(file);
        return content.Stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && start.SequenceEqual(Beginning);
    }
}
