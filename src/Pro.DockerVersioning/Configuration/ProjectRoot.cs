namespace Pro.DockerVersioning.Configuration;

/// <summary>Finds the repository's root without opening the repository: listing and cleaning need no more than that.</summary>
internal static class ProjectRoot
{
    /// <summary>
    /// The nearest folder, upwards, that holds <c>.git</c> (a folder, or a file as in worktrees and submodules); outside of a
    /// repository the nearest one with <c>pro.json</c>; else null.
    /// </summary>
    public static string? Find(string folder)
    {
        string? configured = null;
        for (var current = new DirectoryInfo(Path.GetFullPath(folder)); current is not null; current = current.Parent)
        {
            if (Path.Exists(Path.Combine(current.FullName, ".git")))
            {
                return current.FullName;
            }

            if (configured is null && File.Exists(Path.Combine(current.FullName, ProConfiguration.FileName)))
            {
                configured = current.FullName;
            }
        }

        return configured;
    }
}
