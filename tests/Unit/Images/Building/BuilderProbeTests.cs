using System.Diagnostics;
using Docker.DotNet;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Images.Building;
using Xunit;

namespace Pro.DockerVersioning.Tests.Images.Building;

/// <summary>Programs named docker that answer as the real ones do: which one is chosen, and what is said of the others.</summary>
public sealed class BuilderProbeTests : IDisposable
{
    private const string Newer = """[ "$1" = --version ] && { echo "Docker version 28.2.2, build e6534b4"; exit 0; }; """
        + """echo "docker: unknown command: docker buildx" >&2; exit 1""";
    private const string Older = """[ "$1" = --version ] && { echo "Docker version 20.10.24+dfsg1, build 297e128"; exit 0; }; exit 1""";
    private const string WithBuildx =
        """[ "$1" = --version ] && echo "Docker version 27.0.1, build x" || echo "github.com/docker/buildx v0.14.0 171fcbe"; exit 0""";
    private const string Podman = """[ "$1" = --version ] && echo "podman version 4.9.3" || echo "buildah 1.33.7"; exit 0""";

    private readonly string _root = Directory.CreateTempSubdirectory("pro-test-").FullName;
    private readonly DockerClient _engine = new DockerClientBuilder().WithEndpoint(new Uri("unix:///nonexistent.sock")).Build();

    public BuilderProbeTests() => Assert.SkipWhen(OperatingSystem.IsWindows(), "The programs are shell scripts.");

    public void Dispose()
    {
        _engine.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task Buildx_is_taken_wherever_it_stands_on_PATH()
    {
        var choice = await ChooseAsync(Newer, Older, WithBuildx);

        Assert.IsType<BuildxBuilder>(choice.Builder);
        Assert.Equal(
            $"Builds with {_root}/2/docker buildx v0.14.0. Passed over: {_root}/0/docker (28.2.2 without buildx), "
                + $"{_root}/1/docker (20.10.24+dfsg1 without buildx).",
            choice.Explanation);
    }

    [Fact]
    public async Task An_older_client_is_taken_behind_a_newer_one_without_buildx()
    {
        var choice = await ChooseAsync(Newer, Older);

        Assert.IsType<ClientBuildKitBuilder>(choice.Builder);
        Assert.Contains("/0/docker (28.2.2 without buildx)", choice.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_not_Dockers_client_is_passed_over_with_the_reason()
    {
        var choice = await ChooseAsync(Podman, "exit 3", Older);

        Assert.IsType<ClientBuildKitBuilder>(choice.Builder);
        Assert.Contains("/0/docker (isn't Docker's client)", choice.Explanation, StringComparison.Ordinal);
        Assert.Contains("/1/docker (failed to tell its version)", choice.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_hangs_is_passed_over_with_a_warning()
    {
        var watch = Stopwatch.StartNew();
        var choice = await ChooseAsync(Short, "sleep 600", Older);

        Assert.IsType<ClientBuildKitBuilder>(choice.Builder);
        Assert.Contains("/0/docker (didn't answer within 1 s)", choice.Explanation, StringComparison.Ordinal);
        Assert.StartsWith($"docker buildx did not answer within 1 s ({_root}/0/docker).", choice.Warning, StringComparison.Ordinal);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), $"{watch.Elapsed}");
    }

    [Fact]
    public async Task A_buildx_that_does_not_answer_is_not_an_absent_one()
    {
        const string busy = """[ "$1" = --version ] && { echo "Docker version 27.0.1, build x"; exit 0; }; sleep 600""";

        var error = await Assert.ThrowsAsync<ProException>(() => ChooseAsync(Short, busy));

        Assert.Equal("BuildClientDidNotAnswer", error.Id);
        Assert.Contains($"docker buildx did not answer within 1 s ({_root}/0/docker)", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("Install", error.RecommendedAction, StringComparison.Ordinal);

        // Nothing is remembered of it: in the same session, the next build finds it.
        await File.WriteAllTextAsync(
            Path.Combine(_root, "0", "docker"), $"#!/bin/sh\n{WithBuildx}\n", TestContext.Current.CancellationToken);
        var next = await BuilderProbe.ChooseAsync(
            Environment([]).With([new("PATH", $"{_root}/0")]), _engine, NoLogin, podman: null, TestContext.Current.CancellationToken);
        Assert.IsType<BuildxBuilder>(next.Builder);
        Assert.Null(next.Warning);
    }

    [Fact]
    public async Task A_client_that_takes_its_time_on_a_busy_machine_is_waited_for()
    {
        // More than the 5 s that were waited before.
        const string slow = "/bin/sleep 6; " + WithBuildx;

        Assert.IsType<BuildxBuilder>((await ChooseAsync(slow)).Builder);
    }

    [Fact]
    public async Task Without_BuildKit_by_wish_it_is_the_classic_builder()
    {
        var environment = Environment([Older]);
        var choice = await BuilderProbe.ChooseAsync(
            environment.With([new("DOCKER_BUILDKIT", "0")]), _engine, NoLogin, podman: null, TestContext.Current.CancellationToken);

        Assert.Equal("the classic builder", choice.Builder.Name);
    }

    [Fact]
    public async Task Podman_builds_by_itself_whatever_client_is_here()
    {
        var environment = Environment([WithBuildx]).With([new("DOCKER_BUILDKIT", "0")]);
        var choice = await BuilderProbe.ChooseAsync(environment, _engine, NoLogin, "5.8.6", TestContext.Current.CancellationToken);

        Assert.Equal("Builds with the Engine API (Podman): Podman 5.8.6 has no BuildKit.", choice.Explanation);
        Assert.True(choice.Builder.Features.HasFlag(BuilderFeatures.BuildKitSyntax));
    }

    [Fact]
    public async Task Programs_are_asked_once_for_the_same_PATH()
    {
        var marker = Path.Combine(_root, "asked");
        var environment = Environment([$"echo x >> {marker}; {Older}"]);

        await BuilderProbe.FindClientsAsync(environment);
        await BuilderProbe.FindClientsAsync(environment);

        Assert.Equal(2, (await File.ReadAllLinesAsync(marker, TestContext.Current.CancellationToken)).Length);
    }

    [Fact]
    public async Task What_is_installed_after_nothing_was_found_is_found()
    {
        var environment = Environment(["exit 1"]);
        Assert.False(Assert.Single(await BuilderProbe.FindClientsAsync(environment)).HasBuildKit);

        await File.WriteAllTextAsync(Path.Combine(_root, "0", "docker"), $"#!/bin/sh\n{Older}\n", TestContext.Current.CancellationToken);

        Assert.True(Assert.Single(await BuilderProbe.FindClientsAsync(environment)).HasBuildKit);
    }

    [Fact]
    public void A_program_behind_two_paths_is_one_program()
    {
        var environment = Environment([Older]);
        Directory.CreateSymbolicLink(Path.Combine(_root, "link"), Path.Combine(_root, "0"));

        var found = DockerClientFinder.Find(environment.With([new("PATH", $"{_root}/0:relative:{_root}/nosuch:{_root}/link")]));

        Assert.Equal([$"{_root}/0/docker"], found);
    }

    private static readonly TimeSpan Short = TimeSpan.FromSeconds(1);

    private static Task<Docker.DotNet.Models.AuthConfig?> NoLogin(string image, CancellationToken cancellationToken) =>
        Task.FromResult<Docker.DotNet.Models.AuthConfig?>(null);

    private Task<BuilderChoice> ChooseAsync(params string[] scripts) => ChooseAsync(TimeSpan.FromSeconds(30), scripts);

    private Task<BuilderChoice> ChooseAsync(TimeSpan patience, params string[] scripts) => BuilderProbe.ChooseAsync(
        Environment(scripts), _engine, NoLogin, podman: null, TestContext.Current.CancellationToken, patience);

    private ChildEnvironment Environment(string[] scripts)
    {
        for (var i = 0; i < scripts.Length; i++)
        {
            var path = Path.Combine(Directory.CreateDirectory(Path.Combine(_root, $"{i}")).FullName, "docker");
            File.WriteAllText(path, $"#!/bin/sh\nPATH=/usr/bin:/bin\n{scripts[i]}\n");
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }
        }

        var folders = string.Join(':', scripts.Select((_, i) => Path.Combine(_root, $"{i}")));
        return new ChildEnvironment(_root, new Dictionary<string, string?> { ["PATH"] = folders, ["DOCKER_BUILDKIT"] = null });
    }
}
