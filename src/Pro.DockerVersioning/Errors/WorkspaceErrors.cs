namespace Pro.DockerVersioning.Errors;

/// <summary>What can be wrong with where a command works.</summary>
internal static class WorkspaceErrors
{
    /// <summary>A path of a drive that holds no folders.</summary>
    public static ProException NotAFolder(string path, string provider) => new(
        "PathIsNotAFolder",
        ProErrorCategory.InvalidArgument,
        $"The path {path} is of PowerShell's provider {provider}, and not of the file system.",
        "Give -Path a folder of the repository, or leave it out to use the current one.",
        path);

    /// <summary>A folder that isn't there.</summary>
    public static ProException FolderNotFound(string folder) => new(
        "FolderNotFound",
        ProErrorCategory.ObjectNotFound,
        $"There is no folder {folder}.",
        "Give -Path a folder of the repository, or leave it out to use the current one.",
        folder);
}
