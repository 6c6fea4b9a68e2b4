namespace Pro.DockerVersioning.Configuration.Compose;

/// <summary>The file that a node comes from, with what its relative paths and variables mean.</summary>
/// <param name="File">Relative to the repository's root.</param>
/// <param name="BaseDirectory">
/// Where its relative paths start: the project's folder for the project's files, its own folder for a file that is extended.
/// </param>
/// <param name="Variables">The variables that it sees; an included file has a .env of its own.</param>
/// <param name="DiskRoot">The repository's root on disk, for absolute paths into it (<c>${PWD}/apps/api</c>); or null.</param>
internal sealed record ComposeSource(string File, string BaseDirectory, ComposeVariables Variables, string? DiskRoot)
{
    /// <summary>A path of this file, relative to the repository's root; null if it leads outside of it.</summary>
    public string? Resolve(string path) => ComposePaths.Inside(DiskRoot, BaseDirectory, path);
}
