using System.Formats.Tar;
using System.Text.Json.Nodes;
using Pro.DockerVersioning.Deployment.Locking;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Deployment.Container.Swap;

/// <summary>
/// Operation records on an engine: a volume for each, whose file holds what no label may hold. The engine gives no other way to its volumes
/// than a container: one that is created, never started, and removed at once.
/// </summary>
internal sealed class OperationRecords(ContainerApi calls)
{
    /// <summary>How the volumes' names begin, and those of the containers that give access to them.</summary>
    public const string NamePrefix = "pro-operation-";

    private const string Label = ContainerLabels.Record;
    private const string Owner = Label + ".owner.";
    private const string Folder = "/pro-operation-record";
    private const string File = "record.json";

    /// <summary>Writes a record. If that fails, nothing of it is left and nothing was touched.</summary>
    /// <exception cref="ProException"><c>OperationRecordExists</c>: another operation's record is there.</exception>
    public async Task WriteAsync(OperationRecord record, string newImage, CancellationToken cancellationToken)
    {
        var name = NameOf(record.Info.Target);
        try
        {
            await calls.CreateVolumeAsync(name, Labels(record.Info), cancellationToken).ConfigureAwait(false);
            if ((await FindAsync(record.Info.Target, cancellationToken).ConfigureAwait(false))?.Nonce != record.Info.Nonce)
            {
                // Nobody wanted it repaired first.
                throw ContainerErrors.OperationRecordExists(record.Info.Target);
            }

            using var tar = new MemoryStream();
            var writer = new TarWriter(tar, TarEntryFormat.Ustar, leaveOpen: true);
            await using (writer.ConfigureAwait(false))
            {
                var entry = new UstarTarEntry(TarEntryType.RegularFile, File)
                {
                    Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite, DataStream = new MemoryStream(record.ToFile()),
                };
                await writer.WriteEntryAsync(entry, cancellationToken).ConfigureAwait(false);
            }

            _ = await WithHelperAsync(record.Info, newImage, async id =>
            {
                await calls.PutArchiveAsync(id, Folder, tar.ToArray(), cancellationToken).ConfigureAwait(false);
                return true;
            }).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is not ProException { Id: ContainerErrors.OperationRecordExistsId })
        {
            await TryRemoveAsync(record.Info).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Finds the record of a target; null if no operation was interrupted.</summary>
    public async Task<OperationInfo?> FindAsync(string target, CancellationToken cancellationToken) =>
        await calls.FindVolumeAsync(NameOf(target), cancellationToken).ConfigureAwait(false) is { } volume ? Read(volume["Labels"]) : null;

    public async Task<IReadOnlyList<OperationInfo>> FindAllAsync(CancellationToken cancellationToken) =>
        [.. (await calls.FindVolumesAsync(Label, cancellationToken).ConfigureAwait(false))
            .Select(volume => Read(volume?["Labels"])).OfType<OperationInfo>()];

    public static IReadOnlyList<OperationInfo> From(IEnumerable<LabelledObject> volumes) =>
        [.. volumes
            .Where(volume => volume.Name.StartsWith(NamePrefix, StringComparison.Ordinal))
            .Select(volume => Read(new JsonObject(volume.Labels.Select(label => KeyValuePair.Create(label.Key, (JsonNode?)label.Value)))))
            .OfType<OperationInfo>()];

    /// <summary>Reads a record's content; null if it was never written to its end, and so nothing was touched.</summary>
    /// <exception cref="ProException">The engine refuses, or a newer version of this module has written it.</exception>
    public async Task<OperationRecord?> ReadAsync(OperationInfo info, CancellationToken cancellationToken)
    {
        var tar = await WithHelperAsync(
            info, info.To, id => calls.GetArchiveAsync(id, $"{Folder}/{File}", cancellationToken)).ConfigureAwait(false);
        if (tar is null)
        {
            return null;
        }

        using var reader = new TarReader(new MemoryStream(tar));
        using var content = new MemoryStream();
        if (await reader.GetNextEntryAsync(copyData: true, cancellationToken).ConfigureAwait(false) is { DataStream: { } data })
        {
            await data.CopyToAsync(content, cancellationToken).ConfigureAwait(false);
        }

        return OperationRecord.Read(info, content.ToArray());
    }

    /// <summary>Deletes a record, and what an interrupted access to it has left. It is the commit, or the end of a restore.</summary>
    public async Task RemoveAsync(OperationInfo info)
    {
        try
        {
            await RemoveHelperAsync(info).ConfigureAwait(false);
            await calls.RemoveVolumeAsync(NameOf(info.Target), CancellationToken.None).ConfigureAwait(false);
        }
        catch (ProException lost) when (lost.Id == EngineErrors.UnreachableId)
        {
            // The engine may have done it, and only its answer is lost: to go back now would give up what is verified.
            if ((await FindAsync(info.Target, CancellationToken.None).ConfigureAwait(false))?.Nonce == info.Nonce)
            {
                throw;
            }
        }
    }

    private async Task RemoveHelperAsync(OperationInfo info)
    {
        if (await calls.FindAsync(NameOf(info.Target), CancellationToken.None).ConfigureAwait(false) is { } left && IsHelper(left.Labels))
        {
            await calls.RemoveAsync(left.Id, CancellationToken.None, withVolumes: true).ConfigureAwait(false);
        }
    }

    /// <summary>Whether a container only gives access to a record: it belongs to no service, whatever its image.</summary>
    public static bool IsHelper(IDictionary<string, string>? labels) => labels?.ContainsKey(Label) == true;

    private async Task TryRemoveAsync(OperationInfo info)
    {
        try
        {
            if ((await FindAsync(info.Target, CancellationToken.None).ConfigureAwait(false))?.Nonce == info.Nonce)
            {
                await RemoveAsync(info).ConfigureAwait(false);
            }
        }
        catch (ProException)
        {
            // The next command finds it, and that nothing was touched.
        }
    }

    private async Task<T> WithHelperAsync<T>(OperationInfo info, string newImage, Func<string, Task<T>> access)
    {
        var id = await HelperAsync(info, newImage).ConfigureAwait(false);
        try
        {
            return await access(id).ConfigureAwait(false);
        }
        finally
        {
            await calls.RemoveAsync(id, CancellationToken.None, withVolumes: true).ConfigureAwait(false);
        }
    }

    // Nothing of its image is started, so any image does; the old one is the one that is surely there.
    private async Task<string> HelperAsync(OperationInfo info, string newImage)
    {
        var name = NameOf(info.Target);
        await RemoveHelperAsync(info).ConfigureAwait(false);
        var image = await AnyOfAsync(info.OldImages.Append(newImage)).ConfigureAwait(false)
            ?? await AnyOfAsync(await calls.ImageIdsAsync(CancellationToken.None).ConfigureAwait(false)).ConfigureAwait(false)
            ?? throw ContainerErrors.NoImageForRecord(info.Target, info.To);

        // A volume that the image declares would be made, and filled, for nothing.
        var folders = image["Config"].Members("Volumes").Select(volume => volume.Key).Append(Folder);
        return await calls.CreateAsync(
            name,
            new JsonObject
            {
                ["Image"] = image.Text("Id"),
                ["Entrypoint"] = new JsonArray("never-started"),
                ["Labels"] = new JsonObject { [Label] = info.Target },
                ["HostConfig"] = new JsonObject
                {
                    ["NetworkMode"] = "none",
                    ["Binds"] = new JsonArray([.. folders.Select(folder => (JsonNode)$"{name}:{folder}:nocopy")]),
                },
            },
            CancellationToken.None).ConfigureAwait(false);
    }

    private async Task<JsonObject?> AnyOfAsync(IEnumerable<string> images)
    {
        foreach (var candidate in images)
        {
            if (await calls.FindImageAsync(candidate, CancellationToken.None).ConfigureAwait(false) is { } image)
            {
                return image;
            }
        }

        return null;
    }

    private static JsonObject Labels(OperationInfo info)
    {
        var labels = new JsonObject
        {
            [Label] = info.Target,
            [Label + ".nonce"] = info.Nonce,
            [Label + ".to"] = info.To,
            [Label + ".from"] = string.Join(',', info.OldImages),
            [Label + ".up"] = info.IsComposeUp ? "true" : "false",
        };
        foreach (var (name, value) in info.Owner)
        {
            // Not under compose's own names: "down" would take the volume for its own.
            labels[Owner + name] = value;
        }

        return labels;
    }

    private static OperationInfo? Read(JsonNode? labels) => labels.Text(Label) is not { Length: > 0 } target ? null : new OperationInfo
    {
        Target = target,
        Nonce = labels.Text(Label + ".nonce"),
        To = labels.Text(Label + ".to"),
        OldImages = labels.Text(Label + ".from").Split(',', StringSplitOptions.RemoveEmptyEntries),
        IsComposeUp = labels.Text(Label + ".up") == "true",
        Owner = (labels as JsonObject ?? [])
            .Where(label => label.Key.StartsWith(Owner, StringComparison.Ordinal))
            .ToDictionary(label => label.Key[Owner.Length..], label => label.Value?.GetValue<string>() ?? "", StringComparer.Ordinal),
    };

    private static string NameOf(string target) =>
        LockNames.Lock(target).Replace(LockNames.LockPrefix, NamePrefix, StringComparison.Ordinal);
}
