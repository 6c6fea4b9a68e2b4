namespace Pro.DockerVersioning.Tests;

/// <summary>Docker's plugins, compose v2 and buildx, where <c>PRO_TEST_DOCKER_CONFIG</c> names a Docker configuration folder with them.</summary>
internal static class TestPlugins
{
    /// <summary>What a child needs to find them.</summary>
    public static IReadOnlyDictionary<string, string?> Variables { get; } =
        Environment.GetEnvironmentVariable("PRO_TEST_DOCKER_CONFIG") is { Length: > 0 } folder
            ? new Dictionary<string, string?> { ["DOCKER_CONFIG"] = folder }
            : [];
}
