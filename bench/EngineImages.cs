using System.Formats.Tar;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Docker.DotNet.Models;
using Pro.DockerVersioning.Engine;

namespace Pro.DockerVersioning.Bench;

/// <summary>Makes images on the engine, and takes them away again.</summary>
internal static class EngineImages
{
    /// <summary>A connection to the engine that the commands take as well.</summary>
    public static EngineConnection Connect() => EngineConnection.Open(EngineEndpoint.Resolve(Environment.GetEnvironmentVariable));

    /// <summary>Loads one image for each version in one go: all share one small layer, and each has its own configuration.</summary>
    public static async Task LoadAsync(EngineConnection engine, string repository, IEnumerable<string> versions, CancellationToken cancellationToken)
    {
        using var archive = new MemoryStream();
        await using (var writer = new TarWriter(archive, TarEntryFormat.Ustar, leaveOpen: true))
        {
            var layer = Layer();
            Add(writer, "layer.tar", layer);
            var manifest = new List<object>();
            foreach (var version in versions)
            {
                var config = Configuration(repository, version, manifest.Count, Hash(layer));
                Add(writer, $"{Hash(config)}.json", config);
                manifest.Add(new { Config = $"{Hash(config)}.json", RepoTags = new[] { $"{repository}:{version}" }, Layers = new[] { "layer.tar" } });
            }

            Add(writer, "manifest.json", JsonSerializer.SerializeToUtf8Bytes(manifest));
        }

        archive.Position = 0;
        await engine.CallAsync(client => client.Images.LoadImageAsync(
            new ImageLoadParameters { Quiet = true }, archive, new Progress<JSONMessage>(), cancellationToken));
    }

    /// <summary>Takes away every name below the bench's registry.</summary>
    public static async Task RemoveAsync(EngineConnection engine)
    {
        var images = await engine.CallAsync(client => client.Images.ListImagesAsync(new ImagesListParameters(), CancellationToken.None));
        var names = images.SelectMany(image => image.RepoTags ?? []).Where(name => name.StartsWith(Setup.Registry + "/", StringComparison.Ordinal));
        await Parallel.ForEachAsync(names, async (name, _) => await engine.CallAsync(client =>
            client.Images.DeleteImageAsync(name, new ImageDeleteParameters(), CancellationToken.None)));
    }

    private static string Hash(byte[] content) => Convert.ToHexString(SHA256.HashData(content)).ToLowerInvariant();

    private static byte[] Configuration(string repository, string version, int number, string layer) => JsonSerializer.SerializeToUtf8Bytes(new
    {
        architecture = "amd64",
        os = "linux",
        created = DateTime.UnixEpoch.AddDays(18_000).AddMinutes(number),
        config = new
        {
            Labels = new Dictionary<string, string>
            {
                ["org.opencontainers.image.version"] = version,
                ["org.opencontainers.image.revision"] = Convert.ToHexString(SHA1.HashData(Encoding.UTF8.GetBytes(version))).ToLowerInvariant(),
                ["org.opencontainers.image.created"] =
                    DateTime.UnixEpoch.AddDays(18_000).AddMinutes(number).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
                ["org.opencontainers.image.title"] = "web",
                ["pro.dockerversioning.service"] = "web",
                ["pro.dockerversioning.repository"] = repository,
            },
        },
        rootfs = new { type = "layers", diff_ids = new[] { "sha256:" + layer } },
    });

    private static byte[] Layer()
    {
        using var stream = new MemoryStream();
        using (var writer = new TarWriter(stream, TarEntryFormat.Ustar, leaveOpen: true))
        {
            Add(writer, "hello", "hello"u8.ToArray());
        }

        return stream.ToArray();
    }

    private static void Add(TarWriter writer, string name, byte[] content) => writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name)
    {
        DataStream = new MemoryStream(content),
        ModificationTime = DateTimeOffset.UnixEpoch,
    });
}
