using System.Text.Json;

namespace Pro.DockerVersioning.Cleaning;

/// <summary>The engine's account of its disk, in the shape of engines before API 1.52 and in the newer one. Pure.</summary>
internal sealed record DiskUsageReport
{
    /// <summary>The bytes of all layers, each once.</summary>
    public required long Layers { get; init; }

    /// <summary>The images.</summary>
    public required IReadOnlyList<ImageUsage> Images { get; init; }

    /// <summary>The containers.</summary>
    public required IReadOnlyList<ItemUsage> Containers { get; init; }

    /// <summary>The volumes.</summary>
    public required IReadOnlyList<ItemUsage> Volumes { get; init; }

    /// <summary>The records of the build cache.</summary>
    public required IReadOnlyList<ItemUsage> BuildCache { get; init; }

    /// <summary>Reads the answer of <c>GET /system/df</c>.</summary>
    public static DiskUsageReport Read(byte[] json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        return new DiskUsageReport
        {
            Layers = Number(root, "LayersSize") ?? (Find(root, "ImageUsage") is { } images ? Number(images, "TotalSize") : null) ?? 0,
            Images = [.. Items(root, "Images", "ImageUsage").Select(ReadImage)],
            Containers = [.. Items(root, "Containers", "ContainerUsage").Select(item =>
                new ItemUsage(Number(item, "SizeRw") ?? 0, Text(item, "State") is "running" or "paused" or "restarting"))],
            Volumes = [.. Items(root, "Volumes", "VolumeUsage").Select(ReadVolume)],
            BuildCache = [.. Items(root, "BuildCache", "BuildCacheUsage")
                .Where(item => !IsTrue(item, "Shared"))
                .Select(item => new ItemUsage(Number(item, "Size") ?? 0, IsTrue(item, "InUse")))],
        };
    }

    private static ImageUsage ReadImage(JsonElement image)
    {
        var size = Number(image, "Size") ?? 0;
        var shared = Math.Max(0, Number(image, "SharedSize") ?? 0);
        return new ImageUsage(
            Id(Text(image, "Id") ?? ""),
            Math.Max(0, size - shared),
            (Number(image, "Containers") ?? 0) > 0);
    }

    // Podman leaves the algorithm out, here alone.
    private static string Id(string text) => text.Length == 64 ? "sha256:" + text : text;

    private static ItemUsage ReadVolume(JsonElement volume)
    {
        // -1: a driver that doesn't say it.
        var usage = Find(volume, "UsageData") ?? default;
        return new ItemUsage(Math.Max(0, Number(usage, "Size") ?? 0), (Number(usage, "RefCount") ?? 0) > 0);
    }

    private static List<JsonElement> Items(JsonElement root, string list, string usage) =>
        Find(root, list) is { ValueKind: JsonValueKind.Array } items ? [.. items.EnumerateArray()]
        : Find(root, usage) is { } newer && Find(newer, "Items") is { ValueKind: JsonValueKind.Array } inner ? [.. inner.EnumerateArray()]
        : [];

    private static JsonElement? Find(JsonElement item, string name) =>
        item.ValueKind == JsonValueKind.Object && item.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null
            ? value : null;

    private static long? Number(JsonElement item, string name) =>
        Find(item, name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out var number) ? number : null;

    private static string? Text(JsonElement item, string name) =>
        Find(item, name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    private static bool IsTrue(JsonElement item, string name) => Find(item, name) is { ValueKind: JsonValueKind.True };
}

/// <summary>An image's part of the disk.</summary>
/// <param name="Id">The image id.</param>
/// <param name="Own">The bytes of layers that no other image has.</param>
/// <param name="IsInUse">True if a container uses it.</param>
internal sealed record ImageUsage(string Id, long Own, bool IsInUse);

/// <summary>The part of the disk of a container, a volume or a record of the build cache.</summary>
/// <param name="Size">Its bytes.</param>
/// <param name="IsInUse">True if it runs, is mounted, or a build uses it.</param>
internal sealed record ItemUsage(long Size, bool IsInUse);
