namespace Pro.DockerVersioning.Tests;

/// <summary>A busybox that needs no library, to make images from: the system's, or the one that scripts/engine.sh has unpacked.</summary>
internal static class StaticBusybox
{
    /// <summary>Its path, whether or not it is there.</summary>
    public static string Path { get; } =
        Environment.GetEnvironmentVariable("PRO_TEST_BUSYBOX") is { Length: > 0 } path ? path : "/bin/busybox";

    /// <summary>Whether it is there.</summary>
    public static bool IsHere => OperatingSystem.IsLinux() && File.Exists(Path);
}
