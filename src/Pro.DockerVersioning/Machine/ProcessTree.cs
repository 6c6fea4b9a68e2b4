using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Pro.DockerVersioning.Machine;

/// <summary>
/// The children of a child. Docker's client runs its plugin as one, and may end before it: what is then left works on, with nobody to
/// wait for it. Linux tells who a process's parent is; elsewhere the child's own end has to do.
/// </summary>
internal sealed class ProcessTree
{
    private List<(int Id, string Start)> _noted = [];

    /// <summary>Remembers who belongs to a process now, without itself.</summary>
    public void Note(int root)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        var all = Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0)
            .Where(id => id > 0)
            .Select(id => (Id: id, Process: LinuxProcess.Find(id)))
            .Where(one => one.Process is not null)
            .ToList();
        var children = all.ToLookup(one => one.Process!.Parent);
        var noted = new List<(int, string)>();
        var next = new Queue<string>([root.ToString(CultureInfo.InvariantCulture)]);
        while (next.TryDequeue(out var parent))
        {
            foreach (var (id, process) in children[parent])
            {
                noted.Add((id, process!.Start));
                next.Enqueue(id.ToString(CultureInfo.InvariantCulture));
            }
        }

        _noted = noted;
    }

    /// <summary>Waits until they have ended; kills what hasn't by then.</summary>
    public async Task EndAsync(TimeSpan grace)
    {
        var watch = Stopwatch.StartNew();
        while (_noted.Any(IsAlive))
        {
            if (watch.Elapsed > grace)
            {
                foreach (var (id, _) in _noted.Where(IsAlive))
                {
                    Kill(id);
                }
            }

            await Task.Delay(20).ConfigureAwait(false);
        }
    }

    private static void Kill(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            process.Kill();
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or Win32Exception)
        {
            // It has ended meanwhile.
        }
    }

    /// <summary>A number may have been given to another process: the start time tells. One that only waits to be reaped is dead.</summary>
    private static bool IsAlive((int Id, string Start) process) =>
        LinuxProcess.Find(process.Id) is { IsDead: false } now && now.Start == process.Start;
}
