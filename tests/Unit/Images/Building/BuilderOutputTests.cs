using Pro.DockerVersioning.Images.Building;
using Pro.DockerVersioning.Images.Building.Output;
using Xunit;

namespace Pro.DockerVersioning.Tests.Images.Building;

public sealed class BuilderOutputTests
{
    public static TheoryData<string> AllBuilders => ["client20", "buildx", "engine1", "engine2"];

    public static TheoryData<string> BuildKits => ["client20", "buildx", "engine2"];

    [Theory]
    [MemberData(nameof(BuildKits))]
    public async Task Steps_are_told_with_their_stage_number_and_total(string builder)
    {
        var replay = await Captured.ReplayAsync(builder + ".good");

        Assert.Null(replay.Failure);
        Assert.Contains(
            "[stage-1 2/3] RUN echo \"v $VERSION\"; for i in 1 2 3; do echo line $i; done = Done\n",
            replay.Steps(), StringComparison.Ordinal);
        var step = replay.Reports.OfType<StepStarted>().Single(report => report.Step is { Stage: "base", Number: 2 }).Step;
        Assert.Equal(2, step.Total);
        Assert.StartsWith("RUN [", step.Instruction, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_classic_builder_tells_its_steps_as_well()
    {
        var replay = await Captured.ReplayAsync("engine1.good");

        var steps = replay.Reports.OfType<StepCompleted>().ToList();
        Assert.Equal(10, steps.Count);
        Assert.All(steps, step => Assert.Equal(10, step.Step.Total));
        Assert.Equal("sha256:ab17f770e8571257c2a5f0849d225dae359d57df84a0c6be29b3d3098ce5011a", replay.ImageId);
    }

    [Theory]
    [MemberData(nameof(AllBuilders))]
    public async Task Every_step_that_began_ends_once(string builder)
    {
        var replay = await Captured.ReplayAsync(builder + ".good");

        var started = replay.Reports.OfType<StepStarted>().Select(report => report.Step).ToList();
        var completed = replay.Reports.OfType<StepCompleted>().Select(report => report.Step).ToList();
        Assert.Equal(started.Order(StepOrder), completed.Order(StepOrder));
        Assert.Null(replay.Log.CurrentStep);
    }

    [Theory]
    [MemberData(nameof(AllBuilders))]
    public async Task Output_comes_line_by_line_with_its_step(string builder)
    {
        var replay = await Captured.ReplayAsync(builder + ".good");

        Assert.Equal(["v ", "line 1", "line 2", "line 3"], replay.Lines("RUN echo \"v "));
        Assert.Equal(["second"], replay.Lines("RUN echo second"));
    }

    [Fact]
    public async Task BuildKits_image_id_stands_in_its_answer()
    {
        var replay = await Captured.ReplayAsync("engine2.good");

        Assert.Matches("^sha256:[0-9a-f]{64}$", replay.ImageId);
    }

    [Theory]
    [MemberData(nameof(AllBuilders))]
    public async Task A_failing_program_is_told_with_its_step_code_and_last_lines(string builder)
    {
        var failure = (await Captured.ReplayAsync(builder + ".fail")).Failure!;

        Assert.Equal(BuildFailureKind.StepFailed, failure.Kind);
        Assert.Equal(7, failure.ExitCode);
        Assert.StartsWith("RUN [\"/bin/busybox\",\"sh\",\"-c\",", failure.Step!.Instruction, StringComparison.Ordinal);
        Assert.Equal(failure.Step.Total, failure.Step.Number);
        Assert.Equal(["bad thing", "out 1", "out 2", "out 3", "out 4", "out 5"], failure.LastLines.Order(StringComparer.Ordinal));
        var error = BuildFailureErrors.BuildFailed("api v1.2.3", failure);
        Assert.Equal("BuildStepFailed", error.Id);
        Assert.Contains("exit code 7", error.Message, StringComparison.Ordinal);
        Assert.Contains("\n  bad thing", error.Message, StringComparison.Ordinal);
        Assert.Contains("2/2] RUN", error.Message.Replace("3/3", "2/2", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_newer_engines_say_of_the_failed_steps_container_is_not_the_programs_last_word()
    {
        var failure = (await Captured.ReplayAsync("engine1.fail28")).Failure!;

        Assert.Equal(42, failure.ExitCode);
        Assert.Equal("out 30", failure.LastLines[^1]);
    }

    [Theory]
    [InlineData("client20.missing", "sub/gone.txt")]
    [InlineData("client20.missing1", "nothere.txt")]
    [InlineData("buildx.missing", "sub/gone.txt")]
    [InlineData("engine2.missing", "sub/gone.txt")]
    [InlineData("engine2.missing1", "nothere.txt")]
    [InlineData("engine1.missing", "nothere.txt")]
    [InlineData("engine1.missing1", "nothere.txt")]
    public async Task A_file_that_the_context_lacks_is_named(string name, string path)
    {
        var failure = (await Captured.ReplayAsync(name)).Failure!;

        Assert.Equal(BuildFailureKind.ContextFileMissing, failure.Kind);
        Assert.Equal(path, failure.MissingContextPath);
        Assert.StartsWith("COPY ", failure.Step!.Instruction, StringComparison.Ordinal);
        Assert.Contains($"'{path}' is on disk, but not in the tree of v1.2.3",
            BuildFailureErrors.FileOnlyOnDisk("api", "the tree of v1.2.3", failure).Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(AllBuilders))]
    public async Task A_wrong_Dockerfile_is_told_with_the_line(string builder)
    {
        var failure = (await Captured.ReplayAsync(builder + ".syntax")).Failure!;

        Assert.Equal(BuildFailureKind.DockerfileInvalid, failure.Kind);
        Assert.Equal(3, failure.DockerfileLine);
        Assert.Contains("unknown instruction: RUNN", BuildFailureErrors.BuildFailed("api", failure).Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(AllBuilders))]
    public async Task An_empty_Dockerfile_and_one_without_a_stage_are_invalid(string builder)
    {
        Assert.Equal(BuildFailureKind.DockerfileInvalid, (await Captured.ReplayAsync(builder + ".empty")).Failure!.Kind);
        Assert.Equal(BuildFailureKind.DockerfileInvalid, (await Captured.ReplayAsync(builder + ".nofrom")).Failure!.Kind);
    }

    [Theory]
    [MemberData(nameof(AllBuilders))]
    public async Task A_Dockerfile_that_the_context_lacks_is_named(string builder)
    {
        var failure = (await Captured.ReplayAsync(builder + ".absent")).Failure!;

        Assert.Equal(BuildFailureKind.DockerfileMissing, failure.Kind);
        Assert.Equal("Dockerfile.absent", failure.MissingContextPath);
    }

    [Theory]
    [MemberData(nameof(AllBuilders))]
    public async Task A_base_image_out_of_reach_is_named(string builder)
    {
        var failure = (await Captured.ReplayAsync(builder + ".nobase")).Failure!;

        Assert.Equal(BuildFailureKind.BaseImageUnreachable, failure.Kind);
        Assert.Equal("localhost:1/nobase:1", failure.Image);
    }

    [Fact]
    public async Task A_wrong_target_and_a_builder_instance_that_is_too_small_have_their_own_remedies()
    {
        Assert.Equal(BuildFailureKind.TargetMissing, (await Captured.ReplayAsync("buildx.target")).Failure!.Kind);
        var driver = (await Captured.ReplayAsync("buildx.driver")).Failure!;
        Assert.Equal(BuildFailureKind.DriverUnsupported, driver.Kind);
        Assert.Contains("docker buildx create", BuildFailureErrors.BuildFailed("api", driver).RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void The_line_of_the_Dockerfile_is_taken_from_the_excerpt_of_newer_BuildKits()
    {
        var replay = new Replay();
        var reader = new PlainProgressReader(replay.Log);
        string[] lines =
        [
            "#5 [linux/amd64 build 2/2] RUN false", "#5 0.123 out", "", "#6 [linux/arm64 build 2/2] RUN false", "",
            "#5 [linux/amd64 build 2/2] RUN false",
            "#5 ERROR: process \"/bin/sh -c false\" did not complete successfully: exit code: 1", "", "#6 CANCELED", "------",
            " > [linux/amd64 build 2/2] RUN false:", "0.123 out", "------", "Dockerfile:3",
            "--------------------", "   1 |     FROM alpine",
            "   3 | >>> RUN false", "--------------------",
            "ERROR: failed to build: failed to solve: process \"/bin/sh -c false\" did not complete successfully: exit code: 1",
        ];
        foreach (var line in lines)
        {
            reader.Read(line);
        }

        var failure = BuildFailureReader.Read(reader.Error!, replay.Log);
        Assert.Equal(3, failure.DockerfileLine);
        Assert.Equal(1, failure.ExitCode);
        Assert.Equal("linux/amd64", failure.Step!.Platform);
        Assert.Equal("build", failure.Step.Stage);
        Assert.Equal(["out"], failure.LastLines);
        Assert.Equal(2, replay.Reports.OfType<StepStarted>().Count());
    }

    [Fact]
    public void Only_the_last_lines_of_a_chatty_step_are_kept()
    {
        var log = new BuildLog(new Replay());
        log.Start("1", BuildStep.FromBuildKit("[2/2] RUN yes"));
        for (var i = 0; i < 1000; i++)
        {
            log.Line("1", $"line {i}");
        }

        log.Complete("1", StepOutcome.Failed);
        Assert.Equal(Enumerable.Range(980, 20).Select(i => $"line {i}"), log.LastLines);
    }

    private static IComparer<BuildStep> StepOrder => Comparer<BuildStep>.Create((a, b) => string.CompareOrdinal(a.Name, b.Name));
}
