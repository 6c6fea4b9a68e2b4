using System.Text.Json.Nodes;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Engine;

/// <summary>The disk on which an engine keeps its images, where it can be seen from here. Looking costs the engine nothing.</summary>
internal sealed class DataRoot
{
    private DataRoot(string? path) => Path = path;

    /// <summary>The folder; null for an engine that isn't on this machine.</summary>
    public string? Path { get; }

    /// <summary>How many bytes are free for it now; null where that can't be seen.</summary>
    public long? Free => Read(static drive => drive.AvailableFreeSpace);

    /// <summary>How many bytes the disk has; null where that can't be seen.</summary>
    public long? Total => Read(static drive => drive.TotalSize);

    /// <summary>Asks the engine where its data root is.</summary>
    /// <exception cref="ProException">The engine can't be reached, or refuses.</exception>
    public static async Task<DataRoot> FindAsync(EngineConnection engine, CancellationToken cancellationToken)
    {
        if (!engine.Endpoint.IsLocal)
        {
            return new DataRoot(null);
        }

        return Of(await engine.Http.GetAsync("info", cancellationToken).ConfigureAwait(false), engine.Endpoint);
    }

    /// <summary>Reads it off what an engine says of itself. Pure.</summary>
    internal static DataRoot Of(JsonObject info, EngineEndpoint endpoint) =>
        new(endpoint.IsLocal && IsHere(info["OSType"]?.GetValue<string>(), info["OperatingSystem"]?.GetValue<string>())
            ? info["DockerRootDir"]?.GetValue<string>()
            : null);

    /// <summary>The socket of an engine in a virtual machine is here, but its disk is there: another kernel, or Linux on Windows.</summary>
    private static bool IsHere(string? type, string? system) =>
        OperatingSystem.IsLinux()
            ? type == "linux" && system?.Contains("Docker Desktop", StringComparison.OrdinalIgnoreCase) != true
            : OperatingSystem.IsWindows() && type == "windows";

    private long? Read(Func<DriveInfo, long> read)
    {
        try
        {
            return Path is { Length: > 0 } path ? read(new DriveInfo(path)) : null;
        }
        catch (Exception unseen) when (unseen is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }
}
