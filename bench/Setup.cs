using System.Reflection;

namespace Pro.DockerVersioning.Bench;

/// <summary>Where things are.</summary>
internal static class Setup
{
    /// <summary>The packaged module's manifest.</summary>
    public static string ModuleManifest { get; } = Metadata("ModuleManifest");

    /// <summary>The small host of tools/.</summary>
    public static string ProShell { get; } = Metadata("ProShell");

    /// <summary>The client that builds with BuildKit.</summary>
    public static string Docker { get; } = Environment.GetEnvironmentVariable("PRO_TEST_DOCKER") is { Length: > 0 } path ? path : "docker";

    /// <summary>The compose against which is measured, as a shell takes it; the module takes the one that made a container.</summary>
    public static string Compose { get; } =
        Environment.GetEnvironmentVariable("PRO_BENCH_COMPOSE") is { Length: > 0 } command ? command : "docker-compose";

    /// <summary>The registry part of the names of all images made here. Nothing is ever pushed or pulled: .invalid is no host.</summary>
    public const string Registry = "pro-bench.invalid";

    /// <summary>Where repositories are kept between runs.</summary>
    public static string Folder { get; } = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), "pro-docker-versioning-bench")).FullName;

    /// <summary>A script of this folder.</summary>
    public static string Script(string name) => Path.Combine(Metadata("Scripts"), name);

    private static string Metadata(string key) => typeof(Setup).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == key).Value!;
}
