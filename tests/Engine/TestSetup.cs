using System.Reflection;
using Xunit.Sdk;
using Xunit.v3;

// One engine, one session state, one set of environment variables: the tests run one after another.
[assembly: Parallelization(Mode = ParallelMode.None)]

namespace Pro.DockerVersioning.Tests.Engine;

/// <summary>Where things are, as the build and scripts/test.sh say.</summary>
internal static class TestSetup
{
    /// <summary>The packaged module's folder.</summary>
    public static string ModuleFolder { get; } =
        Environment.GetEnvironmentVariable("PRO_TEST_MODULE") is { Length: > 0 } folder ? folder : Metadata("ModuleFolder");

    /// <summary>The packaged module's manifest.</summary>
    public static string ModuleManifest { get; } = Path.Combine(ModuleFolder, "Pro.DockerVersioning.psd1");

    /// <summary>The project's own root.</summary>
    public static string RepositoryRoot { get; } = Metadata("RepositoryRoot");

    /// <summary>The assembly of cmdlets made for these tests.</summary>
    public static string TestCmdlets { get; } = Metadata("TestCmdlets");

    /// <summary>The console host on System.Management.Automation; where scripts/test.sh has made one of native code, that.</summary>
    public static string ProShell { get; } = Path.GetFullPath(
        Environment.GetEnvironmentVariable("PRO_TEST_SHELL") is { Length: > 0 } shell ? shell : Metadata("ProShell"));

    private static string Metadata(string key) =>
        typeof(TestSetup).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!;
}

/// <summary>What must be done before any test.</summary>
internal static class BeforeAllTests
{
    [System.Runtime.CompilerServices.ModuleInitializer]
    internal static void Run()
    {
        // Tests change the environment: where the engine is must be read before.
        System.Runtime.CompilerServices.RuntimeHelpers.RunClassConstructor(typeof(TestEngine).TypeHandle);

        // What they build and publish doesn't belong into the user's own history.
        var state = Directory.CreateTempSubdirectory("pro-state-").FullName;
        Environment.SetEnvironmentVariable("XDG_STATE_HOME", state);
        Environment.SetEnvironmentVariable("LOCALAPPDATA", state);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(state, recursive: true);
    }
}
