using System.Formats.Tar;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;

namespace Pro.DockerVersioning.Tests.Cleaning;

/// <summary>
/// Images as <c>docker load</c> takes them: many in a second, each with a layer of its own on one that all share, and a busybox that can
/// run in it. No builder is needed.
/// </summary>
internal static class ImageArchive
{
    /// <summary>The bytes of the layer that each image has alone.</summary>
    public const int OwnSize = 4000;

    /// <summary>Whether containers of these images can run here.</summary>
    public static bool IsPossible => StaticBusybox.IsHere;

    /// <summary>The archive; each image has its names, and says that it is a version of the service api.</summary>
    public static byte[] Make(string nonce, params (string Version, string[] Tags)[] images) => Of("api", nonce, images);

    /// <summary>The same for another service.</summary>
    public static byte[] Of(string service, string nonce, params (string Version, string[] Tags)[] images) =>
        Of(service, nonce, areAlike: false, images);

    /// <summary>The same, of images that differ by their labels only: the engine unpacks no layer for each.</summary>
    public static byte[] OfAlike(string service, string nonce, params (string Version, string[] Tags)[] images) =>
        Of(service, nonce, areAlike: true, images);

    private static byte[] Of(string service, string nonce, bool areAlike, (string Version, string[] Tags)[] images)
    {
        using var archive = new MemoryStream();
        using (var writer = new TarWriter(archive, TarEntryFormat.Ustar, leaveOpen: true))
        {
            var shared = Layer(("busybox", File.ReadAllBytes(StaticBusybox.Path)), ("nonce", System.Text.Encoding.UTF8.GetBytes(nonce)));
            Add(writer, "shared.tar", shared);
            var manifest = new List<object>();
            foreach (var (version, tags) in images)
            {
                var own = Layer(("own", [.. System.Text.Encoding.UTF8.GetBytes(areAlike ? nonce : nonce + version).Concat(new byte[OwnSize])
                    .Take(OwnSize)]));
                var config = Configuration(service, tags[0][..tags[0].LastIndexOf(':')], version, [shared, own]);
                if (manifest.Count == 0 || !areAlike)
                {
                    Add(writer, $"{Hash(own)}.tar", own);
                }

                Add(writer, $"{Hash(config)}.json", config);
                manifest.Add(new { Config = $"{Hash(config)}.json", RepoTags = tags, Layers = new[] { "shared.tar", $"{Hash(own)}.tar" } });
            }

            Add(writer, "manifest.json", JsonSerializer.SerializeToUtf8Bytes(manifest));
        }

        return archive.ToArray();
    }

    private static byte[] Configuration(string service, string repository, string version, byte[][] layers) =>
        JsonSerializer.SerializeToUtf8Bytes(new
    {
        architecture = RuntimeInformation.ProcessArchitecture == Architecture.Arm64
            ? "arm64"
            : "amd64",
        os = "linux",
        created = "2020-01-01T00:00:00Z",
        config = new
        {
            Cmd = new[] { "/busybox", "sleep", "600" },
            Labels = new Dictionary<string, string>
            {
                ["org.opencontainers.image.version"] = version,
                ["pro.dockerversioning.service"] = service,
                ["pro.dockerversioning.repository"] = repository,
            },
        },
        rootfs = new { type = "layers", diff_ids = layers.Select(layer => "sha256:" + Hash(layer)) },
        history = layers.Select(_ => new { created = "2020-01-01T00:00:00Z", created_by = "test" }),
    });

    private static byte[] Layer(params (string Name, byte[] Content)[] files)
    {
        using var stream = new MemoryStream();
        using (var writer = new TarWriter(stream, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach (var (name, content) in files)
            {
                Add(writer, name, content);
            }
        }

        return stream.ToArray();
    }

    private static void Add(TarWriter writer, string name, byte[] content) =>
        writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name)
    {
        DataStream = new MemoryStream(content),
        Mode = UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute,
        ModificationTime = DateTimeOffset.UnixEpoch,
    });

    private static string Hash(byte[] content) => Convert.ToHexString(SHA256.HashData(content)).ToLowerInvariant();
}
