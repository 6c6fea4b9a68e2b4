using System.Diagnostics.CodeAnalysis;

namespace Pro.DockerVersioning.Machine;

/// <summary>
/// Finds programs on PATH by their whole path, and nowhere else. Starting one by its name alone would look into the current folder first
/// (on Windows by the system, elsewhere by .NET): a cloned repository's own "git" would run.
/// </summary>
internal static class ProgramFinder
{
    private const UnixFileMode Executable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private static readonly StringComparer Comparer = OperatingSystem.IsWindows()
        ? StringComparer.OrdinalIgnoreCase
        : StringComparer.Ordinal;

    /// <summary>The first one on this process's PATH; null if there is none.</summary>
    public static string? Find(string program) => FindAll(program, Environment.GetEnvironmentVariable("PATH")) is [var first, ..]
        ? first
        : null;

    /// <summary>All of them in PATH's order, each once.</summary>
    /// <param name="program">The name, on Windows with or without <c>.exe</c>. A path is not a name.</param>
    /// <param name="path">The value of PATH.</param>
    /// <param name="windowsEndings">What a program's name may end in on Windows.</param>
    public static IReadOnlyList<string> FindAll(string program, string? path, params IReadOnlyList<string> windowsEndings)
    {
        if (program.AsSpan().IndexOfAny('/', '\\', '\0') >= 0)
        {
            return [];
        }

        var found = new List<string>();
        var real = new HashSet<string>(Comparer);
        foreach (var folder in (path ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            // A relative folder on PATH would be another one for each current folder.
            var place = folder.Trim('"');
            if (!Path.IsPathFullyQualified(place))
            {
                continue;
            }

            foreach (var file in Names(program, windowsEndings).Select(name => Path.Combine(place, name)))
            {
                if (TryResolve(file) is { } target && real.Add(target))
                {
                    found.Add(file);
                }
            }
        }

        return found;
    }

    private static IEnumerable<string> Names(string program, IReadOnlyList<string> endings) =>
        !OperatingSystem.IsWindows() || Path.GetExtension(program).Equals(".exe", StringComparison.OrdinalIgnoreCase) ? [program]
        : endings.Count > 0 ? endings.Select(ending => program + ending)
        : [program + ".exe"];

    [SuppressMessage("Design", "CA1031", Justification = "A folder on PATH that can't be read holds no program.")]
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
}
