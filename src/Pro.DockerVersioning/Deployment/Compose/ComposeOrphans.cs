using System.Diagnostics;
using System.Globalization;
using System.Text;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Deployment.Compose;

/// <summary>A compose whose parent was killed and that goes on working on a project of this machine. Linux only: see the limits.</summary>
internal static class ComposeOrphans
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Waits until no <c>up</c> on the project of that engine is under way.</summary>
    public static async Task WaitAsync(string project, string engineId, IProgress<Report> reports, CancellationToken cancellationToken)
    {
        foreach (var id in Find(project).Where(id => EngineOf(id) is not { } other || other == engineId))
        {
            // One that doesn't tell its engine may be another one's: it is waited for, and never ended.
            var isOurs = EngineOf(id) == engineId;
            reports.Report(new WarningReport(
                $"The compose program of an interrupted operation still works on {project} (process {id}); waiting for it."));
            var clock = Stopwatch.StartNew();

            // Not by the process itself: in a container whose first process reaps none, what has ended stays a zombie for ever.
            while (IsUpOf(id, project))
            {
                if (clock.Elapsed > Patience)
                {
                    // It hangs: what it has left is repaired, and it can't make more of it than before.
                    if (isOurs)
                    {
                        Kill(id);
                    }

                    break;
                }

                await Task.Delay(Pause, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static IEnumerable<int> Find(string project) => OperatingSystem.IsLinux()
        ? Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id) ? id : 0)
            .Where(id => id > 0 && id != Environment.ProcessId && IsUpOf(id, project))
        : [];

    /// <summary>The engine on which a process works; null if it doesn't tell, or may not be asked.</summary>
    private static string? EngineOf(int id) => Read(id, "environ")
        .Where(pair => pair.StartsWith(ComposeUp.EngineVariable + "=", StringComparison.Ordinal))
        .Select(pair => pair[(ComposeUp.EngineVariable.Length + 1)..])
        .FirstOrDefault();

    // A zombie has no arguments any more.
    private static bool IsUpOf(int id, string project)
    {
        var arguments = Read(id, "cmdline");
        return arguments.SkipWhile(one => one != "--project-name").Skip(1).FirstOrDefault() == project
            && arguments.Contains("up") && arguments.Contains("--no-deps") && arguments.Contains("--no-build");
    }

    private static string[] Read(int id, string file)
    {
        try
        {
            var path = string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/{file}");
            return Encoding.UTF8.GetString(File.ReadAllBytes(path)).Split('\0');
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static void Kill(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            process.Kill(entireProcessTree: true);
        }
        catch (Exception gone) when (gone is ArgumentException or InvalidOperationException)
        {
            // It has ended by itself.
        }
    }
}
