using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Pro.DockerVersioning.Engine;

/// <summary>The disk on which an engine keeps its images, where it can be seen from here. Looking costs the engine nothing.</summary>
internal sealed partial class DataRoot
{
    private const string SystemRoot = "/var/lib/containerd";
    private static readonly string[] SystemSockets = ["/run/containerd/containerd.sock", "/var/run/containerd/containerd.sock"];

    private DataRoot(string? path) => Path = path;

    /// <summary>The folder; null if the engine isn't on this machine, or nobody says where it is.</summary>
    public string? Path { get; }

    /// <summary>How many bytes are free for it now; null if that can't be seen.</summary>
    public long? Free => Read(static drive => drive.AvailableFreeSpace);

    /// <summary>How many bytes the disk has; null if that can't be seen.</summary>
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
        Of(info, endpoint, Directory.Exists, ReadOrNull);

    /// <summary>The same, with the disk at hand.</summary>
    /// <param name="info">What the engine says.</param>
    /// <param name="endpoint">The engine.</param>
    /// <param name="isFolder">Whether a folder is there, as far as we may see it.</param>
    /// <param name="read">A file's text; null if it can't be read.</param>
    internal static DataRoot Of(JsonObject info, EngineEndpoint endpoint, Func<string, bool> isFolder, Func<string, string?> read) =>
        new(endpoint.IsLocal && IsHere(info["OSType"]?.GetValue<string>(), info["OperatingSystem"]?.GetValue<string>())
            ? FolderOf(info, isFolder, read)
            : null);

    /// <summary>
    /// With containerd's image store the images are in containerd's folder: in the engine's own, if the engine started it; else it has one
    /// of its own, often on another disk.
    /// </summary>
    private static string? FolderOf(JsonObject info, Func<string, bool> isFolder, Func<string, string?> read)
    {
        var root = info["DockerRootDir"]?.GetValue<string>();
        var status = (info["DriverStatus"] as JsonArray)?.OfType<JsonArray>() ?? [];
        if (root is null || !status.Any(pair => pair is [_, { } value]
            && value.GetValue<string>().StartsWith("io.containerd.", StringComparison.Ordinal)))
        {
            return root;
        }

        var managed = System.IO.Path.Combine(root, "containerd", "daemon");
        var address = (info["Containerd"] as JsonObject)?["Address"]?.GetValue<string>();
        if (address is null ? isFolder(managed) : !SystemSockets.Contains(address, StringComparer.Ordinal))
        {
            // Not to be seen by everybody, but on the engine's disk as a rule. Whose containerd another address is, nobody says.
            return isFolder(managed) ? managed : address is null || IsOfEngine(address) ? root : null;
        }

        var text = read("/etc/containerd/config.toml");
        return text is not null && RootLine().Match(text) is { Success: true } line ? line.Groups["path"].Value
            : isFolder(SystemRoot) || address is not null ? SystemRoot
            : root;
    }

    // dockerd names the socket so below its --exec-root, which is /var/run/docker unless it is told otherwise.
    private static bool IsOfEngine(string address) => address.EndsWith("/docker/containerd/containerd.sock", StringComparison.Ordinal);

    private static string? ReadOrNull(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllText(path) : null;
        }
        catch (Exception unseen) when (unseen is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    [GeneratedRegex("""^root\s*=\s*["'](?<path>[^"']+)["']""", RegexOptions.Multiline)]
    private static partial Regex RootLine();

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
