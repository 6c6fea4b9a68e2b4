namespace Pro.DockerVersioning.Tests;

/// <summary>
/// Docker's plugins, compose v2 and buildx, where <c>PRO_TEST_DOCKER_CONFIG</c> names a Docker configuration folder with them.
/// </summary>
internal static class TestPlugins
{
    /// <summary>What a child needs to find them.</summary>
    public static IReadOnlyDictionary<string, string?> Variables { get; } =
        Environment.GetEnvironmentVariable("PRO_TEST_DOCKER_CONFIG") is { Length: > 0 } folder
            ? new Dictionary<string, string?> { ["DOCKER_CONFIG"] = folder }
            : [];

    /// <summary>Both generations of compose.</summary>
    public static string[] Both => ["v1", "v2"];

    /// <summary>
    /// The newest generation of compose that is here; both where <c>PRO_TEST_ALL</c> says that everything is to be tried.
    /// </summary>
    public static string[] Newest =>
        Environment.GetEnvironmentVariable("PRO_TEST_ALL") is { Length: > 0 } ? Both : Variables.Count > 0 ? ["v2"] : ["v1"];
}
