using System.Net;
using Docker.DotNet;
using Docker.DotNet.Models;
using Pro.DockerVersioning.Deployment.Compose;
using Pro.DockerVersioning.Deployment.Compose.Program;
using Pro.DockerVersioning.Deployment.Compose.Project;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Versions;
using Xunit;

namespace Pro.DockerVersioning.Tests.Deployment.Compose;

/// <summary>A temporary project on the real engine. All of it goes away with the test, but for its images.</summary>
internal sealed class ComposeRig : IAsyncDisposable
{
    private readonly string _nonce;

    private ComposeRig(EngineConnection engine, ComposeProgram program, string nonce, EngineEndpoint endpoint)
    {
        _nonce = nonce;
        Engine = engine;
        Program = program;
        Endpoint = endpoint;
        Files = new TemporaryProject("p" + nonce);
    }

    public EngineConnection Engine { get; }

    public EngineEndpoint Endpoint { get; }

    public ComposeProgram Program { get; }

    public TemporaryProject Files { get; }

    /// <summary>Of v1 and v2, which sleep, of "dies", which ends at once, and of "broken", which can't start.</summary>
    public static ImageReference Repository => ComposeImages.Repository;

    public string ProjectName => "p" + _nonce;

    public ChildEnvironment Environment => Program.IsV1 ? Files.Environment : Files.Environment.With(TestPlugins.Variables);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>Starts with docker-compose 1.x ("v1") or the plugin ("v2"); skips where there is none.</summary>
    public static async Task<ComposeRig> StartAsync(string generation)
    {
        var endpoint = EngineEndpoint.Resolve(System.Environment.GetEnvironmentVariable);
        var engine = EngineConnection.Open(endpoint);
        Assert.SkipWhen(ComposeImages.Missing is not null, ComposeImages.Missing ?? "");
        var environment = new ChildEnvironment(
            Path.GetTempPath(), generation == "v1" ? new Dictionary<string, string?>() : TestPlugins.Variables);
        ComposeProgram? program = null;
        try
        {
            program = await ComposeProbe.ChooseAsync(environment, generation == "v1" ? "1.29.2" : "2.40.3", Stop);
        }
        catch (Pro.DockerVersioning.ProException)
        {
            // None at all.
        }

        Assert.SkipUnless(program is not null && program.IsV1 == (generation == "v1"), $"No compose {generation} here.");
        return new ComposeRig(engine, program, Guid.NewGuid().ToString("N")[..8], endpoint);
    }

    /// <summary>An image's reference.</summary>
    public ImageReference Image(string tag) => Repository.WithTag(tag);

    /// <summary>Writes the compose file; NAME stands for the repository.</summary>
    public ComposeRig Compose(string text, string file = "docker-compose.yml")
    {
        Files.Write(file, $"version: \"3.8\"\n{text.Replace("NAME", Repository.ToString(), StringComparison.Ordinal)}\n");
        return this;
    }

    public ComposeClient Client(RunningComposeProject? project = null) =>
        new(Program, project ?? Files.Project, Environment, Endpoint);

    public ImagePin Pin(string service = "api", ComposeClient? client = null, params RunningComposeProject[] neighbours)
    {
        client ??= Client();
        return new ImagePin(client.Project, service, Repository, client.ReadVariables(), neighbours);
    }

    /// <summary>As an operator types it, in the project's folder, without our arguments; variables of the session are there.</summary>
    public async Task<ComposeAnswer> TypeAsync(params string[] arguments)
    {
        var answer = await new ComposeProcess(Program, Environment).RunAsync(arguments, heard: null, Stop);
        Assert.True(answer.ExitCode == 0, string.Join('\n', answer.LastLines));
        return answer;
    }

    public async Task<IReadOnlyList<ComposeContainer>> ContainersAsync(string service = "api") =>
        await new ComposeUp(Client(), Pin(service), Engine).ContainersAsync(Stop);

    public async Task<ContainerInspectResponse> InspectAsync(string id) => await Engine.Client.Containers.InspectContainerAsync(id, Stop);

    public async Task<string> ImageIdAsync(string tag) => (await Engine.Client.Images.InspectImageAsync(Image(tag).ToString(), Stop)).ID;

    /// <summary>The swap that the Container strategy makes, at its shortest: the same configuration on another image.</summary>
    public async Task<string> SwapAsync(ContainerInspectResponse old, string tag, IReadOnlyDictionary<string, string> composeLabels)
    {
        var labels = new Dictionary<string, string>(old.Config!.Labels);
        foreach (var (key, value) in composeLabels)
        {
            labels[key] = value;
        }

        var config = old.Config!;
        config.Image = Image(tag).ToString();
        config.Labels = labels;
        var endpoints = old.NetworkSettings!.Networks.ToDictionary(
            network => network.Key,
            network => new EndpointSettings { Aliases = [.. network.Value.Aliases.Where(alias => alias != old.ID[..12])] });
        await Engine.Client.Containers.RemoveContainerAsync(old.ID, new ContainerRemoveParameters { Force = true }, Stop);
        var created = await Engine.Client.Containers.CreateContainerAsync(
            new CreateContainerParameters(config)
            {
                Name = old.Name.TrimStart('/'),
                HostConfig = old.HostConfig,
                NetworkingConfig = new NetworkingConfig { EndpointsConfig = endpoints },
            },
            Stop);
        await Engine.Client.Containers.StartContainerAsync(created.ID, new ContainerStartParameters(), Stop);
        return created.ID;
    }

    public async ValueTask DisposeAsync()
    {
        var client = Engine.Client;
        var all = new ContainersListParameters { All = true };
        foreach (var container in await client.Containers.ListContainersAsync(all, CancellationToken.None))
        {
            if (ComposeLabels.Get(container.Labels, ComposeLabels.Project)?.StartsWith(ProjectName, StringComparison.Ordinal) == true)
            {
                await GoneAsync(() => client.Containers.RemoveContainerAsync(
                    container.ID, new ContainerRemoveParameters { Force = true, RemoveVolumes = true }, CancellationToken.None));
            }
        }

        foreach (var network in await client.Networks.ListNetworksAsync(cancellationToken: CancellationToken.None))
        {
            if (network.Name.StartsWith(ProjectName, StringComparison.Ordinal))
            {
                await GoneAsync(() => client.Networks.DeleteNetworkAsync(network.ID, CancellationToken.None));
            }
        }

        Engine.Dispose();
        Files.Dispose();
    }

    private static async Task GoneAsync(Func<Task> remove)
    {
        try
        {
            await remove();
        }
        catch (DockerApiException exception) when (exception.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Conflict)
        {
            // Gone already.
        }
    }
}
