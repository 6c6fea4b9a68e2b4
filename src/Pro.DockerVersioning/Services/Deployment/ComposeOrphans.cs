using System.Diagnostics;
using System.Globalization;
using System.Text;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Services.Deployment;

/// <summary>A compose whose parent was killed and that goes on working on a project of this machine. Linux only: see the limits.</summary>
internal static class ComposeOrphans
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    /// <summary>Waits until no <c>up</c> on the project is under way.</summary>
    public static async Task WaitAsync(string project, IProgress<Report> reports, CancellationToken cancellationToken)
    {
        foreach (var process in Find(project))
        {
            using (process)
            {
                reports.Report(new WarningReport(string.Create(
                    CultureInfo.InvariantCulture, $"A compose of an operation that was cut off still works on {project} (process {process.Id}); waiting for it.")));
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                limit.CancelAfter(Patience);
                try
                {
                    await process.WaitForExitAsync(limit.Token).ConfigureAwait(false);
                }
                catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
                {
                    // It hangs: what it has left is put right, and it can't make more of it than before.
                    process.Kill(entireProcessTree: true);
                }
            }
        }
    }

    private static IEnumerable<Process> Find(string project)
    {
        if (!OperatingSystem.IsLinux())
        {
            yield break;
        }

        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id)
                && id != Environment.ProcessId
                && IsUpOf(folder, project)
                && TryGet(id) is { } process)
            {
                yield return process;
            }
        }
    }

    private static bool IsUpOf(string folder, string project)
    {
        try
        {
            var arguments = Encoding.UTF8.GetString(File.ReadAllBytes(Path.Combine(folder, "cmdline"))).Split('\0');
            var at = Array.IndexOf(arguments, "--project-name");
            return at >= 0 && at + 1 < arguments.Length && arguments[at + 1] == project
                && arguments.Contains("up") && arguments.Contains("--no-deps") && arguments.Contains("--no-build");
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static Process? TryGet(int id)
    {
        try
        {
            return Process.GetProcessById(id);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
