using System.Text.RegularExpressions;

namespace Pro.DockerVersioning.Configuration.Compose;

/// <summary>What paths of a compose file mean.</summary>
internal static partial class ComposePaths
{
    /// <summary>True for what Docker would fetch: a URL, a git repository, an archive over HTTP, an OCI artifact.</summary>
    public static bool IsRemote(string path) => Remote().IsMatch(path);

    /// <summary>A path relative to the root; null if it leads outside of it.</summary>
    /// <param name="diskRoot">The root on disk, for absolute paths into it; or null.</param>
    /// <param name="directory">Where a relative path starts: a folder below the root, or one outside of it.</param>
    /// <param name="path">The path as it is written.</param>
    public static string? Inside(string? diskRoot, string directory, string path)
    {
        if (path.StartsWith('~'))
        {
            return null;
        }

        if (diskRoot is null || (!Path.IsPathFullyQualified(path) && !IsOutside(directory)))
        {
            return RepositoryPath.Resolve(directory, path);
        }

        var relative = Anywhere(diskRoot, directory, path);
        return IsOutside(relative) ? null : RepositoryPath.Resolve(string.Empty, relative);
    }

    /// <summary>A path seen from the root, wherever it leads: <c>../infra</c>, or absolute on another drive.</summary>
    public static string Anywhere(string diskRoot, string directory, string path) =>
        Path.GetRelativePath(diskRoot, Path.GetFullPath(Path.Combine(directory, path), diskRoot)).Replace('\\', '/');

    private static bool IsOutside(string path) =>
        path == ".." || path.StartsWith("../", StringComparison.Ordinal) || Path.IsPathFullyQualified(path);

    [GeneratedRegex(@"^(?:[A-Za-z][A-Za-z0-9+.-]*://|oci:|github\.com/|[\w.-]+@[\w.-]+:)", RegexOptions.CultureInvariant)]
    private static partial Regex Remote();
}
