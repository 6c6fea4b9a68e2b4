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
        await File.WriteAllTextAsync(Path.Combine(server, "docker-compose.yml"), GuideFile + "  db: { image: pro-sample/base:1 }\n", Cancel);
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
}
