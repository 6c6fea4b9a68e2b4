using System.Diagnostics;
using Docker.DotNet;
using Docker.DotNet.Models;
using Pro.DockerVersioning.Images.Building;
using Pro.DockerVersioning.Images.Building.Output;
using Xunit;

namespace Pro.DockerVersioning.Tests.Images.Building;

[Collection(nameof(RealBuilds))]
[Trait("Engine", "real")]
public sealed class RealBuildTests
{
    public static TheoryData<string> Builders => ["buildx", "client20", "engine2", "engine1"];

    public static TheoryData<string> Clients => ["buildx", "client20"];

    public static TheoryData<string> EngineBuilders => ["engine2", "engine1"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Builders))]
    public async Task A_build_leaves_an_untagged_image_with_its_labels_and_arguments(string name)
    {
        await using var build = await RealBuild.StartAsync();
        build.BuildArgs.Add("TOKEN", "value with \"quotes\", $signs and 中文");
        build.BuildArgs.Add("OTHER", "");

        var outcome = await build.RunAsync(await build.BuilderAsync(name), "ARG TOKEN\nARG OTHER=default\nENV T=$TOKEN O=$OTHER\n", Token);

        var image = await build.Engine.Images.InspectImageAsync(outcome.ImageId!, Token);
        Assert.Equal(outcome.ImageId, image.ID);
        Assert.Null(outcome.Digest);
        Assert.Empty(image.RepoTags ?? []);
        Assert.Equal(build.Nonce, image.Config!.Labels!["pro.test"]);
        Assert.Contains("T=value with \"quotes\", $signs and 中文", image.Config.Env!);
        Assert.Contains("O=", image.Config.Env!);
    }

    [Theory]
    [MemberData(nameof(Builders))]
    public async Task Steps_and_output_are_told_while_they_run(string name)
    {
        await using var build = await RealBuild.StartAsync();
        var seen = new TaskCompletionSource();
        build.Progress.Reported = report =>
        {
            if (report is BuildLogLine { Text: "now" })
            {
                seen.TrySetResult();
            }
        };

        var running = build.RunAsync(await build.BuilderAsync(name), $"RUN echo now; sleep 4; echo {build.Nonce}\n", Token);
        var first = await Task.WhenAny(seen.Task, running);

        Assert.Same(seen.Task, first);
        await running;
        Assert.Contains(build.Nonce, build.Progress.Lines("RUN echo now"));
        Assert.Contains(
            build.Progress.Reports.OfType<StepCompleted>(), step => step.Step.Instruction.Contains(build.Nonce, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Builders))]
    public async Task A_failing_step_says_which_its_code_and_its_last_lines_and_leaves_no_image(string name)
    {
        await using var build = await RealBuild.StartAsync();
        var builder = await build.BuilderAsync(name);

        var error = await Assert.ThrowsAsync<ProException>(
            () => build.RunAsync(builder, "RUN for i in $(seq 1 50); do echo out $i; done; exit 42\n", Token));

        Assert.Equal("BuildStepFailed", error.Id);
        Assert.Contains("Building api v1.2.3 failed in step [", error.Message, StringComparison.Ordinal);
        Assert.Contains("exit code 42", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("\n  out 49\n  out 50", error.Message, StringComparison.Ordinal);
        Assert.Empty(await build.ImagesAsync());
    }

    [Theory]
    [MemberData(nameof(Builders))]
    public async Task A_file_that_is_not_in_the_context_is_named(string name)
    {
        await using var build = await RealBuild.StartAsync();
        var builder = await build.BuilderAsync(name);

        var error = await Assert.ThrowsAsync<ProException>(() => build.RunAsync(builder, "COPY dist/app.js /\n", Token));

        Assert.Equal("BuildContextFileMissing", error.Id);
        Assert.Equal("dist/app.js", Assert.IsType<BuildFailedException>(error.InnerException).Failure.MissingContextPath);
    }

    [Theory]
    [MemberData(nameof(Builders))]
    public async Task A_stage_can_be_asked_for(string name)
    {
        await using var build = await RealBuild.StartAsync();
        build.Target = "one";

        var outcome = await build.RunAsync(await build.BuilderAsync(name), "FROM scratch AS one\nENV S=1\nFROM one\nENV S=2\n", Token);

        Assert.Contains("S=1", (await build.Engine.Images.InspectImageAsync(outcome.ImageId!, Token)).Config!.Env!);
        build.Target = "nosuch";
        var builder = await build.BuilderAsync(name);
        Assert.Equal("BuildTargetNotFound", (await Assert.ThrowsAsync<ProException>(
            () => build.RunAsync(builder, "FROM scratch AS one\nENV S=1\n", Token))).Id);
    }

    [Theory]
    [MemberData(nameof(Builders))]
    public async Task Stopping_a_build_ends_its_processes_here_and_in_the_engine(string name)
    {
        await using var build = await RealBuild.StartAsync();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        build.Progress.Reported = report =>
        {
            if (report is BuildLogLine { Text: "sleeping" })
            {
                stop.Cancel();
            }
        };
        var builder = await build.BuilderAsync(name);
        var watch = Stopwatch.StartNew();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => build.RunAsync(builder, $"RUN echo sleeping; sleep 300; echo {build.Nonce}\n", stop.Token));

        Assert.True(stop.IsCancellationRequested && watch.Elapsed < TimeSpan.FromSeconds(60), $"{watch.Elapsed}");
        Assert.DoesNotContain(Processes.WithArgument(build.Nonce), line => line.Contains("--label", StringComparison.Ordinal));
        await Processes.AssertGoneAsync(build.Nonce, TimeSpan.FromSeconds(15));
        Assert.Empty(await build.ImagesAsync());
    }

    [Theory]
    [MemberData(nameof(Builders))]
    public async Task Values_of_arguments_stand_in_no_processs_arguments(string name)
    {
        await using var build = await RealBuild.StartAsync();
        var secret = "s3cret-" + Guid.NewGuid().ToString("N");
        build.BuildArgs.Add("TOKEN", secret);
        IReadOnlyList<string> visible = [], client = [];
        build.Progress.Reported = report =>
        {
            if (report is BuildLogLine { Text: "sleeping" })
            {
                visible = Processes.WithArgument(secret);
                client = Processes.WithArgument(build.Nonce);
            }
        };

        await build.RunAsync(await build.BuilderAsync(name), $"ARG TOKEN\nRUN echo sleeping; sleep 2; echo {build.Nonce}\n", Token);

        Assert.Empty(visible);
        Assert.NotEmpty(client);
    }

    [Theory]
    [MemberData(nameof(Builders))]
    public async Task A_large_context_streams_through(string name)
    {
        await using var build = await RealBuild.StartAsync();
        build.Files.Add(("large.bin", 64L << 20));
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var most = before;
        build.Progress.Reported = report => most = report is ContextSent
            ? Math.Max(most, GC.GetTotalMemory(forceFullCollection: false))
            : most;

        var outcome = await build.RunAsync(await build.BuilderAsync(name), "FROM scratch\nCOPY large.bin /\n", Token);

        Assert.True((await build.Engine.Images.InspectImageAsync(outcome.ImageId!, Token)).Size >= 64L << 20);
        Assert.True(build.Progress.Reports.OfType<ContextSent>().Last().Bytes > 63L << 20);
        Assert.True(most - before < 32L << 20, $"{(most - before) >> 20} MiB more memory");
    }

    [Theory]
    [MemberData(nameof(Builders))]
    public async Task A_context_that_begins_with_an_extended_header_is_taken_for_a_tar(string name)
    {
        await using var build = await RealBuild.StartAsync();
        build.PaxFirst = true;

        var outcome = await build.RunAsync(await build.BuilderAsync(name), "COPY 说明.md /\nRUN test -f /说明.md\n", Token);

        Assert.NotNull(outcome.ImageId);
    }

    [Theory]
    [MemberData(nameof(Builders))]
    public async Task The_contexts_own_failure_wins_over_the_builders(string name)
    {
        await using var build = await RealBuild.StartAsync();
        build.InContext = _ => throw new IOException("the blob is gone");
        var builder = await build.BuilderAsync(name);

        var error = await Assert.ThrowsAsync<IOException>(() => build.RunAsync(builder, "ENV A=1\n", Token));

        Assert.Equal("the blob is gone", error.Message);
        Assert.Empty(await build.ImagesAsync());
    }

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task A_client_that_reads_no_context_says_why(string name)
    {
        await using var build = await RealBuild.StartAsync();
        build.Variables["DOCKER_HOST"] = "unix:///nonexistent/docker.sock";
        build.Files.Add(("large.bin", 64L << 20));
        var builder = await build.BuilderAsync(name);

        var error = await Assert.ThrowsAsync<ProException>(() => build.RunAsync(builder, "ENV A=1\n", Token));

        Assert.Equal("BuildEngineLost", error.Id);
        Assert.Contains("/nonexistent/docker.sock", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Builders))]
    public async Task An_engine_lost_in_the_middle_is_told_as_such(string name)
    {
        await using var build = await RealBuild.StartAsync();
        using var proxy = new CuttableProxy();
        using var engine = new DockerClientBuilder().WithEndpoint(new Uri(proxy.Address)).Build();
        build.Variables["DOCKER_HOST"] = proxy.Address;
        build.Progress.Reported = report =>
        {
            if (report is BuildLogLine { Text: "sleeping" })
            {
                proxy.Cut();
            }
        };
        var builder = await build.BuilderAsync(name, engine);

        var error = await Assert.ThrowsAsync<ProException>(
            () => build.RunAsync(builder, $"RUN echo sleeping; sleep 20; echo {build.Nonce}\n", Token));

        Assert.True(error.Id == "BuildEngineLost", error.Message);
        await Processes.AssertGoneAsync(build.Nonce, TimeSpan.FromSeconds(30));
    }

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task Secrets_reach_the_step_by_file_and_by_variable(string name)
    {
        await using var build = await RealBuild.StartAsync();
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "from file", Token);
        build.Variables["PRO_TEST_SECRET"] = "from variable";
        build.Secrets.AddRange([$"id=a,src={Path.GetFileName(file)}", "id=b,env=PRO_TEST_SECRET"]);

        await build.RunAsync(
            await build.BuilderAsync(name),
            "RUN --mount=type=secret,id=a --mount=type=secret,id=b "
                + $"test \"$(cat /run/secrets/a /run/secrets/b)\" = \"from filefrom variable\" && echo {build.Nonce}\n",
            Token);

        File.Delete(file);
        Assert.Contains(build.Nonce, build.Progress.Lines("RUN --mount"));
    }

    [Fact]
    public async Task What_buildx_pushes_is_told_by_its_digest_and_has_no_id_here()
    {
        await using var build = await RealBuild.StartAsync();
        await using var registry = await LoopbackRegistry.StartAsync();
        var reference = $"{registry.Address}/api:v1.2.3";
        build.PushTags.Add(reference);

        var outcome = await build.RunAsync(await build.BuilderAsync("buildx"), "FROM scratch\nENV A=1\n", Token);

        Assert.Null(outcome.ImageId);
        Assert.Equal(await registry.DigestAsync("api", "v1.2.3"), outcome.Digest);
    }

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task An_SSH_key_reaches_the_step_as_an_agent(string name)
    {
        await using var build = await RealBuild.StartAsync();
        using var key = System.Security.Cryptography.RSA.Create(2048);
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, key.ExportRSAPrivateKeyPem(), Token);
        build.Ssh.Add($"default={Path.GetFileName(file)}");

        await build.RunAsync(
            await build.BuilderAsync(name), $"RUN --mount=type=ssh test -S \"$SSH_AUTH_SOCK\" && echo {build.Nonce}\n", Token);

        File.Delete(file);
        Assert.Contains(build.Nonce, build.Progress.Lines("RUN --mount"));
    }

    [Theory]
    [MemberData(nameof(EngineBuilders))]
    public async Task What_needs_a_session_is_refused_before_anything_is_sent(string name)
    {
        await using var build = await RealBuild.StartAsync();
        build.Secrets.Add("id=a,env=HOME");
        build.InContext = _ => throw new InvalidOperationException("The context was asked for.");
        var builder = await build.BuilderAsync(name);

        var error = await Assert.ThrowsAsync<ProException>(() => build.RunAsync(builder, "ENV A=1\n", Token));

        Assert.Equal("BuilderLacksFeature", error.Id);
        Assert.Contains("-Secret", error.Message, StringComparison.Ordinal);
        Assert.Contains("buildx", error.RecommendedAction, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("engine2", "# syntax=docker/dockerfile:1\nFROM scratch\nENV A=1\n", "# syntax=docker/dockerfile:1")]
    [InlineData("engine1", "FROM scratch\nRUN --mount=type=cache,target=/x true\n", "RUN --mount")]
    public async Task A_Dockerfile_that_the_builder_cannot_read_is_refused_with_the_remedy(string name, string dockerfile, string feature)
    {
        await using var build = await RealBuild.StartAsync();
        var builder = await build.BuilderAsync(name);

        var error = await Assert.ThrowsAsync<ProException>(() => build.RunAsync(builder, dockerfile, Token));

        Assert.Equal("BuilderLacksFeature", error.Id);
        Assert.Contains(feature, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_classic_builder_takes_the_syntax_line_for_a_comment()
    {
        await using var build = await RealBuild.StartAsync();

        var outcome = await build.RunAsync(
            await build.BuilderAsync("engine1"), "# syntax=docker/dockerfile:1\nFROM scratch\nENV A=1\n", Token);

        Assert.NotNull(outcome.ImageId);
    }

    [Theory]
    [MemberData(nameof(Builders))]
    public async Task A_base_that_only_the_engine_has_needs_no_registry(string name)
    {
        await using var build = await RealBuild.StartAsync();
        var builder = await build.BuilderAsync(name);
        var bottom = await build.RunAsync(await build.BuilderAsync("engine1"), "FROM scratch\nENV BOTTOM=1\n", Token);
        await build.Engine.Images.TagImageAsync(
            bottom.ImageId!, new ImageTagParameters { RepositoryName = "localhost:1/" + build.Nonce, Tag = "1" }, Token);

        var outcome = await build.RunAsync(builder, $"ARG TAG\nFROM localhost:1/{build.Nonce}:${{TAG:-1}}\nENV TOP=1\n", Token);

        Assert.Contains("BOTTOM=1", (await build.Engine.Images.InspectImageAsync(outcome.ImageId!, Token)).Config!.Env!);
    }

    [Theory]
    [MemberData(nameof(Builders))]
    public async Task A_base_out_of_reach_is_named(string name)
    {
        await using var build = await RealBuild.StartAsync();
        var builder = await build.BuilderAsync(name);

        var error = await Assert.ThrowsAsync<ProException>(() => build.RunAsync(builder, "FROM localhost:1/nosuch:1\nENV A=1\n", Token));

        Assert.Equal("BaseImageUnreachable", error.Id);
        Assert.Contains("localhost:1/nosuch:1", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task A_client_that_works_for_another_engine_is_no_success(string name)
    {
        await using var build = await RealBuild.StartAsync();
        using var registry = new EmptyEngine();
        using var other = new DockerClientBuilder().WithEndpoint(new Uri(registry.Address)).Build();
        var builder = await build.BuilderAsync(name, other);

        var error = await Assert.ThrowsAsync<ProException>(() => build.RunAsync(builder, "FROM scratch\nENV A=1\n", Token));

        Assert.Equal("BuildOnOtherEngine", error.Id);
    }
}
