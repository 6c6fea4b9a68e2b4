using Docker.DotNet.Models;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Versions;
using Xunit;

namespace Pro.DockerVersioning.Tests.Deployment.Compose;

/// <summary>These tests look at one engine's containers and at this machine's processes: one after another.</summary>
[CollectionDefinition(nameof(RealCompose), DisableParallelization = true)]
public sealed class RealCompose : ICollectionFixture<ComposeImages>;

/// <summary>What the tests' services run: made once, gone with the last test.</summary>
public sealed class ComposeImages : IAsyncLifetime
{
    private const string Base = "pro-sample/base:1";

    private static readonly string Nonce = Guid.NewGuid().ToString("N")[..8];

    private static readonly (string Tag, string Command)[] Images =
    [
        ("v1", "CMD [\"sh\",\"-c\",\"echo hello; exec sleep 1000\"]"),
        ("v2", "CMD [\"sh\",\"-c\",\"echo hello; exec sleep 1000\"]"),
        ("v1.0.0", "CMD [\"sh\",\"-c\",\"echo hello; exec sleep 1000\"]"),
        ("v2.0.0", "CMD [\"sh\",\"-c\",\"echo hello; exec sleep 1000\"]"),
        ("dies", "CMD [\"false\"]"),
        ("broken", "CMD [\"/no/such/program\"]"),
    ];

    /// <summary>Why there are none; null where they are there.</summary>
    public static string? Missing { get; private set; }

    internal static ImageReference Repository { get; } = ImageReference.Parse($"pro-cr/{Nonce}");

    public async ValueTask InitializeAsync()
    {
        using var engine = EngineConnection.Open(EngineEndpoint.Resolve(Environment.GetEnvironmentVariable));
        try
        {
            await engine.Client.Images.InspectImageAsync(Base);
        }
        catch (Exception exception)
        {
            Missing = $"No engine with {Base} (scripts/engine.sh start): {exception.Message}";
            return;
        }

        var sleeping = await engine.Client.Containers.CreateContainerAsync(
            new CreateContainerParameters { Image = Base, Name = "pro-cr-" + Nonce, Cmd = ["sleep", "1000"], StopSignal = "SIGKILL" });
        foreach (var (tag, command) in Images)
        {
            await engine.Client.Images.CommitContainerChangesAsync(
                new CommitContainerChangesParameters
                {
                    ContainerID = sleeping.ID,
                    RepositoryName = Repository.ToString(),
                    Tag = tag,
                    Changes = [command, $"LABEL org.example.tag={tag}"],
                });
        }

        await engine.Client.Containers.RemoveContainerAsync(sleeping.ID, new ContainerRemoveParameters());
    }

    public async ValueTask DisposeAsync()
    {
        if (Missing is null)
        {
            using var engine = EngineConnection.Open(EngineEndpoint.Resolve(Environment.GetEnvironmentVariable));
            foreach (var (tag, _) in Images)
            {
                await engine.Client.Images.DeleteImageAsync($"{Repository}:{tag}", new ImageDeleteParameters());
            }
        }
    }
}
