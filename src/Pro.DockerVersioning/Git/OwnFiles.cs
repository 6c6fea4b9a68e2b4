namespace Pro.DockerVersioning.Git;

/// <summary>
/// The files that this module itself writes into a repository: the pin in <c>.env</c>, and the compose file that pins an image. They never
/// count as uncommitted.
/// </summary>
internal static class OwnFiles
{
    /// <summary>Where a variable is pinned.</summary>
    public const string DotEnv = ".env";

    /// <summary>How the name of a compose file ends that pins images.</summary>
    public const string OverrideEnding = ".pro.yml";

    /// <summary>Whether a path is one of them: such a name alone says nothing, as an application has a <c>.env</c> of its own.</summary>
    /// <param name="path">The path from the repository's root.</param>
    /// <param name="hasComposeFile">Whether a compose file is in a folder, since they are written beside one.</param>
    public static bool IsOwn(string path, Func<string, bool> hasComposeFile)
    {
        var name = TreePath.Name(path);
        return (name == DotEnv || name.EndsWith(OverrideEnding, StringComparison.Ordinal)) && hasComposeFile(TreePath.Parent(path));
    }
}
