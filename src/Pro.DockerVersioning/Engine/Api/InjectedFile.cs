using System.Formats.Tar;

namespace Pro.DockerVersioning.Engine.Api;

/// <summary>
/// A file or folder that somebody copied into a container's layer after its creation, as compose does with inline configs.
/// </summary>
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

    /// <summary>
    /// The tar with the time at which it is copied in, as compose does it: by that it is found again (see <c>FoundFile</c>).
    /// </summary>
    public byte[] At(DateTimeOffset time)
    {
        using var source = new TarReader(new MemoryStream(Tar));
        using var packed = new MemoryStream();
        using (var target = new TarWriter(packed, TarEntryFormat.Pax, leaveOpen: true))
        {
            while (source.GetNextEntry(copyData: true) is { } entry)
            {
                // An entry that was read keeps its time among its attributes, and would be written with that.
                var attributes = (entry as PaxTarEntry)?.ExtendedAttributes
                    .Where(one => one.Key.StartsWith("SCHILY.xattr.", StringComparison.Ordinal));
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
