using System.Globalization;
using System.Runtime.InteropServices;

namespace Pro.DockerVersioning.Bench;

/// <summary>Figures mean nothing without the machine that they were made on.</summary>
internal static class Machine
{
    /// <summary>One paragraph.</summary>
    public static string Describe()
    {
        var engine = Child.Run(Setup.Docker, "version", "--format", "{{.Server.Version}}").Trim();
        var client = Child.Run(Setup.Docker, "version", "--format", "{{.Client.Version}}").Trim();
        var git = Child.Run("git", "--version").Trim();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{DateTime.UtcNow:yyyy-MM-dd HH:mm} UTC, {Environment.ProcessorCount} cores, {SystemName()}, {RuntimeInformation.OSArchitecture}, "
            + $"{RuntimeInformation.FrameworkDescription}, engine {engine}, client {client}, {git}, load {Load()}.");
    }

    private static string SystemName() => File.Exists("/etc/os-release")
        ? File.ReadLines("/etc/os-release").First(line => line.StartsWith("PRETTY_NAME=", StringComparison.Ordinal))[12..].Trim('"')
        : RuntimeInformation.OSDescription;

    private static string Load() => File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "unknown";
}
