using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Images;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Cleaning;

/// <summary>
/// Tells what takes the space on an engine's disk. The engine measures it for this: that can take long, so no other command asks.
/// </summary>
internal static class DiskUsageTable
{
    // No prune takes these, and they are on every engine.
    private static readonly string[] OwnNetworks = ["bridge", "host", "none"];

    /// <summary>Asks the engine.</summary>
    /// <exception cref="ProException">The engine can't be reached, or refuses.</exception>
    public static async Task<IReadOnlyList<ProDiskUsage>> LoadAsync(
        EngineConnection engine, IReadOnlyList<(string Name, ImageReference Repository)> services, CancellationToken cancellationToken)
    {
        var usage = engine.Http.ReadAsync(HttpMethod.Get, "system/df?verbose=1", cancellationToken);
        var loading = ImageInventory.LoadAsync(engine, cancellationToken);
        var looking = DataRoot.FindAsync(engine, cancellationToken);
        var networks = engine.Http.GetListAsync("networks", cancellationToken);
        await Task.WhenAll(usage, loading, looking, networks).ConfigureAwait(false);
        var report = DiskUsageReport.Read(await usage.ConfigureAwait(false));
        var root = await looking.ConfigureAwait(false);
        return Build(
            report,
            await loading.ConfigureAwait(false),
            services,
            [.. (await networks.ConfigureAwait(false)).Select(network => network?["Name"]?.GetValue<string>() ?? "").Except(OwnNetworks)],
            root.Path,
            root.Total,
            root.Free);
    }

    /// <summary>The lines. Pure.</summary>
    internal static IReadOnlyList<ProDiskUsage> Build(
        DiskUsageReport report,
        ImageInventory inventory,
        IReadOnlyList<(string Name, ImageReference Repository)> services,
        IReadOnlyList<string> networks,
        string? disk,
        long? total,
        long? free)
    {
        var ofService = report.Images.ToLookup(image => ServiceOf(inventory.FindById(image.Id), services), StringComparer.Ordinal);
        var lines = services.Select(service => service.Name).Distinct(StringComparer.Ordinal)
            .Select(name => OfImages(ProDiskUsageKind.Service, name, [.. ofService[name]]))
            .ToList();
        lines.Add(OfImages(ProDiskUsageKind.OtherImages, "other images", [.. ofService[""]]));

        // No layer of these belongs to one image, so none comes free with one.
        var shared = Math.Max(0, report.Layers - report.Images.Sum(image => image.Own));
        lines.Insert(lines.Count - 1, new ProDiskUsage { Kind = ProDiskUsageKind.SharedLayers, Name = "shared layers", Size = shared });
        var used = inventory.Containers.SelectMany(container => container.NetworkSettings?.Networks?.Keys ?? Array.Empty<string>())
            .ToHashSet(StringComparer.Ordinal);
        lines.Add(OfItems(
            ProDiskUsageKind.Containers,
            "containers",
            report.Containers,
            "docker container prune",
            "all stopped containers, with their logs and what they wrote outside of volumes; no version that only they hold is kept then"));
        lines.Add(OfItems(
            ProDiskUsageKind.Networks,
            "networks",
            [.. networks.Select(name => new ItemUsage(0, used.Contains(name)))],
            "docker network prune",
            "all networks that no container uses, also those that a compose file calls external, which nobody makes again by itself"));
        lines.Add(OfItems(
            ProDiskUsageKind.Volumes,
            "volumes",
            report.Volumes,
            "docker volume prune",
            "for good, the data of all anonymous volumes that no container uses; with --all, and on engines before 23, of named ones too: "
                + "the database of a stopped project"));
        lines.Add(OfItems(ProDiskUsageKind.BuildCache, "build cache", report.BuildCache, "Clear-ProBuildCache"));
        var sum = Math.Max(1, lines.Sum(line => line.Size));
        lines.ForEach(line => line.Share = (double)line.Size / sum);
        if (disk is not null && total is { } all && free is { } left)
        {
            lines.Add(new ProDiskUsage
            {
                Kind = ProDiskUsageKind.Disk,
                Name = disk,
                Count = 1,
                Active = 1,
                Size = all - left,
                Free = left,
                Share = all > 0 ? (double)(all - left) / all : 0,
            });
        }

        return lines;
    }

    private static string ServiceOf(EngineImage? image, IReadOnlyList<(string Name, ImageReference Repository)> services) =>
        image is null ? ""
        : services.FirstOrDefault(service => image.BelongsTo(service.Name, service.Repository)).Name ?? "";

    private static ProDiskUsage OfImages(ProDiskUsageKind kind, string name, IReadOnlyList<ImageUsage> images) =>
        OfItems(
            kind,
            name,
            [.. images.Select(image => new ItemUsage(image.Own, image.IsInUse))],
            kind == ProDiskUsageKind.Service ? $"Remove-ProOldImage {name}" : "Remove-ProOldImage -Unused -AnyRepository");

    private static ProDiskUsage OfItems(
        ProDiskUsageKind kind, string name, IReadOnlyList<ItemUsage> items, string command, string? destroys = null) => new()
    {
        Command = command,
        Destroys = destroys,
        Kind = kind,
        Name = name,
        Count = items.Count,
        Active = items.Count(item => item.IsInUse),
        Size = items.Sum(item => item.Size),
        Reclaimable = items.Where(item => !item.IsInUse).Sum(item => item.Size),
    };
}
