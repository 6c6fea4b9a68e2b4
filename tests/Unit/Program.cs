using Xunit.MicrosoftTestingPlatform;
using Xunit.Runner.InProc.SystemConsole;

namespace Pro.DockerVersioning.Tests;

/// <summary>As xunit's own entry point, but the program is also the other process of <see cref="TestChild"/>.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] args) =>
        await TestChild.RunTaskAsync()
        ?? (args.Any(arg => arg is "--server" or "--internal-msbuild-node")
            ? await TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions)
            : await ConsoleRunner.Run(args));
}
