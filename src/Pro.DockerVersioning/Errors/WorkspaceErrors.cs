namespace Pro.DockerVersioning.Errors;

/// <summary>What can be wrong with where a command works.</summary>
internal static class WorkspaceErrors
{
    /// <summary>A folder that isn't there.</summary>
    public static ProException FolderNotFound(string folder) => new(
        "FolderNotFound",
        ProErrorCategory.ObjectNotFound,
        $"There is no folder {folder}.",
        "Give -Path a folder of the repository, or leave it out to use the current one.",
        folder);
}
