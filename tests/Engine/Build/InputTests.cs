using System.Management.Automation;

namespace Pro.DockerVersioning.Tests.Engine.Build;

/// <summary>What goes into an image besides its files.</summary>
public sealed class InputTests : EngineTest
{
    [Fact]
    public void An_argument_before_the_first_FROM_keeps_its_default()
    {
        _ = Commit(
            dockerfile: "ARG VERSION=1\nFROM pro-sample/base:${VERSION}\nARG VERSION\nARG GIT_COMMIT\nENV V=$VERSION C=$GIT_COMMIT\n");
        _ = One("Build-ProImage api");
        Assert.Contains("V=1", TestEngine.Inspect($"{Registry}/api:{Head12}")["Config"]!["Env"]!.ToString(), StringComparison.Ordinal);
        Assert.Contains(
            $"C={Head}", TestEngine.Inspect($"{Registry}/api:{Head12}")["Config"]!["Env"]!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_compose_file_that_came_later_does_not_hide_what_an_old_tags_own_pro_json_declares()
    {
        _ = Repository.Commit(
            ("pro.json", """{ "services": { "api": { "context": "old" } } }"""), ("old/Dockerfile", CopyAll), ("old/file", "old"));
        _ = Repository.Tag("v1.0.0");
        _ = Repository.Commit(
            ("pro.json", "{ }"),
            ("compose.yaml", "services:\n  api: { build: new }\n"),
            ("new/Dockerfile", CopyAll),
            ("new/file", "new"));
        Variables["COMPOSE_FILE"] = Path.Combine(Repository.Root, "compose.yaml");
        _ = One("Build-ProImage api v1.0.0");
        Assert.Equal("old", Files("api:v1.0.0")["file"].Text);
        _ = One("Build-ProImage api");
        Assert.Equal("new", Files($"api:{Head12}")["file"].Text);
    }

    // Shows every argument in the image's own environment.
    private const string Declares =
        "FROM scratch\nARG VERSION\nARG GIT_COMMIT\nARG BUILD_DATE\nARG SOURCE_DATE_EPOCH\nARG COLOUR=grey\n"
        + "ENV V=$VERSION C=$GIT_COMMIT D=$BUILD_DATE S=$SOURCE_DATE_EPOCH COLOUR=$COLOUR\nCOPY file /\n";

    private HashSet<string> Env(string name) =>
        [.. TestEngine.Inspect($"{Registry}/{name}")["Config"]!["Env"]!.AsArray().Select(one => one!.ToString())];

    private DateTimeOffset CommitTime => DateTimeOffset.Parse(Repository.Git("log", "-1", "--format=%cI"));

    [Fact]
    public void Version_commit_and_time_are_passed_to_a_Dockerfile_that_declares_them()
    {
        _ = Release("v1.2.3", dockerfile: Declares);
        _ = One("Build-ProImage api v1.2.3");
        var env = Env("api:v1.2.3");
        Assert.Contains("V=v1.2.3", env);
        Assert.Contains($"C={Head}", env);
        Assert.Contains($"D={CommitTime:yyyy-MM-dd'T'HH:mm:ss'Z'}", env);
        Assert.Contains($"S={CommitTime.ToUnixTimeSeconds()}", env);
        Assert.Contains("COLOUR=grey", env);
    }

    [Fact]
    public void A_Dockerfile_that_declares_none_gets_none_so_no_builder_complains()
    {
        _ = Commit();
        var result = Run("Build-ProImage api -Verbose").ThrowIfFailed();
        Assert.DoesNotContain(result.Verbose, line => line.Contains("not consumed", StringComparison.Ordinal));
        Assert.DoesNotContain("GIT_COMMIT", TestEngine.HistoryOf($"{Registry}/api:{Head12}"), StringComparison.Ordinal);
    }

    [Fact]
    public void Labels_say_what_the_image_is_and_created_is_the_commits_time()
    {
        _ = Repository.Git("remote", "add", "origin", "git@git.example.com:shop/api.git");
        _ = Release("v1.2.3");
        _ = One("Build-ProImage api v1.2.3 -Label @{ team = 'shop'; 'org.example.level' = 3 }");
        var labels = Labels("api:v1.2.3");
        Assert.Equal("v1.2.3", labels["org.opencontainers.image.version"]);
        Assert.Equal(Head, labels["org.opencontainers.image.revision"]);
        Assert.Equal($"{CommitTime:yyyy-MM-dd'T'HH:mm:ss'Z'}", labels["org.opencontainers.image.created"]);
        Assert.Equal("https://git.example.com/shop/api", labels["org.opencontainers.image.source"]);
        Assert.Equal("api", labels["org.opencontainers.image.title"]);
        Assert.Equal("shop", labels["team"]);
        Assert.Equal("3", labels["org.example.level"]);
        Assert.Equal("api", labels["pro.dockerversioning.service"]);
        Assert.Equal($"{Registry}/api", labels["pro.dockerversioning.repository"]);
        Assert.True(labels.ContainsKey("pro.dockerversioning.context"));
    }

    [Theory]
    [InlineData("org.opencontainers.image.version")]
    [InlineData("org.opencontainers.image.revision")]
    [InlineData("pro.dockerversioning.service")]
    [InlineData("pro.dockerversioning.repository")]
    public void A_label_that_would_lie_about_the_image_is_refused(string name)
    {
        _ = Commit();
        _ = Bad($"Build-ProImage api -Label @{{ '{name}' = 'x' }}", "LabelReserved", ErrorCategory.InvalidArgument);
        Assert.Empty(Tags());
    }

    [Fact]
    public void Build_arguments_win_over_pro_json_which_wins_over_the_Dockerfile()
    {
        _ = Repository.Commit(
            ("pro.json", """{ "services": { "api": { "context": "apps/api", "buildArgs": { "COLOUR": "green" } } } }"""),
            ("apps/api/Dockerfile", Declares),
            ("apps/api/file", "x"));
        _ = One("Build-ProImage api");
        Assert.Contains("COLOUR=green", Env($"api:{Head12}"));
        var again = One("Build-ProImage api -BuildArg @{ COLOUR = 'red $HOME \"quoted\" = x' }");
        Assert.Equal("Built", Text(again, "Outcome"));
        Assert.Contains("COLOUR=red $HOME \"quoted\" = x", Env($"api:{Head12}"));
    }

    /// <summary>Compose would run what its file names, so that this build could never be deployed by it.</summary>
    [Fact]
    public void An_image_that_the_compose_file_names_outside_of_the_registry_is_warned_of()
    {
        _ = Repository.Commit(
            ("compose.yaml", "services:\n  api: { build: apps/api, image: \"foreign:${V:-1}\" }\n"),
            ("apps/api/Dockerfile", "FROM scratch\nCOPY file /\n"),
            ("apps/api/file", "x"));
        var warning = Assert.Single(Run("Build-ProImage api -WhatIf").ThrowIfFailed().Warnings);
        Assert.Contains("names the image foreign:${V:-1}, which is not below", warning, StringComparison.Ordinal);
        Assert.Contains($"This build is {Registry}/api.", warning, StringComparison.Ordinal);
    }

    [Fact]
    public void A_build_argument_without_a_value_and_one_that_would_change_the_client_are_refused()
    {
        _ = Commit();
        _ = Bad("Build-ProImage api -BuildArg @{ COLOUR = $null }", "ValueMissing", ErrorCategory.InvalidArgument);
        _ = Bad("Build-ProImage api -BuildArg @{ DOCKER_HOST = 'tcp://evil' }", "BuildArgumentReserved", ErrorCategory.InvalidArgument);
    }

    [Fact]
    public void Target_builds_that_stage_and_one_that_is_missing_is_named()
    {
        _ = Commit(dockerfile: "FROM scratch AS first\nCOPY file /first\nFROM scratch AS second\nCOPY file /second\n");
        _ = One("Build-ProImage api -Target first");
        Assert.True(Files($"api:{Head12}").ContainsKey("first"));
        Assert.Equal("Built", Text(One("Build-ProImage api"), "Outcome"));
        Assert.True(Files($"api:{Head12}").ContainsKey("second"));
        var error = Bad("Build-ProImage api -Target third", "BuildTargetNotFound", ErrorCategory.ObjectNotFound);
        Assert.Contains("third", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_compose_file_gives_context_Dockerfile_arguments_and_target()
    {
        Variables["COLOUR_OF_TODAY"] = "blue";
        _ = Repository.Commit(
            ("docker-compose.yml", """
                services:
                  api:
                    build:
                      context: ./source
                      dockerfile: ../docker/Dockerfile.api
                      target: second
                      args:
                        COLOUR: ${COLOUR_OF_TODAY:-none}
                  db:
                    image: postgres
                """),
            ("docker/Dockerfile.api",
                "FROM scratch AS first\nARG COLOUR\nENV COLOUR=$COLOUR\nFROM first AS second\nCOPY file /second\nFROM scratch\n"),
            ("source/file", "x"));
        _ = One("Build-ProImage api");
        Assert.Contains("COLOUR=blue", Env($"api:{Head12}"));
        Assert.True(Files($"api:{Head12}").ContainsKey("second"));
        Assert.Equal(["api"], Good("Get-ProService").Select(service => Text(service, "Service")));
    }

    [Theory]
    [InlineData("additional_contexts: { other: ./other }", "additional_contexts")]
    [InlineData("dockerfile_inline: FROM scratch", "dockerfile_inline")]
    public void What_compose_has_and_this_module_has_not_is_refused_by_name(string line, string name)
    {
        _ = Repository.Commit(
            ("compose.yaml", $"services:\n  api:\n    build:\n      context: .\n      {line}\n"), ("Dockerfile", CopyAll));
        var error = Bad("Build-ProImage api", "ServiceNotBuildable", ErrorCategory.NotImplemented);
        Assert.Contains(name, error.ToString(), StringComparison.Ordinal);
        Assert.Contains("compose.yaml, line 5", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_service_is_built_as_its_own_version_declared_it_not_as_today_does()
    {
        _ = Repository.Commit(
            ("pro.json", """{ "services": { "api": { "context": "old" } } }"""), ("old/Dockerfile", CopyAll), ("old/file", "old place"));
        _ = Repository.Tag("v1.0.0");
        _ = Repository.Delete("old/Dockerfile");
        _ = Repository.Commit(
            ("pro.json", """{ "services": { "api": { "context": "new" } } }"""), ("new/Dockerfile", CopyAll), ("new/file", "new place"));
        _ = One("Build-ProImage api v1.0.0");
        _ = One("Build-ProImage api");
        Assert.Equal("old place", Files("api:v1.0.0")["file"].Text);
        Assert.Equal("new place", Files($"api:{Head12}")["file"].Text);
    }

    [Fact]
    public void NoCache_runs_every_step_again()
    {
        _ = Commit(dockerfile: $"FROM {Base}\nRUN cat /proc/sys/kernel/random/uuid > /once\n");
        _ = One("Build-ProImage api");
        var first = Files($"api:{Head12}")["once"].Text;
        _ = One("Build-ProImage api -Force");
        Assert.Equal(first, Files($"api:{Head12}")["once"].Text);
        Assert.Equal("Built", Text(One("Build-ProImage api -NoCache"), "Outcome"));
        Assert.NotEqual(first, Files($"api:{Head12}")["once"].Text);
    }

    [Fact]
    public void Pull_asks_the_registry_for_a_newer_base()
    {
        var image = $"{Registry}/base:1";
        _ = TestEngine.Import(image, "old base");
        _ = Commit(dockerfile: $"FROM {image}\nCOPY file /own\n");
        _ = One("Build-ProImage api");
        var error = Bad("Build-ProImage api -Pull", "BaseImageNotFound", ErrorCategory.ObjectNotFound);
        Assert.Contains(image, error.ToString(), StringComparison.Ordinal);
        Assert.Equal("old base", Files($"api:{Head12}")["file"].Text);
    }
}
