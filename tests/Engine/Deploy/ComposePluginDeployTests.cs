namespace Pro.DockerVersioning.Tests.Engine.Deploy;

/// <summary>All of it again with compose as docker's plugin.</summary>
public sealed class ComposePluginDeployTests : ComposeDeployTests
{
    public ComposePluginDeployTests() => UsePlugin();
}
