using Docker.DotNet;

namespace Pro.DockerVersioning.Tests.Deployment.Swarm;

/// <content>The library's client: the tests of the packaged module share the engine's file, and must not bring the library along.</content>
public sealed partial class SecondEngine
{
    private DockerClient? _client;

    /// <summary>A client for the test's own questions.</summary>
    public DockerClient Client => _client ??= new DockerClientBuilder().WithEndpoint(new Uri(Host)).Build();

    partial void DisposeClient() => _client?.Dispose();
}
