using System.Management.Automation;

namespace Pro.DockerVersioning.Tests.Engine.Deploy;

/// <summary>What holds for compose of every generation: tried with the plugin where it is there, else with docker-compose 1.x.</summary>
public sealed class ComposeProjectTests : ComposeTest
{
    private const ErrorCategory Failed = ErrorCategory.InvalidOperation;

    public ComposeProjectTests() => UseNewest();

    [Fact]
    public void A_first_start_that_gets_sick_leaves_nothing()
    {
        WriteFile(GuideFile);
        Sick("v1.0.0");
        var error = Bad("Deploy-ProService api v1.0.0", "ContainerUnhealthy", Failed);
        Assert.Contains("out of luck", error.ToString(), StringComparison.Ordinal);
        Assert.Empty(Containers);
        Assert.False(File.Exists(DotEnv));
        NothingIsLeft();
    }

    [Fact]
    public async Task A_version_that_never_gets_healthy_is_taken_back_and_the_pin_stays()
    {
        WriteFile(GuideFile);
        Well("v1.0.0");
        Sick("v1.1.0");
        await File.WriteAllTextAsync(DotEnv, "# mine\nAPI_VERSION=v1.0.0\nOTHER=1\n", Cancel);
        _ = One("Deploy-ProService api v1.0.0");
        var result = Run("Deploy-ProService api v1.1.0");
        Check(result.Error, "RestoredPrevious", Failed);
        Assert.Contains("runs again, and is healthy", result.Error.ToString(), StringComparison.Ordinal);
        Assert.Equal("RestoredPrevious", Text(Assert.Single(result.Output), "Outcome"));
        Assert.Equal("v1.0.0", await AnswerAsync());
        Assert.Equal("# mine\nAPI_VERSION=v1.0.0\nOTHER=1\n", await File.ReadAllTextAsync(DotEnv, Cancel));
        ComposeOwnsIt("v1.0.0");
    }

    [Fact]
    public void A_pin_over_a_written_image_goes_with_the_version_that_was_not_kept()
    {
        WriteFile(GuideFile.Replace("${API_VERSION:-latest}", "v1.0.0", StringComparison.Ordinal));
        Well("v1.0.0");
        Sick("v1.1.0");
        _ = Compose("up", "-d");
        Check(Run("Deploy-ProService api v1.1.0").Error, "RestoredPrevious", Failed);
        Assert.False(File.Exists(Repository.FullPath($"docker-compose.{Project}.pro.yml")));
        ComposeOwnsIt("v1.0.0");
    }

    [Fact]
    public async Task An_environment_names_its_compose_file_and_engine_and_takes_what_was_built()
    {
        WriteFile(GuideFile);
        var test = Repository.FullPath("docker-compose.test.yml");
        File.Move(ComposeFile, test);
        await File.WriteAllTextAsync(
            Repository.FullPath("pro.json"),
            $$"""
            {
              "services": { "api": { "context": "apps/api" } },
              "environments": { "test": { "composeFile": "docker-compose.test.yml", "engine": "unix://{{EngineSocket}}" } }
            }
            """,
            TestContext.Current.CancellationToken);
        _ = Release("v1.2.3", dockerfile: """
            FROM pro-sample/base:1
            RUN mkdir -p /srv && printf '%s' built > /srv/version
            STOPSIGNAL SIGKILL
            CMD ["httpd", "-f", "-p", "8080", "-h", "/srv"]
            """);
        var result = Good("Build-ProImage api v1.2.3 -Push | Deploy-ProService -Environment test")
            .Single(one => one.Properties["Outcome"] is not null && one.Properties["Strategy"] is not null);
        Assert.Equal("Succeeded Compose v1.2.3", $"{Text(result, "Outcome")} {Text(result, "Strategy")} {Text(result, "Version")}");
        Assert.Equal("built", await AnswerAsync());
        Assert.Equal(test, Label(Container, "project.config_files"));
        using var registry = TestRegistry.Open();
        Assert.Equal(registry.DigestOf($"{RegistryPath}/api", "v1.2.3"), Text(result, "Digest"));
        NothingIsLeft();
    }

    [Fact]
    public void The_order_of_the_compose_file_holds_and_a_parameter_goes_before_it()
    {
        // No published port and no fixed name: both can run at once.
        WriteFile(WithoutPorts + "    deploy:\n      update_config:\n        order: start-first\n");
        Well("v1.0.0", "v1.1.0");
        _ = One("Deploy-ProService api v1.0.0");
        Assert.Equal("start-first", Text(One("Deploy-ProService api v1.1.0"), "Order"));
        ComposeOwnsIt("v1.1.0");
        Assert.Equal("stop-first", Text(One("Deploy-ProService api v1.0.0 -Order StopFirst"), "Order"));
        ComposeOwnsIt("v1.0.0");
    }

    [Fact]
    public void Without_compose_nothing_is_touched_and_the_error_says_what_to_install()
    {
        WriteFile(GuideFile);
        Well("v1.0.0", "v1.1.0");
        _ = One("Deploy-ProService api v1.0.0");
        var before = Lives;
        var path = Environment.GetEnvironmentVariable("PATH");
        OnlyClient(null);
        var error = Bad("Deploy-ProService api v1.1.0", "ComposeNotFound", ErrorCategory.ResourceUnavailable);
        Assert.Contains("compose", error.ErrorDetails.RecommendedAction, StringComparison.OrdinalIgnoreCase);
        Variables["PATH"] = path;
        Assert.Equal(before, Lives);
        ComposeOwnsIt("v1.0.0");
    }

    [Fact]
    public void Another_file_of_the_same_project_does_not_take_the_containers_place()
    {
        WriteFile(GuideFile);
        Well("v1.0.0", "v1.1.0");
        _ = One("Deploy-ProService api v1.0.0");
        var other = Repository.FullPath("docker-compose.test.yml");
        File.WriteAllText(other, GuideFile);
        var before = Lives;
        _ = Bad("Deploy-ProService api v1.1.0 -ComposeFile docker-compose.test.yml", "OtherComposeFile", ErrorCategory.InvalidOperation);
        Assert.Equal(before, Lives);
        ComposeOwnsIt("v1.0.0");
    }

    /// <summary>With a registry set that is not the one of what runs, a first start would remove it.</summary>
    [Fact]
    public void A_service_whose_container_runs_an_image_with_another_name_is_not_started_for_the_first_time()
    {
        WriteFile(GuideFile);
        Well("v1.0.0");
        var foreign = $"foreign-{Project}";
        _ = Docker("tag", $"{Registry}/api:v1.0.0", $"{foreign}/api:v1.0.0");
        try
        {
            File.WriteAllText(DotEnv, "API_VERSION=v1.0.0\n");
            Variables["REGISTRY"] = foreign;
            _ = Compose("up", "-d");
            Variables["REGISTRY"] = Registry;
            var lives = Lives;
            foreach (var more in (string[])["-WhatIf", "-Confirm:$false"])
            {
                var refused = Bad($"Deploy-ProService api v1.0.0 {more}", "NotTheFirstStart", ErrorCategory.InvalidOperation);
                Assert.Contains(ContainerName(1), refused.ToString(), StringComparison.Ordinal);
                Assert.Equal(lives, Lives);
            }

            Assert.Equal("v1.0.0", Answer());
            NothingIsLeft();
        }
        finally
        {
            Clear();
            _ = Docker("rmi", $"{foreign}/api:v1.0.0");
        }
    }

    [Fact]
    public void A_service_whose_image_was_removed_by_force_is_not_started_for_the_first_time()
    {
        WriteFile(GuideFile);
        Well("v1.0.0", "v1.1.0");
        File.WriteAllText(DotEnv, "API_VERSION=v1.0.0\n");
        _ = Compose("up", "-d");
        var id = Container["Id"]!.ToString();
        _ = Docker("stop", "-t", "0", id);
        _ = Docker("rmi", "--force", Id("api:v1.0.0")!);
        _ = Docker("start", id);
        Assert.Null(Id("api:v1.0.0"));
        var lives = Lives;

        var refused = Bad("Deploy-ProService api v1.1.0 -Confirm:$false", "ImageIsGone", ErrorCategory.InvalidOperation);

        Assert.Contains(ContainerName(1), refused.ToString(), StringComparison.Ordinal);
        Assert.Equal(lives, Lives);
        Assert.Equal("v1.0.0", Answer());
        NothingIsLeft();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_service_to_which_others_link_is_refused_whoever_would_re_create_it(bool isChanged)
    {
        var file = GuideFile + "    network_mode: bridge\n";
        WriteFile(file);
        Well("v1.0.0", "v1.1.0");
        _ = One("Deploy-ProService api v1.0.0");
        var other = Docker("run", "--detach", "--link", ContainerName(1) + ":api", Base, "sleep", "600").Trim();
        try
        {
            WriteFile(isChanged ? file + "    environment: [\"COLOUR=blue\"]\n" : file);
            var lives = Lives;
            foreach (var more in (string[])["-WhatIf", "-Confirm:$false"])
            {
                _ = Bad($"Deploy-ProService api v1.1.0 {more}", "LinkedFromOthers", ErrorCategory.InvalidOperation);
                Assert.Equal(lives, Lives);
            }

            Assert.Equal("v1.0.0", Docker("exec", other, "wget", "-q", "-O", "-", "http://api:8080/version"));
        }
        finally
        {
            _ = Docker("rm", "--force", other);
        }

        _ = One("Deploy-ProService api v1.1.0");
        ComposeOwnsIt("v1.1.0");
    }

    /// <summary>What was planned is looked at once more under the lock.</summary>
    [Theory]
    [InlineData("COLOUR=green", "-Order StartFirst", "OrderNotPossible", ErrorCategory.InvalidArgument)]
    [InlineData("COLOUR=${COLOUR}", "", "VariableWouldBeBlank", ErrorCategory.InvalidOperation)]
    public void A_file_that_changes_while_the_prompt_stands_open_is_judged_anew(
        string environment, string order, string id, ErrorCategory category)
    {
        string Text(string variable) => WithoutPorts + $"    environment: [\"{variable}\"]\n";
        WriteFile(Text("COLOUR=blue"));
        Well("v1.0.0", "v1.1.0");
        _ = One("Deploy-ProService api v1.0.0");
        var lives = Lives;
        Host.Answers.Enqueue(0);
        Host.BeforeAnswer = () => WriteFile(Text(environment));

        _ = Bad($"Deploy-ProService api v1.1.0 {order} -Confirm", id, category);

        Assert.Single(Host.Prompts);
        Assert.Equal(lives, Lives);
        Assert.Equal("API_VERSION=v1.0.0\n", File.ReadAllText(DotEnv));
        NothingIsLeft();
    }

    [Fact]
    public void A_port_that_the_engine_chooses_anew_for_composes_own_up_is_told()
    {
        var file = GuideFile.Replace($"127.0.0.1:{Port}:8080", "127.0.0.1::8080", StringComparison.Ordinal);
        WriteFile(file);
        Well("v1.0.0", "v1.1.0", "v1.2.0");
        _ = One("Deploy-ProService api v1.0.0");
        var before = HostPort();
        WriteFile(file + "    environment: [\"COLOUR=blue\"]\n");

        var moved = Run("Deploy-ProService api v1.1.0").ThrowIfFailed();

        // An engine that chooses the same one again has moved nothing.
        Assert.SkipWhen(HostPort() == before, "The engine chose the same port again.");
        Assert.Contains($"8080/tcp is at {HostPort()} instead of {before}", Assert.Single(moved.Warnings), StringComparison.Ordinal);

        // One that the file fixes is the file's wish.
        WriteFile(GuideFile);
        Assert.DoesNotContain(
            Run("Deploy-ProService api v1.2.0").ThrowIfFailed().Warnings, one => one.Contains("instead of", StringComparison.Ordinal));

        string HostPort() => Container["NetworkSettings"]!["Ports"]!["8080/tcp"]![0]!["HostPort"]!.ToString();
    }

    /// <summary>Else the first error's remedy would cost the running container, and lead to the second error.</summary>
    [Fact]
    public void A_file_that_names_an_image_outside_of_the_registry_is_refused_before_anybody_removes_what_runs()
    {
        Well("v1.0.0");
        var image = $"foreign-{Project}";
        WriteFile(GuideFile.Replace("${REGISTRY}/api:${API_VERSION:-latest}", image + ":${API_VERSION:-v1.0.0}", StringComparison.Ordinal)
            .Replace("    ports:", "    build: apps/api\n    ports:", StringComparison.Ordinal));
        _ = Docker("tag", $"{Registry}/api:v1.0.0", $"{image}:v1.0.0");
        try
        {
            _ = Compose("up", "-d", "--no-build");
            var lives = Lives;
            var refused = Bad("Deploy-ProService api v1.0.0 -Confirm:$false", "ComposeRendersOther", ErrorCategory.InvalidOperation);
            Assert.Contains(image, refused.Exception.Message, StringComparison.Ordinal);
            Assert.Equal(lives, Lives);
        }
        finally
        {
            _ = Compose("down", "-t", "0");
            _ = Docker("rmi", $"{image}:v1.0.0");
        }
    }

    [Fact]
    public async Task What_the_plugin_has_made_stays_the_plugins()
    {
        UsePlugin();
        WriteFile(GuideFile);
        Well("v1.0.0");
        Build("v1.1.0", "HEALTHCHECK --interval=1s CMD wget -q -O /dev/null http://127.0.0.1:8080/version");
        Sick("v1.2.0");
        await File.WriteAllTextAsync(DotEnv, "API_VERSION=v1.0.0\n", Cancel);
        _ = Compose("up", "-d");
        var made = Label(Container, "version");
        Assert.Contains("swap", Steps(One("Deploy-ProService api v1.1.0")), StringComparison.Ordinal);
        Assert.Equal("v1.1.0", await AnswerAsync());
        Assert.Equal(made, Label(Container, "version"));
        ComposeOwnsIt("v1.1.0");
        WriteFile(GuideFile + "    environment: [\"COLOUR=blue\"]\n");
        Check(Run("Deploy-ProService api v1.2.0").Error, "RestoredPrevious", Failed);
        Assert.Equal("v1.1.0", await AnswerAsync());
        Assert.Contains("docker compose up", Steps(One("Invoke-ProRollback api v1.0.0 -Confirm:$false")), StringComparison.Ordinal);
        Assert.Equal("v1.0.0", await AnswerAsync());
        ComposeOwnsIt("v1.0.0");
    }
}
