using System.Management.Automation;

namespace Pro.DockerVersioning.Tests.Engine.Deploy;

/// <summary>
/// The guide's own layout: a compose file that builds, one for test and one for production that name <c>api:latest</c>, a fixed container
/// name, two users on one engine, and a plain <c>up</c> in between. What was deployed stays, and the previous version is one answer.
/// </summary>
public class DeployedStaysTests : ComposeTest
{
    private const string Production = "docker-compose.prod.yml";
    private const string Refused = "RestoredPrevious";

    public DeployedStaysTests()
        : this(isNewest: true)
    {
    }

    /// <param name="isNewest">Whether the newest compose is tried; else docker-compose 1.x.</param>
    private protected DeployedStaysTests(bool isNewest)
    {
        if (isNewest)
        {
            UseNewest();
        }

        WriteFile("""
            version: "3.7"
            services:
              api:
                build: apps/api

            """);
        foreach (var file in (string[])["docker-compose.test.yml", Production])
        {
            _ = Repository.Write(file, $$"""
                version: "3.7"
                services:
                  api:
                    image: ${REGISTRY}/api:latest
                    container_name: {{Project}}-pro-api
                    ports: ["127.0.0.1:{{Port}}:8080"]
                    stop_grace_period: 1s

                """);
        }

        Variables["COMPOSE_FILE"] = Production;
        Is("ann");
    }

    [Fact]
    public void The_guides_walk_keeps_what_was_deployed()
    {
        Well("v1.2.1", "v1.2.2", "v1.2.3", "v1.2.4", "v1.2.5");
        Sick("v1.3.0");
        _ = One("Deploy-ProService api v1.2.1");
        Stays("v1.2.1");
        _ = One("Deploy-ProService api v1.2.2");
        Stays("v1.2.2");
        _ = One("Deploy-ProService api v1.2.3");
        Stays("v1.2.3");
        Assert.Empty(Directory.EnumerateFiles(Repository.Root, "*.pro.yml"));
        Assert.False(File.Exists(DotEnv));

        // The other user has never deployed anything, and finds what the first one did.
        Is("ben");
        Host.Clear();
        _ = Run("Invoke-ProRollback api -Previous -WhatIf").ThrowIfFailed();
        Assert.Contains($"{Registry}/api:latest on this engine moves from v1.2.3 to v1.2.2", Host.Text, StringComparison.Ordinal);
        Assert.Contains($"A plain '{ComposeCommand} up' keeps it", Host.Text, StringComparison.Ordinal);
        Assert.Equal(Id("api:v1.2.3"), Id("api:latest"));
        Assert.Equal("v1.2.2", Text(One("Invoke-ProRollback api -Previous -Confirm:$false"), "Version"));
        Stays("v1.2.2");
        Assert.Equal("v1.2.1", Previous());
        Is("ann");
        Assert.Equal("v1.2.1", Previous());

        // As a build does, whoever is refused afterwards.
        _ = Docker("tag", $"{Registry}/api:v1.3.0", $"{Registry}/api:latest");
        Check(Run("Deploy-ProService api v1.3.0").Error, Refused, ErrorCategory.InvalidOperation);
        Stays("v1.2.2");

        // What a plain up starts is not verified by anybody.
        _ = Docker("tag", $"{Registry}/api:v1.2.4", $"{Registry}/api:latest");
        _ = Compose("up", "-d");
        Assert.Equal("v1.2.4", Answer());
        _ = One("Deploy-ProService api v1.2.5");
        Stays("v1.2.5");
        Assert.Equal("v1.2.2", Previous());
        Is("ben");
        Assert.Equal("v1.2.2", Previous());

        // The second user's clean-up keeps what the first one would roll back to.
        _ = Good(
            "Remove-ProOldImage api -Keep 1 -KeepPrerelease 0 -KeepCommit 0 -GracePeriod ([TimeSpan]::Zero) -Confirm:$false "
                + "-WarningAction Ignore");
        Assert.NotNull(Id("api:v1.2.2"));
        Assert.Null(Id("api:v1.2.1"));
        Assert.Equal("v1.2.2", Text(One("Invoke-ProRollback api -Previous -Confirm:$false"), "Version"));
        Stays("v1.2.2");
    }

    [Fact]
    public void A_version_that_was_verified_again_is_a_candidate_again()
    {
        Well("v1.2.2", "v1.2.3", "v1.2.4");
        Sick("v1.3.0");
        _ = One("Deploy-ProService api v1.2.2");
        _ = One("Deploy-ProService api v1.2.3");
        _ = One("Invoke-ProRollback api v1.2.2 -Confirm:$false");
        Assert.NotEqual("v1.2.3", Previous());

        // By hand the one that was left runs again; a restore verifies it.
        _ = Docker("tag", $"{Registry}/api:v1.2.3", $"{Registry}/api:latest");
        _ = Compose("up", "-d");
        Check(Run("Deploy-ProService api v1.3.0").Error, Refused, ErrorCategory.InvalidOperation);
        Stays("v1.2.3");
        _ = One("Deploy-ProService api v1.2.4");
        Assert.Equal("v1.2.3", Previous());
    }

    [Fact]
    public void A_build_leaves_the_tag_alone_that_names_what_is_deployed()
    {
        _ = Release("v1.2.2", dockerfile: Dockerfile);
        _ = Good("Build-ProImage api v1.2.2");
        _ = One("Deploy-ProService api v1.2.2");
        _ = Release("v1.2.3", dockerfile: Dockerfile);
        var built = Run("Build-ProImage api v1.2.3").ThrowIfFailed();
        Assert.Contains("names what compose." + Project, Assert.Single(built.Warnings), StringComparison.Ordinal);
        Stays("v1.2.2");
        _ = One("Deploy-ProService api v1.2.3");
        Stays("v1.2.3");

        // What runs already is told where a plain up would start another.
        _ = Docker("tag", $"{Registry}/api:v1.2.2", $"{Registry}/api:latest");
        var same = Run("Deploy-ProService api v1.2.3").ThrowIfFailed();
        Assert.Equal("NothingToDo", Text(Assert.Single(same.Output), "Outcome"));
        Assert.Contains("v1.2.2", Assert.Single(same.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void The_plan_and_a_warning_say_what_a_pull_would_bring()
    {
        Well("v1.2.2", "v1.2.3");
        Push("v1.2.2");
        Push("v1.2.3");
        _ = Docker("tag", $"{Registry}/api:v1.2.3", $"{Registry}/api:latest");
        Push("latest");
        _ = One("Deploy-ProService api v1.2.3");
        Host.Clear();
        _ = Run("Invoke-ProRollback api v1.2.2 -WhatIf").ThrowIfFailed();
        Assert.Contains($"'{ComposeCommand} pull' would bring v1.2.3", Host.Text, StringComparison.Ordinal);

        // A job sees no plan.
        var job = Run("Invoke-ProRollback api v1.2.2 -Confirm:$false").ThrowIfFailed();
        Assert.Contains($"'{ComposeCommand} pull' would bring v1.2.3", Assert.Single(job.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Another_target_with_the_same_tag_is_named_in_the_plan_and_in_a_warning()
    {
        Well("v1.2.2", "v1.2.3");
        _ = One("Deploy-ProService api v1.2.2");
        var test = Repository.FullPath("docker-compose.test.yml");
        File.WriteAllText(test, File.ReadAllText(test)
            .Replace("-pro-api", "-test-api", StringComparison.Ordinal)
            .Replace($"127.0.0.1:{Port}:8080", "8080", StringComparison.Ordinal));
        UseTest(Project + "b");
        try
        {
            _ = Compose("up", "-d");
            (Variables["COMPOSE_PROJECT_NAME"], Variables["COMPOSE_FILE"]) = (Project, Production);
            Host.Clear();
            var told = $"compose service {Project}b/api uses {Registry}/api:latest too";
            _ = Run("Deploy-ProService api v1.2.3 -WhatIf").ThrowIfFailed();
            Assert.Contains(told, Host.Text, StringComparison.Ordinal);
            Assert.Contains(told, Assert.Single(Run("Deploy-ProService api v1.2.3").ThrowIfFailed().Warnings), StringComparison.Ordinal);
        }
        finally
        {
            UseTest(Project + "b");
            _ = Compose("down", "-t", "0");
            (Variables["COMPOSE_PROJECT_NAME"], Variables["COMPOSE_FILE"]) = (Project, Production);
        }

        void UseTest(string project) =>
            (Variables["COMPOSE_PROJECT_NAME"], Variables["COMPOSE_FILE"]) = (project, "docker-compose.test.yml");
    }

    [Fact]
    public async Task A_killed_deployment_leaves_the_tag_to_the_repair()
    {
        Well("v1.2.2");
        Build("v1.2.3", "HEALTHCHECK --interval=1s --retries=1000 CMD exit 1");
        _ = One("Deploy-ProService api v1.2.2");

        // Compose's own up takes what the tag names.
        await File.AppendAllTextAsync(Repository.FullPath(Production), "    environment: [\"COLOUR=blue\"]\n", Cancel);
        using (var child = StartChild("Deploy-ProService api v1.2.3 -HealthTimeout 00:05:00"))
        {
            await UntilAsync(() => Containers is [var only] && only["Image"]!.ToString() == Id("api:v1.2.3"));
            child.Kill();
            await child.WaitForExitAsync(Cancel);
        }

        Assert.Equal(Id("api:v1.2.3"), Id("api:latest"));
        Assert.Equal(Refused, Text(Run("Repair-ProService api").ThrowIfFailed().Output[0], "Outcome"));
        Assert.Equal(Id("api:v1.2.2"), Id("api:latest"));
        Assert.Equal("v1.2.2", Answer());
    }

    /// <summary>Compose creates what the tag names in that moment, and anybody may move it between the plan and then.</summary>
    [Fact]
    public void What_composes_own_up_makes_of_another_image_is_not_kept()
    {
        UsePlugin();
        Well("v1.2.2", "v1.2.3", "v1.2.4");
        _ = One("Deploy-ProService api v1.2.2");
        var config = Path.Combine(Repository.Beside, "docker");
        var plugin = Path.Combine(Directory.CreateDirectory(Path.Combine(config, "cli-plugins")).FullName, "docker-compose");
        File.WriteAllText(plugin, $"""
            #!/bin/sh
            case " $* " in *" up "*) '{TestSettings.DockerClient}' tag {Registry}/api:v1.2.4 {Registry}/api:latest ;; esac
            exec '{Path.Combine(PluginFolder!, "cli-plugins", "docker-compose")}' "$@"

            """);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(plugin, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        Variables["DOCKER_CONFIG"] = config;
        File.AppendAllText(Repository.FullPath(Production), "    environment: [\"COLOUR=blue\"]\n");

        var result = Run("Deploy-ProService api v1.2.3");

        Check(result.Error, Refused, ErrorCategory.InvalidOperation);
        Assert.Contains(
            $"created from the image {Id("api:v1.2.4")}, and not from {Id("api:v1.2.3")} as planned",
            result.Error.ToString(), StringComparison.Ordinal);
        Assert.Equal("v1.2.2", Answer());
        Assert.Equal(Id("api:v1.2.2"), Container["Image"]!.ToString());
        NothingIsLeft();
    }

    [Fact]
    public void An_environments_alias_moves_both_ways_at_the_registry_too()
    {
        DeclareAlias();
        Well("v1.2.2", "v1.2.3");
        Sick("v1.3.0");
        _ = Bad("Deploy-ProService api v1.2.2 -Environment production", "DeploymentAliasNotPublished", ErrorCategory.ObjectNotFound);
        Assert.Empty(Containers);
        Push("v1.2.2");
        Push("v1.2.3");
        Push("v1.3.0");
        using var registry = TestRegistry.Open();
        foreach (var command in (string[])
            ["Deploy-ProService api v1.2.2", "Deploy-ProService api v1.2.3", "Invoke-ProRollback api -Previous -Confirm:$false"])
        {
            var version = Text(One(command + " -Environment production"), "Version")!;
            Assert.Equal(registry.DigestOf($"{RegistryPath}/api", version), registry.DigestOf($"{RegistryPath}/api", "production"));
            Stays(version, "production");
            _ = Compose("pull", "--quiet");
            Stays(version, "production");
        }

        Check(Run("Deploy-ProService api v1.3.0 -Environment production").Error, Refused, ErrorCategory.InvalidOperation);
        Assert.Equal(registry.DigestOf($"{RegistryPath}/api", "v1.2.2"), registry.DigestOf($"{RegistryPath}/api", "production"));
        Stays("v1.2.2", "production");
        Assert.Null(Id("api:latest"));
    }

    /// <summary>An operation moves it there when its version stays, and so does the repair of one that was interrupted.</summary>
    [Fact]
    public async Task For_what_a_repair_restores_the_alias_at_the_registry_is_left_alone()
    {
        DeclareAlias();
        Well("v1.2.2", "v1.2.3");
        Build("v1.2.4", "HEALTHCHECK --interval=1s --retries=1000 CMD exit 1");
        foreach (var version in (string[])["v1.2.2", "v1.2.3", "v1.2.4"])
        {
            Push(version);
        }

        _ = One("Deploy-ProService api v1.2.2 -Environment production");

        // Another host brings the environment to v1.2.3.
        _ = Docker("tag", $"{Registry}/api:v1.2.3", $"{Registry}/api:production");
        Push("production");
        _ = Docker("tag", $"{Registry}/api:v1.2.2", $"{Registry}/api:production");
        await File.AppendAllTextAsync(Repository.FullPath(Production), "    environment: [\"COLOUR=blue\"]\n", Cancel);
        using (var child = StartChild("Deploy-ProService api v1.2.4 -Environment production -HealthTimeout 00:05:00"))
        {
            await UntilAsync(() => Containers is [var only] && only["Image"]!.ToString() == Id("api:v1.2.4"));
            child.Kill();
            await child.WaitForExitAsync(Cancel);
        }

        Assert.Equal(Refused, Text(Run("Repair-ProService api -Environment production").ThrowIfFailed().Output[0], "Outcome"));
        Assert.Equal(Id("api:v1.2.2"), Id("api:production"));
        Assert.Equal("v1.2.2", Answer());
        using var registry = TestRegistry.Open();
        Assert.Equal(registry.DigestOf($"{RegistryPath}/api", "v1.2.3"), registry.DigestOf($"{RegistryPath}/api", "production"));
    }

    [Fact]
    public void A_variable_for_this_services_image_in_two_files_is_pinned_in_env()
    {
        foreach (var file in (string[])["docker-compose.test.yml", Production])
        {
            var path = Repository.FullPath(file);
            File.WriteAllText(path, File.ReadAllText(path).Replace("api:latest", "api:${API_VERSION:-latest}", StringComparison.Ordinal));
        }

        Well("v1.2.2", "v1.2.3");
        _ = One("Deploy-ProService api v1.2.3");
        Host.Clear();
        _ = Run("Invoke-ProRollback api v1.2.2 -WhatIf").ThrowIfFailed();
        Assert.Contains($"{DotEnv} gets API_VERSION=v1.2.2", Host.Text, StringComparison.Ordinal);
        var result = Run("Invoke-ProRollback api v1.2.2 -Confirm:$false").ThrowIfFailed();
        Assert.Empty(result.Warnings);
        Assert.Equal("API_VERSION=v1.2.2\n", File.ReadAllText(DotEnv));
        ComposeOwnsIt("v1.2.2");
    }

    [Fact]
    public void A_pin_that_will_not_hold_is_told_before_and_the_remedy_names_the_users_file()
    {
        var path = Repository.FullPath(Production);
        File.WriteAllText(path, File.ReadAllText(path).Replace("api:latest", "api:v1.2.2", StringComparison.Ordinal));
        Well("v1.2.2", "v1.2.3");
        _ = Compose("up", "-d");
        foreach (var version in (string[])["v1.2.3", "v1.2.2", "v1.2.3"])
        {
            Host.Clear();
            _ = Run($"Deploy-ProService api {version} -WhatIf").ThrowIfFailed();
            Assert.Contains("The pin will not hold", Host.Text, StringComparison.Ordinal);
            Assert.Contains($"Write into {path}, line 4", Host.Text, StringComparison.Ordinal);
            _ = One($"Deploy-ProService api {version} -WarningAction Ignore");
            Assert.Equal(version, Answer());
            _ = Assert.Single(Directory.EnumerateFiles(Repository.Root, "*.pro.yml"));
        }
    }

    [Fact]
    public void The_modules_own_files_are_not_uncommitted()
    {
        _ = Repository.Write("pro.json", """{ "services": { "api": { "context": "." } } }""");
        File.Delete(Repository.FullPath(".gitignore"));
        _ = Repository.Commit(
            ("Dockerfile", CopyAll), ("file", "1"), (".env", "API_VERSION=v1.2.2\n"), ("docker-compose.shop.pro.yml", "services: {}\n"));
        _ = Repository.Write(".env", "API_VERSION=v1.2.3\n");
        _ = Repository.Write("docker-compose.shop.pro.yml", "services: { api: {} }\n");
        Assert.DoesNotContain(Run("Build-ProImage api -WhatIf").ThrowIfFailed().Warnings, IsAboutFiles);
        _ = Repository.Write("file", "2");
        Assert.Contains(Run("Build-ProImage api -WhatIf").ThrowIfFailed().Warnings, one => IsAboutFiles(one)
            && one.Contains("1 uncommitted", StringComparison.Ordinal));

        static bool IsAboutFiles(string warning) => warning.Contains("uncommitted", StringComparison.Ordinal);
    }

    private const string Dockerfile = """
        FROM pro-sample/base:1
        RUN mkdir -p /srv && date >/srv/built
        STOPSIGNAL SIGKILL
        CMD ["httpd", "-f", "-p", "8080", "-h", "/srv"]
        """;

    /// <summary>Another user has another history.</summary>
    private void Is(string user) =>
        Variables["XDG_STATE_HOME"] = Directory.CreateDirectory(Path.Combine(Repository.Beside, "state-" + user)).FullName;

    private void DeclareAlias()
    {
        _ = Repository.Write(Production, File.ReadAllText(Repository.FullPath(Production))
            .Replace("api:latest", "api:production", StringComparison.Ordinal));
        _ = Repository.Write("pro.json", $$"""
            {
              "services": { "api": { "context": "apps/api" } },
              "environments": { "production": { "composeFile": "{{Production}}", "alias": "production" } }
            }
            """);
    }

    private void Push(string tag) => TestEngine.Push($"{Registry}/api", tag);

    private string Previous()
    {
        Host.Clear();
        var run = Run("Invoke-ProRollback api -Previous -WhatIf -WarningAction Ignore");
        return run.Errors.Count > 0 ? run.Error.FullyQualifiedErrorId.Split(',')[0]
            : run.Failure is not null ? "NoPrevious"
            : Host.Text.Split("-> ")[1].Split(' ')[0];
    }

    /// <summary>The version runs, the tag names it, and a plain up leaves the container alone.</summary>
    private void Stays(string version, string tag = "latest")
    {
        Assert.Equal(Id("api:" + version), Id("api:" + tag));
        Assert.Equal(Id("api:" + version), Container["Image"]!.ToString());
        var before = Lives;
        _ = Compose("up", "-d");
        Assert.Equal(before, Lives);
        Assert.Equal("running", Container["State"]!["Status"]!.ToString());
        NothingIsLeft();
    }
}

/// <summary>The walk with docker-compose 1.x too, whose hash holds the image's id.</summary>
public sealed class DeployedStaysWithV1Tests
{
    [Fact]
    public void The_guides_walk_keeps_what_was_deployed()
    {
        Assert.SkipWhen(TestEngine.HasContainerdStore, "docker-compose 1.x can't re-create a container on this engine.");
        using var tests = new DeployedStaysV1Tests();
        tests.The_guides_walk_keeps_what_was_deployed();
    }
}

/// <summary>All of it again with docker-compose 1.x.</summary>
[Trait("Run", "all")]
public sealed class DeployedStaysV1Tests : DeployedStaysTests
{
    public DeployedStaysV1Tests()
        : base(isNewest: false)
    {
        // By itself docker-compose 1.x breaks off at the answers of newer engines: its user has to say so.
        if (Version.Parse(TestEngine.Call(HttpMethod.Get, "/version")!["ApiVersion"]!.ToString()) > new Version(1, 44))
        {
            Variables["COMPOSE_API_VERSION"] = "1.44";
        }
    }
}
