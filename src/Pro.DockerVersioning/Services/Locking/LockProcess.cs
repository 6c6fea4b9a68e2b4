using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Pro.DockerVersioning.Services.Locking;

/// <summary>A process that can be told from any other, of this machine before its last start and of other machines too.</summary>
/// <param name="Machine">Whose process ids these are: the machine and, on Linux, the namespace. Machines of one name differ.</param>
/// <param name="Boot">The machine's start; empty where it can't be told. Ids and start times mean nothing across it.</param>
/// <param name="Id">The process id.</param>
/// <param name="Start">When it was started, as the system counts: ids are given again.</param>
internal sealed record LockProcess(string Machine, string Boot, int Id, string Start)
{
    private static readonly Lazy<LockProcess> ThisProcess = new(Describe);

    /// <summary>This process.</summary>
    public static LockProcess Current => ThisProcess.Value;

    /// <summary>Whether a process is known to be gone. One of another machine never is: nobody can look there.</summary>
    /// <param name="here">The process that looks.</param>
    /// <param name="startOf">When the process with an id on this machine was started; null where there is none, empty where it can't be told.</param>
    public bool IsGone(LockProcess here, Func<int, string?> startOf)
    {
        if (Machine != here.Machine)
        {
            return false;
        }

        return Boot != here.Boot || startOf(Id) is not { } start || (start.Length > 0 && start != Start);
    }

    /// <summary>When the process with an id was started; null where there is none, empty where it can't be told.</summary>
    public static string? StartOf(int id) => LinuxProcess.Find(id) is { } process
        ? process.IsDead ? null : process.Start
        : StartOfAny(id);

    private static LockProcess Describe() => new(
        MachineKey(),
        Read("/proc/sys/kernel/random/boot_id") ?? "",
        Environment.ProcessId,
        StartOf(Environment.ProcessId) ?? "");

    /// <summary>
    /// A hash: names of machines repeat, and their ids are nobody's business. Containers see process ids of their own, and have the host's
    /// or their image's machine-id.
    /// </summary>
    private static string MachineKey()
    {
        var parts = new[]
        {
            Environment.MachineName,
            Read("/etc/machine-id") ?? "",
            OperatingSystem.IsLinux() ? new FileInfo("/proc/self/ns/pid").LinkTarget ?? "" : "",
        };
        return Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', parts))))[..16].ToLowerInvariant();
    }

    /// <summary>/proc may hide other users' processes (hidepid): the system still tells whether there is one.</summary>
    private static string? StartOfAny(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            return OperatingSystem.IsLinux()
                ? ""
                : process.StartTime.ToUniversalTime().Ticks.ToString(CultureInfo.InvariantCulture);
        }
        catch (Exception gone) when (gone is ArgumentException or InvalidOperationException)
        {
            return null;
        }
        catch (Exception hidden) when (hidden is Win32Exception or NotSupportedException)
        {
            return "";
        }
    }

    private static string? Read(string path)
    {
        try
        {
            return OperatingSystem.IsLinux() ? File.ReadAllText(path).Trim() : null;
        }
        catch (Exception missing) when (missing is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
