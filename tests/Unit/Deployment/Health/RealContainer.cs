using System.Diagnostics;
using System.Formats.Tar;
using Docker.DotNet.Models;
using Pro.DockerVersioning.Deployment.Health;
using Pro.DockerVersioning.Engine;
using Xunit;

namespace Pro.DockerVersioning.Tests.Deployment.Health;

/// <summary>One container on the real engine, removed afterwards.</summary>
internal sealed class RealContainer : IAsyncDisposable
{
    public const string Base = "pro-sample/base:1";
    private readonly Stopwatch _clock = Stopwatch.StartNew();

    private RealContainer(EngineConnection engine, string id, string? image)
    {
        Engine = engine;
        Id = id;
        Image = image;
    }

    public EngineConnection Engine { get; }

    public string Id { get; }

    public Heard Heard { get; } = new();

    /// <summary>Since the request to start it was sent.</summary>
    public TimeSpan SinceStart => _clock.Elapsed;

    private string? Image { get; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Creates and starts it; <paramref name="script"/> runs in busybox's shell.</summary>
    public static async Task<RealContainer> StartAsync(
        string script, HealthcheckConfig? check = null, Action<CreateContainerParameters>? change = null)
    {
        var engine = await ConnectAsync();
        try
        {
            await engine.Client.Images.InspectImageAsync(Base, Token);
        }
        catch (Docker.DotNet.DockerImageNotFoundException)
        {
            Assert.Skip($"No {Base} on the engine: bash scripts/engine.sh start makes it.");
        }

        return await StartAsync(engine, Base, ["/bin/sh", "-c", script], check, change);
    }

    /// <summary>One whose image holds a single program, and no shell.</summary>
    public static async Task<RealContainer> StartWithoutShellAsync(HealthcheckConfig check)
    {
        Assert.SkipUnless(StaticBusybox.IsHere, "No static busybox to make an image from.");
        var engine = await ConnectAsync();
        var name = $"pro-verify-{Guid.NewGuid():N}";
        using var tar = new MemoryStream();
        await using (var writer = new TarWriter(tar, TarEntryFormat.Ustar, leaveOpen: true))
        {
            await using var program = File.OpenRead(StaticBusybox.Path);
            await writer.WriteEntryAsync(
                new UstarTarEntry(TarEntryType.RegularFile, "app/busybox")
                {
                    Mode = UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute,
                    DataStream = program,
                },
                Token);
        }

        tar.Position = 0;
        var parameters = new ImagesCreateParameters { FromSrc = "-", Repo = name, Tag = "1" };
        await engine.Client.Images.CreateImageAsync(parameters, tar, null, new Progress<JSONMessage>(), Token);
        return await StartAsync(engine, $"{name}:1", ["/app/busybox", "sleep", "600"], check, change: null, ownsImage: true);
    }

    public Task<VerificationResult> VerifyAsync(VerificationOptions? options = null, CancellationToken? cancel = null) =>
        ContainerVerifier.VerifyAsync(Engine, Id, options ?? new(), Heard, cancel ?? Token);

    public Task<VerificationResult> WatchAsync(VerificationResult verified, TimeSpan time, VerificationOptions? options = null) =>
        ContainerVerifier.WatchAsync(Engine, Id, verified, time, options ?? new(), Heard, Token);

    /// <summary>A file's text inside.</summary>
    public Task<string> ReadAsync(string path) => ExecAsync($"cat {path}");

    /// <summary>Runs a command inside; what it writes.</summary>
    public async Task<string> ExecAsync(string script)
    {
        var exec = await Engine.Client.Exec.CreateContainerExecAsync(
            Id, new ContainerExecCreateParameters { AttachStdout = true, Cmd = ["/bin/sh", "-c", script] }, Token);
        using var stream = await Engine.Client.Exec.StartContainerExecAsync(exec.ID, new ContainerExecStartParameters(), Token);
        return (await stream.ReadOutputToEndAsync(Token)).stdout;
    }

    /// <summary>Waits until an inspection is as wanted.</summary>
    public async Task<ContainerInspectResponse> UntilAsync(Func<ContainerInspectResponse, bool> wanted)
    {
        while (true)
        {
            var container = await Engine.Client.Containers.InspectContainerAsync(Id, Token);
            if (wanted(container))
            {
                return container;
            }

            await Task.Delay(20, Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await Engine.Client.Containers.RemoveContainerAsync(
                Id, new ContainerRemoveParameters { Force = true, RemoveVolumes = true }, CancellationToken.None);
        }
        catch (Docker.DotNet.DockerApiException)
        {
            // Gone, or going.
        }

        if (Image is not null)
        {
            await Engine.Client.Images.DeleteImageAsync(Image, new ImageDeleteParameters(), CancellationToken.None);
        }

        Engine.Dispose();
    }

    private static async Task<EngineConnection> ConnectAsync()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The sample image is for Linux.");
        var engine = EngineConnection.Open(EngineEndpoint.Resolve(Environment.GetEnvironmentVariable));
        try
        {
            await engine.Client.System.PingAsync(Token);
        }
        catch (Exception exception)
        {
            Assert.Skip($"No engine: {exception.Message}");
        }

        return engine;
    }

    private static async Task<RealContainer> StartAsync(
        EngineConnection engine,
        string image,
        IList<string> command,
        HealthcheckConfig? check,
        Action<CreateContainerParameters>? change,
        bool ownsImage = false)
    {
        var parameters = new CreateContainerParameters
        {
            Name = $"pro-verify-{Guid.NewGuid():N}",
            Image = image,
            Cmd = command,
            Healthcheck = check,
            HostConfig = new HostConfig { NetworkMode = "none", Init = true },
        };
        change?.Invoke(parameters);
        var created = await engine.Client.Containers.CreateContainerAsync(parameters, Token);
        var container = new RealContainer(engine, created.ID, ownsImage ? image : null);
        try
        {
            await engine.Client.Containers.StartContainerAsync(created.ID, new ContainerStartParameters(), Token);
            return container;
        }
        catch
        {
            await container.DisposeAsync();
            throw;
        }
    }
}
