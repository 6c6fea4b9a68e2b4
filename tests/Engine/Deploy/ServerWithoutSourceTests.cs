using System.Management.Automation;

namespace Pro.DockerVersioning.Tests.Engine.Deploy;

/// <summary>A server has a compose file and images: no git repository, no Dockerfile, no context.</summary>
public sealed class ServerWithoutSourceTests : ComposeTest
{
    public ServerWithoutSourceTests() => UseNewest();

    [Theory]
    [InlineData(null)]
    [InlineData("""{ "services": { "api": {} } }""")]
    public async Task All_but_building_works_with_a_compose_file_alone(string? proJson)
    {
        Well("v1.0.0", "v1.1.0");
        var server = Directory.CreateDirectory(Path.Combine(Repository.Beside, "server")).FullName;
        await File.WriteAllTextAsync(
            Path.Combine(server, "docker-compose.yml"), GuideFile + "  db: { image: pro-sample/base:1 }\n", Cancel);
        if (proJson is not null)
        {
            await File.WriteAllTextAsync(Path.Combine(server, "pro.json"), proJson, Cancel);
        }

        _ = Shell.In(server);

        Assert.Equal("Succeeded", Text(One("Deploy-ProService api v1.0.0"), "Outcome"));
        Assert.Equal("Succeeded", Text(One("Deploy-ProService api v1.1.0"), "Outcome"));
        Assert.Equal("v1.1.0", await AnswerAsync());
        Assert.Equal("v1.0.0", Text(One("Invoke-ProRollback api -Previous -Confirm:$false"), "Version"));
        Assert.Equal("v1.0.0", await AnswerAsync());
        Assert.Equal("api", Text(One("Get-ProService"), "Service"));
        Assert.Equal(["v1.1.0", "v1.0.0"], Versions(Good("Get-ProImageVersion api")));
        Assert.Empty(Run("Repair-ProService api; Remove-ProOldImage api -WhatIf; Get-ProHistory api | Out-Null").ThrowIfFailed().Errors);
        _ = Shell.In(Path.GetTempPath());
        Assert.Equal("api", Text(One($"Get-ProService -ComposeFile '{server}/docker-compose.yml'"), "Service"));
        _ = Shell.In(server);
        _ = Bad("Build-ProImage api", "RepositoryNotFound", ErrorCategory.ObjectNotFound);
    }

    [Theory]
    [InlineData("compose.yml")]
    [InlineData("../shared/app.yml")]
    public async Task Compose_files_outside_of_the_folder_are_read_as_compose_reads_them(string main)
    {
        Well("v1.0.0", "v1.1.0");
        var server = Directory.CreateDirectory(Path.Combine(Repository.Beside, "server")).FullName;
        foreach (var (name, text) in new (string, string)[]
        {
            ("infra/compose.yml", "services:\n  db: { image: pro-sample/base:1, command: sleep 9999, stop_signal: SIGKILL }\n"),
            ("common/base.yml", "services:\n  base:\n    environment: { A: '1' }\n    env_file: api.env\n"),
            ("common/api.env", "B=2\n"),
            ("app/.env", "API_VERSION=v1.0.0\n"),
            ("shared/.env", "API_VERSION=v1.0.0\n"),
            ($"app/{main}", "include: [../infra/compose.yml]\n" + GuideFile + "    extends: { file: ../common/base.yml, service: base }\n"),
        })
        {
            var path = Path.GetFullPath(name, server);
            _ = Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllTextAsync(path, text, Cancel);
        }

        var file = Path.GetFullPath(main, Path.Combine(server, "app"));
        _ = Shell.In(Path.Combine(server, "app"));
        Variables["COMPOSE_FILE"] = main == "compose.yml" ? null : main;
        _ = Compose("-f", file, "up", "-d");

        Assert.Equal("api", Text(One("Get-ProService"), "Service"));
        Assert.Equal("Succeeded", Text(One("Deploy-ProService api v1.1.0"), "Outcome"));
        Assert.Equal("v1.1.0", await AnswerAsync());
        Assert.Equal("Succeeded", Text(One("Invoke-ProRollback api -Previous -Confirm:$false"), "Outcome"));
        Assert.Equal("v1.0.0", await AnswerAsync());
        var api = Assert.Single(Containers, one => Label(one, "service") == "api");
        var environment = api["Config"]!["Env"]!.AsArray().Select(one => one!.ToString()).ToList();
        Assert.Subset(environment.ToHashSet(), new HashSet<string> { "A=1", "B=2" });

        // A plain `up` has nothing to do.
        var before = Lives;
        _ = Compose("-f", file, "up", "-d");
        Assert.Equal(before, Lives);
    }
}
