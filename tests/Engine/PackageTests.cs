using System.Diagnostics;

namespace Pro.DockerVersioning.Tests.Engine;

/// <summary>The packaged module, as a session gets it.</summary>
public sealed class PackageTests
{
    private static readonly string[] Commands = [.. PublicSurface.Commands];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public void The_package_brings_no_System_Management_Automation()
    {
        // With it the import succeeds, and there are no commands at all.
        Assert.Empty(Directory.EnumerateFiles(TestSetup.ModuleFolder, "System.Management.Automation*", SearchOption.AllDirectories));
        Assert.Empty(Directory.EnumerateFiles(TestSetup.ModuleFolder, "PowerShellStandard*", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData("Pro.DockerVersioning.psd1")]
    [InlineData("Pro.DockerVersioning.deps.json")]
    [InlineData("pro.schema.json")]
    [InlineData("LICENSE")]
    [InlineData("en-US/Pro.DockerVersioning.dll-Help.xml")]
    [InlineData("en-US/about_ProDockerVersioning.help.txt")]
    public void The_package_holds(string file) => Assert.True(File.Exists(Path.Combine(TestSetup.ModuleFolder, file)), file);

    [Fact]
    public void The_package_holds_git_for_every_system_it_supports()
    {
        string[] promised = ["win-x64", "win-arm64", "linux-x64", "linux-arm64", "linux-musl-x64", "osx-x64", "osx-arm64"];
        var systems = Directory.EnumerateDirectories(Path.Combine(TestSetup.ModuleFolder, "runtimes")).Select(Path.GetFileName);
        Assert.Empty(promised.Except(systems));
    }

    [Fact]
    public void After_the_import_the_commands_are_really_there()
    {
        using var shell = new Shell();
        var commands = shell.Run("(Get-Command -Module Pro.DockerVersioning).Name").ThrowIfFailed();
        Assert.Equal(Commands, commands.Output.Select(name => name.ToString()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void After_a_forced_import_the_commands_are_still_there_and_run()
    {
        using var shell = new Shell();
        for (var again = 0; again < 2; again++)
        {
            _ = shell.Run($"Import-Module '{TestSetup.ModuleManifest}' -Force").ThrowIfFailed();
            var commands = shell.Run("(Get-Module Pro.DockerVersioning).ExportedCommands.Keys").ThrowIfFailed();
            Assert.Equal(Commands, commands.Output.Select(name => name.ToString()).Order(StringComparer.Ordinal));
            Assert.Equal("FolderNotFound", shell.Run("Get-ProService -Path /no/such/folder").Error.FullyQualifiedErrorId.Split(',')[0]);
        }
    }

    [Fact]
    public void A_second_session_of_the_process_has_the_commands_too()
    {
        using var first = new Shell();
        using var second = new Shell();
        Assert.Equal("FolderNotFound", second.Run("Get-ProService -Path /no/such/folder").Error.FullyQualifiedErrorId.Split(',')[0]);
    }

    [Fact]
    public async Task A_fresh_session_opens_a_git_repository_and_reaches_the_engine_beside_another_version_of_a_dependency()
    {
        using var folder = new TemporaryRepository();
        var other = typeof(YamlDotNet.Core.Parser).Assembly.Location;
        var result = await FreshProcess.RunAsync(
            $$"""
            $ErrorActionPreference = 'Stop'
            $other = [System.Reflection.Assembly]::LoadFrom('{{other}}')
            Import-Module '{{TestSetup.ModuleManifest}}'
            Get-ProService | ForEach-Object Service
            Build-ProImage api -WhatIf
            foreach ($assembly in [System.AppDomain]::CurrentDomain.GetAssemblies()) {
                $name = $assembly.GetName()
                if ($name.Name -eq 'YamlDotNet') {
                    "yaml $($name.Version.Major) in $([System.Runtime.Loader.AssemblyLoadContext]::GetLoadContext($assembly).Name)"
                }
            }
            exit 0
            """,
            folder.Path,
            new Dictionary<string, string?> { ["REGISTRY"] = "registry.example.com/pro", ["COMPOSE_FILE"] = null },
            cancellationToken: Stop);

        Assert.True(result.ExitCode == 0, result.Output + result.Error);
        // The service stands in a compose file, so our YamlDotNet was needed, and the other one, of the session, didn't do.
        Assert.Contains("api", result.Output, StringComparison.Ordinal);
        Assert.Contains("yaml 16 in Default", result.Output, StringComparison.Ordinal);
        Assert.Contains("yaml 18 in Pro.DockerVersioning", result.Output, StringComparison.Ordinal);
        // The commit comes from libgit2, the plan from the engine's images.
        Assert.Contains($"What if: build registry.example.com/pro/api:{folder.Head[..12]} from", result.Output, StringComparison.Ordinal);
    }

    private sealed class TemporaryRepository : IDisposable
    {
        public TemporaryRepository()
        {
            Path = Directory.CreateTempSubdirectory("pro-package-").FullName;
            _ = Directory.CreateDirectory(System.IO.Path.Combine(Path, "api"));
            File.WriteAllText(System.IO.Path.Combine(Path, "api", "Dockerfile"), "FROM scratch\nCOPY Dockerfile /\n");
            File.WriteAllText(System.IO.Path.Combine(Path, "compose.yaml"), "services:\n  api:\n    build: ./api\n");
            _ = Git("init", "-q");
            _ = Git("add", ".");
            _ = Git("-c", "user.name=Test", "-c", "user.email=test@example.com", "commit", "-q", "-m", "One");
            Head = Git("rev-parse", "HEAD").Trim();
        }

        public string Path { get; }

        public string Head { get; }

        public void Dispose() => Directory.Delete(Path, recursive: true);

        private string Git(params string[] arguments)
        {
            var start = new ProcessStartInfo("git", arguments) { WorkingDirectory = Path, RedirectStandardOutput = true };
            start.Environment["GIT_CONFIG_GLOBAL"] = "/dev/null";
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? output : throw new InvalidOperationException($"git {string.Join(' ', arguments)}");
        }
    }
}
