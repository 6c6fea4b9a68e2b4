using System.Diagnostics.CodeAnalysis;

namespace Pro.DockerVersioning.Engine;

/// <summary>Finds every program of a name on PATH, in its order, each once.</summary>
internal static class ClientSearch
{
    /// <summary>Docker's client.</summary>
    public const string Docker = "docker";

    /// <summary>The full paths as PATH gives them.</summary>
    /// <param name="environment">With PATH.</param>
    /// <param name="program">The program's name, without Windows' <c>.exe</c>.</param>
    public static IReadOnlyList<string> Find(ChildEnvironment environment, string program = Docker)
    {
        var fileName = OperatingSystem.IsWindows() ? program + ".exe" : program;
        var found = new List<string>();
        var real = new HashSet<string>(ChildEnvironment.NameComparer);
        foreach (var folder in (environment.Get("PATH") ?? string.Empty).Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
        {
            // A relative folder on PATH would be another one for each current folder; nobody's docker should run from there.
            if (Path.IsPathFullyQualified(folder) && TryResolve(Path.Combine(folder, fileName)) is { } target && real.Add(target))
            {
                found.Add(Path.Combine(folder, fileName));
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
            var there = Path.Combine((folder.ResolveLinkTarget(returnFinalTarget: true) ?? folder).FullName, Path.GetFileName(path));
            return File.ResolveLinkTarget(there, returnFinalTarget: true)?.FullName ?? there;
        }
        catch (Exception)
        {
            return null;
        }
    }

    private const UnixFileMode Executable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
}
