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

    /// <summary>Whether a path, by its name, is one of them.</summary>
    public static bool IsOwn(string path)
    {
        var name = path[(path.LastIndexOfAny(['/', '\\']) + 1)..];
        return name == DotEnv || name.EndsWith(OverrideEnding, StringComparison.Ordinal);
    }
}
