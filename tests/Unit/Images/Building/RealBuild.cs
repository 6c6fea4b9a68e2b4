using System.Formats.Tar;
using System.Net;
using Docker.DotNet;
using Docker.DotNet.Models;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Images.Building;
using Xunit;

namespace Pro.DockerVersioning.Tests.Images.Building;

/// <summary>These tests use one engine and look at its processes: one after another.</summary>
[CollectionDefinition(nameof(RealBuilds), DisableParallelization = true)]
public sealed class RealBuilds;

/// <summary>
/// One build on the real engine, of a Dockerfile on top of a static busybox. What it makes is labelled, and removed afterwards.
/// </summary>
internal sealed class RealBuild : IAsyncDisposable
{
    private const string Head =
        "FROM scratch\nCOPY busybox /bin/busybox\n"
            + "RUN [\"/bin/busybox\",\"sh\",\"-c\",\"/bin/busybox mkdir -p /tmp && /bin/busybox --install /bin\"]\n";

    private RealBuild(DockerClient engine) => Engine = engine;

    public DockerClient Engine { get; }

    /// <summary>Stands in a label, and so in the client's arguments; makes the build's own steps new to the cache.</summary>
    public string Nonce { get; } = "pro-test-" + Guid.NewGuid().ToString("N");

    public Replay Progress { get; } = new();

    public Dictionary<string, string> BuildArgs { get; } = [];

    public List<(string Name, long Length)> Files { get; } = [];

    public List<string> Secrets { get; } = [];

    public List<string> Ssh { get; } = [];

    public List<string> PushTags { get; } = [];

    public Dictionary<string, string?> Variables { get; } = [];

    public string? Target { get; set; }

    /// <summary>The tar begins with a PAX header.</summary>
    public bool PaxFirst { get; set; }

    public bool NoCache { get; set; }

    /// <summary>Runs in the middle of the context.</summary>
    public Func<CancellationToken, Task>? InContext { get; set; }

    public string LastImageId { get; private set; } = string.Empty;

    public static async Task<RealBuild> StartAsync()
    {
        Assert.SkipUnless(StaticBusybox.IsHere, "No static busybox to build images from.");
        var engine = new DockerClientBuilder().Build();
        try
        {
            await engine.System.PingAsync(TestContext.Current.CancellationToken);
        }
        catch (Exception exception)
        {
            Assert.Skip($"No engine: {exception.Message}");
        }

        return new RealBuild(engine);
    }

    public async Task<IImageBuilder> BuilderAsync(string name, IDockerClient? engine = null)
    {
        var environment = new ChildEnvironment(Path.GetTempPath(), Variables);
        switch (name)
        {
            case "engine1":
                return new EngineApiBuilder(engine ?? Engine, EngineBuilderKind.Classic, NoLogin);
            case "engine2":
                return new EngineApiBuilder(engine ?? Engine, EngineBuilderKind.BuildKit, NoLogin);
            case "client20":
                var old = (await BuilderProbe.FindClientsAsync(environment)).FirstOrDefault(client => client.HasBuildKit);
                Assert.SkipWhen(old is null, "No docker on PATH does BuildKit by itself.");
                return new ClientBuildKitBuilder(old.Path, old.Version!, environment, engine ?? Engine);
            default:
                environment = new ChildEnvironment(Path.GetTempPath(), TestPlugins.Variables).With(Variables);
                var buildx = (await BuilderProbe.FindClientsAsync(environment)).FirstOrDefault(client => client.HasBuildx);
                Assert.SkipWhen(buildx is null, "No docker on PATH has buildx (PRO_TEST_DOCKER_CONFIG may name its plugin folder).");
                return new BuildxBuilder(buildx.Path, buildx.BuildxVersion, environment, engine ?? Engine);
        }
    }

    /// <summary>Builds; the instructions stand on top of busybox unless they bring a FROM.</summary>
    public async Task<BuildOutcome> RunAsync(IImageBuilder builder, string instructions, CancellationToken cancellationToken)
    {
        var text = instructions.Contains("FROM ", StringComparison.Ordinal) ? instructions : Head + instructions;
        var outcome = await builder.BuildAsync(
            new BuildRequest
            {
                Subject = "api v1.2.3",
                Dockerfile = "sub/Dockerfile",
                DockerfileText = text,
                WriteContext = (stream, token) => WriteAsync(stream, text, token),
                BuildArgs = BuildArgs,
                Labels = new Dictionary<string, string> { ["pro.test"] = Nonce },
                Secrets = Secrets,
                Ssh = Ssh,
                PushTags = PushTags,
                Target = Target,
                NoCache = NoCache,
            },
            Progress,
            cancellationToken);
        LastImageId = outcome.ImageId ?? string.Empty;
        return outcome;
    }

    /// <summary>The images that carry this build's label.</summary>
    public async Task<IList<ImagesListResponse>> ImagesAsync() => await Engine.Images.ListImagesAsync(
        new ImagesListParameters
        {
            Filters = new Dictionary<string, IDictionary<string, bool>>
            {
                ["label"] = new Dictionary<string, bool> { [$"pro.test={Nonce}"] = true },
            },
        },
        CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        // The classic builder's images have children that must go first, and go away with their own child.
        for (var left = await ImagesAsync(); left.Count > 0;)
        {
            foreach (var image in left)
            {
                try
                {
                    await Engine.Images.DeleteImageAsync(image.ID, new ImageDeleteParameters { Force = true }, CancellationToken.None);
                }
                catch (DockerApiException exception) when (exception.StatusCode is HttpStatusCode.Conflict or HttpStatusCode.NotFound)
                {
                    // In the next round.
                }
            }

            var before = left.Count;
            left = await ImagesAsync();
            Assert.True(left.Count < before, "Images of the test can't be removed.");
        }

        Engine.Dispose();
    }

    private static Task<AuthConfig?> NoLogin(string image, CancellationToken cancellationToken) => Task.FromResult<AuthConfig?>(null);

    private async Task WriteAsync(Stream stream, string dockerfile, CancellationToken cancellationToken)
    {
        await using var tar = new TarWriter(stream, TarEntryFormat.Ustar, leaveOpen: true);
        await using var busybox = File.OpenRead(StaticBusybox.Path);
        if (PaxFirst)
        {
            await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, "说明.md"), cancellationToken);
        }

        await tar.WriteEntryAsync(Entry("busybox", busybox), cancellationToken);
        if (InContext is not null)
        {
            await InContext(cancellationToken);
        }

        foreach (var (name, length) in Files)
        {
            await using var noise = new NoiseStream(length);
            await tar.WriteEntryAsync(Entry(name, noise), cancellationToken);
        }

        using var text = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(dockerfile));
        await tar.WriteEntryAsync(Entry("sub/Dockerfile", text), cancellationToken);
    }

    private static UstarTarEntry Entry(string name, Stream content) => new(TarEntryType.RegularFile, name)
    {
        Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.OtherRead,
        ModificationTime = DateTimeOffset.UnixEpoch,
        DataStream = content,
    };

    /// <summary>So many bytes that no compression makes small, without holding them.</summary>
    private sealed class NoiseStream(long length) : Stream
    {
        private readonly Random _random = new(1);
        private long _position;

        public override bool CanRead => true;

        public override bool CanSeek => true;

        public override bool CanWrite => false;

        public override long Length => length;

        public override long Position { get => _position; set => _position = value; }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var take = (int)Math.Min(count, length - _position);
            _random.NextBytes(buffer.AsSpan(offset, take));
            _position += take;
            return take;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
