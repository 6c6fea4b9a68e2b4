using System.Security.Cryptography;
using System.Text;

namespace Pro.DockerVersioning.Tests.Engine;

/// <summary>How the labels of a lock name a process of this machine.</summary>
public static class ThisMachine
{
    /// <summary>The id of a process that is gone.</summary>
    public const int GoneProcess = int.MaxValue;

    /// <summary>The machine since its start, and its namespace of processes.</summary>
    public static string Key => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(
        $"{Environment.MachineName}\n{MachineId()}\n{new FileInfo("/proc/self/ns/pid").LinkTarget}\n{Boot}")))[..16].ToLowerInvariant();

    private static string Boot => File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    private static string MachineId() => File.Exists("/etc/machine-id") ? File.ReadAllText("/etc/machine-id").Trim() : "";
}
