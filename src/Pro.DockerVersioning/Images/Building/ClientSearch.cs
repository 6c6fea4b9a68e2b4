using System.Diagnostics.CodeAnalysis;

namespace Pro.DockerVersioning.Images.Building;

/// <summary>Finds every <c>docker</c> program on PATH, in its order, each once.</summary>
internal static class ClientSearch
{
    private static string FileName => OperatingSystem.IsWindows() ? "docker.exe" : "docker";

    /// <summary>The full paths as PATH gives them.</summary>
    public static IReadOnlyList<string> Find(ChildEnvironment environment)
    {
        var found = new List<string>();
        var real = new HashSet<string>(ChildEnvironment.NameComparer);
        foreach (var folder in (environment.Get("PATH") ?? string.Empty).Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
        {
            // A relative folder on PATH would be another one for each current folder; nobody's docker should run from there.
            if (Path.IsPathFullyQualified(folder) && TryResolve(Path.Combine(folder, FileName)) is { } target && real.Add(target))
            {
                found.Add(Path.Combine(folder, FileName));
            }
        }

        return found;
    }

    [SuppressMessage("Design", "CA1031", Justification = "A folder on PATH that can't be read holds no client.")]
    private static string? TryResolve(string path)
    {
        try
        {
            if (!File.Exists(path) || (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & Executable) == 0))
            {
                return null;
            }

            // /bin is often a link to /usr/bin: one program, found twice.
            var folder = new DirectoryInfo(Path.GetDirectoryName(path)!);
            var there = Path.Combine((folder.ResolveLinkTarget(returnFinalTarget: true) ?? folder).FullName, FileName);
            return File.ResolveLinkTarget(there, returnFinalTarget: true)?.FullName ?? there;
        }
        catch (Exception)
        {
            return null;
        }
    }

    private const UnixFileMode Executable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
}
