using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using WindowsRegistry = Microsoft.Win32.Registry;

namespace Pro.DockerVersioning.Machine;

/// <summary>A process that can be told from any other, of this machine before its last start and of other machines too.</summary>
/// <param name="Machine">
/// Whose process ids these are: the machine since its last start and, on Linux, the namespace. Empty if the start can't be told.
/// </param>
/// <param name="Id">The process id.</param>
/// <param name="Start">When it was started, as the system counts: ids are given again.</param>
internal sealed record ProcessIdentity(string Machine, int Id, string Start)
{
    private static readonly Lazy<ProcessIdentity> ThisProcess = new(Describe);
    private static readonly AsyncLocal<ProcessIdentity?> Own = new();

    /// <summary>This process.</summary>
    public static ProcessIdentity Current => Own.Value ?? ThisProcess.Value;

    /// <summary>
    /// Makes the caller, and all that it starts from now on, a process of its own: in a simulation, one process plays many.
    /// </summary>
    public static void Use(ProcessIdentity? identity) => Own.Value = identity;

    /// <summary>
    /// Whether it is known to be a process that <paramref name="here"/> can look at. After a restart of the machine nobody can tell it from
    /// one of a copy of the machine.
    /// </summary>
    public bool IsOf(ProcessIdentity here) => Machine == here.Machine && Machine.Length > 0;

    /// <summary>Whether a process of this machine is gone.</summary>
    /// <param name="startOf">When a process of this machine was started; null if there is none, empty if it can't be told.</param>
    public bool IsGone(Func<int, string?> startOf) => startOf(Id) is not { } start || (start.Length > 0 && start != Start);

    /// <summary>When the process with an id was started; null if there is none, empty if it can't be told.</summary>
    public static string? StartOf(int id) => LinuxProcess.Find(id) is { } process
        ? process.IsDead ? null : process.Start
        : StartOfAny(id);

    /// <summary>
    /// A hash: names of machines repeat, and their ids are nobody's business. Copies of a machine have its name, its id and the same number
    /// of the first namespace: only its start tells them apart. Containers see process ids of their own, and have the host's or their
    /// image's machine-id.
    /// </summary>
    internal static string MachineKey(string boot)
    {
        var parts = new[]
        {
            Environment.MachineName,
            Read("/etc/machine-id") ?? "",
            OperatingSystem.IsLinux() ? new FileInfo("/proc/self/ns/pid").LinkTarget ?? "" : "",
            boot,
        };
        return boot.Length == 0 ? ""
            : Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', parts))))[..16].ToLowerInvariant();
    }

    private static ProcessIdentity Describe() => new(MachineKey(BootId()), Environment.ProcessId, StartOf(Environment.ProcessId) ?? "");

    // Windows counts its starts. Where nothing tells it (macOS), a process is judged by its renewals alone.
    private static string BootId() =>
        OperatingSystem.IsWindows() ? WindowsBoot()
        : Read("/proc/sys/kernel/random/boot_id") ?? "";

    [System.Runtime.Versioning.SupportedOSPlatform("windows")]
    private static string WindowsBoot()
    {
        const string Key = @"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\Session Manager\Memory Management\PrefetchParameters";
        const string Identity = @"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Cryptography";
        try
        {
            return WindowsRegistry.GetValue(Key, "BootId", null) is int count
                ? string.Create(CultureInfo.InvariantCulture, $"{WindowsRegistry.GetValue(Identity, "MachineGuid", null)}-{count}")
                : "";
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException or System.Security.SecurityException)
        {
            return "";
        }
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
