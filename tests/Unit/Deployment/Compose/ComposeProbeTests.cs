using Pro.DockerVersioning.Deployment.Compose.Program;
using Pro.DockerVersioning.Engine;
using Xunit;

namespace Pro.DockerVersioning.Tests.Deployment.Compose;

public sealed class ComposeProbeTests : IDisposable
{
    private readonly TemporaryProject _project = new();

    public void Dispose() => _project.Dispose();

    [Fact]
    public async Task Without_compose_on_PATH_the_error_says_what_to_install()
    {
        var exception = await Assert.ThrowsAsync<ProException>(() => ChooseAsync(null));

        Assert.Equal("ComposeNotFound", exception.Id);
        Assert.Contains("docker-compose-plugin", exception.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_docker_without_the_plugin_and_a_docker_compose_before_1_27_are_passed_over_by_name()
    {
        Program("docker", "echo \"docker: 'compose' is not a docker command.\" >&2; exit 1");
        Program("docker-compose", "echo 1.25.5");

        var exception = await Assert.ThrowsAsync<ProException>(() => ChooseAsync(null));

        Assert.Contains("without the plugin compose", exception.Message, StringComparison.Ordinal);
        Assert.Contains("(1.25.5)", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_installed_after_the_error_is_found_in_the_same_session()
    {
        Program("docker-compose", "exit 1");
        _ = await Assert.ThrowsAsync<ProException>(() => ChooseAsync(null));

        Program("docker-compose", "echo 1.29.2");

        Assert.Equal("1.29.2", (await ChooseAsync(null)).VersionText);
    }

    [Theory]
    [InlineData("v5.0.1", null, "5.0.1", false)]
    [InlineData("5.0.1", "2.40.3", "5.0.1", false)]
    [InlineData("2.40.3-3", "1.29.2", "1.29.2", true)]
    public async Task The_generation_that_made_the_container_goes_first(string plugin, string? madeBy, string version, bool v1)
    {
        Program("docker", $"test \"$1 $2\" = 'compose version' && echo {plugin}");
        Program("docker-compose", "echo 1.29.2");

        var program = await ChooseAsync(madeBy);

        Assert.Equal((version, v1), (program.VersionText, program.IsV1));
        Assert.Equal(v1 ? [] : ["compose"], program.Prefix);
    }

    [Theory]
    [InlineData("2.40.3", true)]
    [InlineData("2.40.3", false)]
    public async Task A_plugin_that_does_not_answer_in_time_is_not_an_absent_one(string madeBy, bool hasOld)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The programs are shell scripts.");
        Program("docker", "exec /bin/sleep 600");
        if (hasOld)
        {
            Program("docker-compose", "echo 1.29.2");
        }

        var error = await Assert.ThrowsAsync<ProException>(() => ChooseAsync(madeBy, TimeSpan.FromSeconds(1)));

        Assert.Equal("ComposeDidNotAnswer", error.Id);
        Assert.Contains("did not answer within 1 s", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("Install", error.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_docker_compose_that_is_a_v2_of_its_own_is_no_old_one()
    {
        Program("docker-compose", "echo 2.24.6");

        Assert.False((await ChooseAsync("1.29.2")).IsV1);
    }

    private Task<ComposeProgram> ChooseAsync(string? madeBy, TimeSpan? patience = null) => ComposeProbe.ChooseAsync(
        new ChildEnvironment(_project.Folder, new Dictionary<string, string?> { ["PATH"] = _project.Folder }),
        madeBy,
        TestContext.Current.CancellationToken,
        patience);

    private void Program(string name, string script)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Programs are shell scripts here.");
        _project.Write(name, $"#!/bin/sh\n{script}\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(
                Path.Combine(_project.Folder, name), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
