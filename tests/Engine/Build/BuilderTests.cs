using System.Management.Automation;

namespace Pro.DockerVersioning.Tests.Engine.Build;

/// <summary>Who builds, and what each can do.</summary>
public sealed class BuilderTests : EngineTest
{
    private const string Run1 = $"FROM {Base}\nARG COLOUR=grey\nRUN echo $COLOUR > /colour\nCOPY file /\n";

    [Fact]
    public void Docker_s_client_builds_with_BuildKit_and_verbose_says_so()
    {
        OnlyClient(TestSettings.DockerClient);
        _ = Commit(dockerfile: Run1);
        var result = Run("Build-ProImage api -BuildArg @{ COLOUR = 'red' } -Verbose").ThrowIfFailed();
        Assert.Contains(result.Verbose, line => line.StartsWith("Builds with ", StringComparison.Ordinal));
        Assert.Matches("^docker buildx?$", Text(Assert.Single(result.Output), "Builder")!);
        Assert.Equal("red", Files($"api:{Head12}")["colour"].Text.Trim());
    }

    [Fact]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public void WhatIf_gives_Docker_s_client_no_login()
    {
        var config = Directory.CreateDirectory(Path.Combine(Repository.Beside, "docker")).FullName;
        const string Logins = """{ "auths": { "other.example": { "auth": "czNjcmV0OnMzY3JldA==" } } }""";
        File.WriteAllText(Path.Combine(config, "config.json"), Logins);
        Variables["DOCKER_CONFIG"] = config;
        Variables["DOCKER_AUTH_CONFIG"] = Logins;
        var given = WriteDownLogins("docker", TestSettings.DockerClient);
        _ = Commit();
        _ = Good("Build-ProImage api -WhatIf");
        NoLoginWasGiven(given, "docker buildx version");
        _ = Good("Build-ProImage api");
        Assert.Contains("\"auths\"", File.ReadAllText(given), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_client_on_PATH_the_Engine_API_builds_and_verbose_says_why()
    {
        OnlyClient(null);
        _ = Commit(dockerfile: Run1);
        var result = Run("Build-ProImage api -BuildArg @{ COLOUR = 'red' } -Verbose").ThrowIfFailed();
        Assert.Contains(result.Verbose, line => line.Contains("no docker program is on PATH", StringComparison.Ordinal));
        var build = Assert.Single(result.Output);
        Assert.Contains("Engine API", Text(build, "Builder"), StringComparison.Ordinal);
        Assert.Equal(Id($"api:{Head12}"), Text(build, "ImageId"));
        Assert.Equal("red", Files($"api:{Head12}")["colour"].Text.Trim());
        Assert.Equal(Head, Labels($"api:{Head12}")["org.opencontainers.image.revision"]);
    }

    [Fact]
    public void A_program_that_is_no_Docker_client_is_passed_over_with_the_reason()
    {
        OnlyClient("/bin/true");
        _ = Commit();
        var result = Run("Build-ProImage api -Verbose").ThrowIfFailed();
        Assert.Contains(result.Verbose, line => line.Contains("isn't Docker's client", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("false")]
    [InlineData("F")]
    public void DOCKER_BUILDKIT_0_builds_with_the_classic_builder(string value)
    {
        Variables["DOCKER_BUILDKIT"] = value;
        _ = Commit(dockerfile: Run1);

        // As docker build takes them.
        var result = Run("Build-ProImage api -BuildArg 'COLOUR=blue' -Label 'team=shop', 'tier=a=b' -Verbose").ThrowIfFailed();
        Assert.Contains(result.Verbose, line => line.Contains("DOCKER_BUILDKIT", StringComparison.Ordinal));
        Assert.Equal("the classic builder", Text(Assert.Single(result.Output), "Builder"));
        Assert.Equal("blue", Files($"api:{Head12}")["colour"].Text.Trim());
        Assert.Equal("shop", Labels($"api:{Head12}")["team"]);
        Assert.Equal("a=b", Labels($"api:{Head12}")["tier"]);
    }

    [Theory]
    [InlineData("0", true)]
    [InlineData(null, true)]
    [InlineData(null, false)]
    public void Every_builder_names_the_step_that_failed_with_its_last_lines(string? buildKit, bool api)
    {
        Variables["DOCKER_BUILDKIT"] = buildKit;
        OnlyClient(api ? null : TestSettings.DockerClient);
        _ = Commit(dockerfile: $"FROM {Base}\nCOPY file /\nRUN echo almost there; echo the reason >&2; exit 9\n");
        var error = Bad("Build-ProImage api", "BuildStepFailed", ErrorCategory.InvalidOperation);
        // The classic builder counts labels as steps as well.
        Assert.Contains("[3/", error.ToString(), StringComparison.Ordinal);
        Assert.Contains("exit code 9", error.ToString(), StringComparison.Ordinal);
        Assert.Contains("the reason", error.ToString(), StringComparison.Ordinal);
        Assert.Empty(Tags());
    }

    [Theory]
    [InlineData("0")]
    [InlineData(null)]
    public void The_Engine_API_takes_a_base_that_a_variable_must_name_and_says_which_is_missing(string? buildKit)
    {
        Variables["DOCKER_BUILDKIT"] = buildKit;
        OnlyClient(null);
        _ = Commit(dockerfile: "ARG BASE\nARG TAG\nFROM ${BASE:?need}:${TAG:-1}\nCOPY file /\n");
        _ = One("Build-ProImage api -BuildArg @{ BASE = 'pro-sample/base' }");
        var error = Bad("Build-ProImage api -Force", "BuildArgumentMissing", ErrorCategory.InvalidArgument);
        Assert.Contains("BASE", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_builder_makes_the_same_files_of_the_same_tag()
    {
        _ = Release("v1.0.0");
        _ = One($"Build-ProImage api v1.0.0 -Registry {Registry}/client");
        OnlyClient(null);
        _ = One($"Build-ProImage api v1.0.0 -Registry {Registry}/api");
        Variables["DOCKER_BUILDKIT"] = "0";
        _ = One($"Build-ProImage api v1.0.0 -Registry {Registry}/classic");
        var files = TestEngine.FilesOf($"{Registry}/client/api:v1.0.0").OrderBy(file => file.Key);
        Assert.Equal(files, TestEngine.FilesOf($"{Registry}/api/api:v1.0.0").OrderBy(file => file.Key));
        Assert.Equal(files, TestEngine.FilesOf($"{Registry}/classic/api:v1.0.0").OrderBy(file => file.Key));
    }

    [Fact]
    public void Secrets_reach_the_step_but_neither_the_image_nor_its_history_nor_a_stream()
    {
        OnlyClient(TestSettings.DockerClient);
        var (inFile, inVariable) = (Guid.NewGuid().ToString("N"), Guid.NewGuid().ToString("N"));
        _ = Commit(dockerfile: $"""
            # syntax is the client's own
            FROM {Base}
            RUN --mount=type=secret,id=file --mount=type=secret,id=variable \
                cat /run/secrets/file /run/secrets/variable | md5sum > /sum
            """);
        File.WriteAllText(Path.Combine(Repository.Beside, "secret.txt"), inFile);
        Variables["PRO_TEST_SECRET"] = inVariable;

        // A secret's value is no part of the cache's key.
        var result = Run("Build-ProImage api -NoCache -Secret 'id=file,src=../secret.txt', 'id=variable,env=PRO_TEST_SECRET' -Verbose")
            .ThrowIfFailed();
#pragma warning disable CA5351 // md5sum is what busybox has; nothing is protected by it.
        var sum = Convert.ToHexString(System.Security.Cryptography.MD5.HashData(System.Text.Encoding.ASCII.GetBytes(inFile + inVariable)));
#pragma warning restore CA5351
        Assert.StartsWith(sum.ToLowerInvariant(), Files($"api:{Head12}")["sum"].Text, StringComparison.Ordinal);
        var said = string.Join('\n', result.Verbose) + TestEngine.HistoryOf($"{Registry}/api:{Head12}")
            + TestEngine.Inspect($"{Registry}/api:{Head12}");
        Assert.DoesNotContain(inFile, said, StringComparison.Ordinal);
        Assert.DoesNotContain(inVariable, said, StringComparison.Ordinal);
    }

    [Fact]
    public void A_secret_that_is_missing_or_given_by_value_is_refused_without_being_repeated()
    {
        OnlyClient(TestSettings.DockerClient);
        _ = Commit();
        _ = Bad("Build-ProImage api -Secret 'id=npm,src=nowhere'", "BuildSecretFileMissing", ErrorCategory.ObjectNotFound);
        _ = Bad("Build-ProImage api -Secret 'id=npm,env=PRO_NOT_SET'", "BuildSecretVariableMissing", ErrorCategory.ObjectNotFound);
        var error = Bad("Build-ProImage api -Secret 'id=npm,value=hunter2'", "BuildSecretInvalid", ErrorCategory.InvalidArgument);
        Assert.DoesNotContain("hunter2", error + error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-Secret 'id=x,env=PATH'")]
    [InlineData("-Ssh default")]
    [InlineData("-CacheTo type=inline")]
    public void What_the_Engine_API_has_not_is_refused_with_the_reason(string parameter)
    {
        OnlyClient(null);
        _ = Commit();
        var error = Bad($"Build-ProImage api {parameter}", "BuilderLacksFeature", ErrorCategory.NotImplemented);
        Assert.Contains(parameter.Split(' ')[0], error.ToString(), StringComparison.Ordinal);
        Assert.Contains("buildx", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Empty(Tags());
    }

    [Fact]
    public void Where_DOCKER_BUILDKIT_chose_the_classic_builder_the_remedy_is_to_remove_it()
    {
        Variables["DOCKER_BUILDKIT"] = "0";
        _ = Commit();
        var error = Bad("Build-ProImage api -Secret id=a,env=HOME", "BuilderLacksFeature", ErrorCategory.NotImplemented);
        Assert.Contains("Remove the environment variable DOCKER_BUILDKIT", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.DoesNotContain("Install", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void Several_platforms_without_Push_are_refused_before_anything_is_built()
    {
        _ = Commit();
        var result = Run("Build-ProImage api -Platform linux/amd64, linux/arm64 -Verbose");
        Check(result.Error, "BuildPlatformsNeedPush", ErrorCategory.InvalidArgument);
        Assert.Contains("-Push", result.Error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);

        // The registry's path is made up, and may end in a 1 before the slash.
        Assert.DoesNotContain(
            result.Verbose, line => line.Replace(Registry, "", StringComparison.Ordinal).Contains("1/", StringComparison.Ordinal));
    }

    [Fact]
    public void One_platform_is_passed_on()
    {
        var architecture = TestEngine.Inspect(Base)["Architecture"]!.ToString();
        _ = Commit();
        _ = One($"Build-ProImage api -Platform linux/{architecture}");
        Assert.Equal(architecture, TestEngine.Inspect($"{Registry}/api:{Head12}")["Architecture"]!.ToString());
    }

    [Fact]
    public void Layers_may_come_from_another_image()
    {
        OnlyClient(TestSettings.DockerClient);
        _ = Release("v1.0.0", dockerfile: Run1);
        _ = One("Build-ProImage api v1.0.0");
        _ = Commit(text: "two", dockerfile: Run1);
        Assert.Equal("Built", Text(One($"Build-ProImage api -CacheFrom {Registry}/api:v1.0.0"), "Outcome"));
    }
}
