using System.Formats.Tar;
using System.Text.Json.Nodes;

namespace Pro.DockerVersioning.Services.Containers;

/// <summary>A file or folder that somebody copied into a container's layer after its creation, as compose does with inline configs.</summary>
/// <param name="Path">Its path in the container.</param>
/// <param name="Tar">A tar to unpack at the container's root.</param>
internal sealed record InjectedFile(string Path, byte[] Tar)
{
    /// <summary>Makes it from the engine's archive of a path, whose entries begin with the path's last part.</summary>
    public static InjectedFile From(string path, byte[] archive)
    {
        using var source = new TarReader(new MemoryStream(archive));
        using var packed = new MemoryStream();
        using (var target = new TarWriter(packed, TarEntryFormat.Pax, leaveOpen: true))
        {
            // Below the root the engine makes the folders that the next image lacks.
            var folder = path.Trim('/') is var clean && clean.LastIndexOf('/') is > 0 and var end ? clean[..(end + 1)] : "";
            while (source.GetNextEntry(copyData: true) is { } entry)
            {
                entry.Name = folder + entry.Name;
                target.WriteEntry(entry);
            }
        }

        return new InjectedFile(path, packed.ToArray());
    }

    /// <summary>The tar with the time at which it is copied in, as compose does it: by that it is found again (see <see cref="FoundFile"/>).</summary>
    public byte[] At(DateTimeOffset time)
    {
        using var source = new TarReader(new MemoryStream(Tar));
        using var packed = new MemoryStream();
        using (var target = new TarWriter(packed, TarEntryFormat.Pax, leaveOpen: true))
        {
            while (source.GetNextEntry(copyData: true) is { } entry)
            {
                // An entry that was read keeps its time among its attributes, and would be written with that.
                var attributes = (entry as PaxTarEntry)?.ExtendedAttributes.Where(one => one.Key.StartsWith("SCHILY.xattr.", StringComparison.Ordinal));
                var copy = new PaxTarEntry(entry.EntryType, entry.Name, attributes ?? [])
                {
                    Mode = entry.Mode,
                    Uid = entry.Uid,
                    Gid = entry.Gid,
                    ModificationTime = DateTimeOffset.FromUnixTimeSeconds(time.ToUnixTimeSeconds()),
                };
                if (entry.EntryType is TarEntryType.SymbolicLink or TarEntryType.HardLink)
                {
                    copy.LinkName = entry.LinkName;
                }
                else if (entry.DataStream is { } data)
                {
                    copy.DataStream = data;
                }

                target.WriteEntry(copy);
            }
        }

        return packed.ToArray();
    }
}

/// <summary>All that makes an old container again, also if a prune has taken it: its recipe, and the files in its layer.</summary>
/// <param name="Recipe">How it was made.</param>
/// <param name="Files">What was copied into it.</param>
/// <param name="Digests">Under which names with digests a registry has its image.</param>
internal sealed record SavedRecipe(ContainerRecipe Recipe, IReadOnlyList<InjectedFile> Files, IReadOnlyList<string> Digests)
{
    /// <summary>Reads it.</summary>
    /// <exception cref="FormatException">A part is missing.</exception>
    public static SavedRecipe Read(JsonObject json) => new(
        new ContainerRecipe
        {
            Name = Text(json, "Name"),
            ImageId = Text(json, "ImageId"),
            Reference = Text(json, "Reference"),
            Primary = json["Primary"]?.GetValue<string>(),
            Platform = json.Text("Platform"),
            Config = Take(json, "Config"),
            HostConfig = Take(json, "HostConfig"),
            Networks = [.. json.Elements("Networks").OfType<JsonObject>().Select(network =>
                new NetworkAttachment(Text(network, "Network"), Take(network, "Endpoint")))],
        },
        [.. json.Elements("Files").Select(file => new InjectedFile(file.Text("Path"), Convert.FromBase64String(file.Text("Tar"))))],
        [.. json.Texts("Digests")]);

    /// <summary>Writes it.</summary>
    public JsonObject ToJson() => new()
    {
        ["Name"] = Recipe.Name,
        ["ImageId"] = Recipe.ImageId,
        ["Reference"] = Recipe.Reference,
        ["Primary"] = Recipe.Primary,
        ["Platform"] = Recipe.Platform,
        ["Config"] = Recipe.Config.DeepClone(),
        ["HostConfig"] = Recipe.HostConfig.DeepClone(),
        ["Networks"] = new JsonArray([.. Recipe.Networks.Select(network =>
            new JsonObject { ["Network"] = network.Network, ["Endpoint"] = network.Endpoint.DeepClone() })]),
        ["Files"] = new JsonArray([.. Files.Select(file =>
            new JsonObject { ["Path"] = file.Path, ["Tar"] = Convert.ToBase64String(file.Tar) })]),
        ["Digests"] = new JsonArray([.. Digests.Select(digest => (JsonNode)digest)]),
    };

    private static string Text(JsonObject json, string name) =>
        json.Text(name) is { Length: > 0 } text ? text : throw new FormatException($"it has no {name}");

    private static JsonObject Take(JsonObject json, string name)
    {
        var value = json[name] as JsonObject ?? throw new FormatException($"it has no {name}");
        _ = json.Remove(name);
        return value;
    }
}
