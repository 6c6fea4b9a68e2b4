using Pro.DockerVersioning.Images.Building;
using Pro.DockerVersioning.Images.Building.Output;
using Xunit;

namespace Pro.DockerVersioning.Tests.Images.Building;

public sealed class BuildFailureReaderTests
{
    [Theory]
    [InlineData("COPY failed: stat /var/lib/docker/tmp/docker-builder123/a b/nothere.txt: no such file or directory", "a b/nothere.txt")]
    [InlineData("ADD failed: file not found in build context or excluded by .dockerignore: stat x.tar: file does not exist", "x.tar")]
    [InlineData(
        "failed to compute cache key: failed to calculate checksum of ref 9b6::abc: \"/dir/nothere.txt\": not found", "dir/nothere.txt")]
    [InlineData("failed to compute cache key: \"/nothere.txt\": not found", "nothere.txt")]
    [InlineData(
        "building at STEP \"COPY x /\": checking on sources under \"/var/tmp/libpod_builder14/build\": "
            + "copier: stat: \"/nothere.txt\": no such file or directory",
        "nothere.txt")]
    public void The_missing_path_is_found_in_the_sentence_of_every_version(string message, string path)
    {
        var failure = BuildFailureReader.Read(message, Failed("[2/2] COPY x /"));

        Assert.Equal(BuildFailureKind.ContextFileMissing, failure.Kind);
        Assert.Equal(path, failure.MissingContextPath);
    }

    [Theory]
    [InlineData("COPY ./dist/app.js /dist/b.js /", "/dist", "dist/app.js")]
    [InlineData("COPY dist distribution/x /", "/dist", "dist")]
    [InlineData("COPY other /", "/dist", "dist")]
    public void A_missing_folder_stands_for_the_file_that_was_wanted_in_it(string instruction, string reported, string path)
    {
        var failure = BuildFailureReader.Read(
            $"failed to compute cache key: \"{reported}\" not found: not found", Failed("[2/2] " + instruction));

        Assert.Equal(path, failure.MissingContextPath);
    }

    [Fact]
    public void A_platform_that_does_not_exist_is_no_matter_of_QEMU()
    {
        var failure = BuildFailureReader.Read(
            "ERROR: failed to build: \"x\": unknown operating system or architecture: invalid argument",
            new BuildLog(new Progress<BuildProgress>()));
        var error = BuildFailureErrors.BuildFailed("api v1", failure);

        Assert.Equal("BuildPlatformUnknown", error.Id);
        Assert.Contains("linux/amd64", error.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_another_stage_lacks_is_no_file_of_the_context()
    {
        var failure = BuildFailureReader.Read(
            "failed to compute cache key: \"/app/out\": not found",
            Failed("[stage-1 2/2] COPY --from=build /app/out /"));

        Assert.Null(failure.MissingContextPath);
        Assert.NotEqual(BuildFailureKind.ContextFileMissing, failure.Kind);
    }

    [Theory]
    [InlineData("ERROR: failed to build: failed to solve: failed to process \"${BASE:?need}\": BASE: need")]
    [InlineData(
        "failed to solve with frontend dockerfile.v0: failed to create LLB definition: failed to process \"${BASE:?need}\": BASE: need")]
    [InlineData("failed to process \"${BASE:?need}\": BASE: need")]
    public void A_variable_that_needs_a_value_is_named_with_the_parameter_that_gives_it(string message)
    {
        var error = BuildFailureErrors.BuildFailed("api v1", BuildFailureReader.Read(message, new BuildLog(new Progress<BuildProgress>())));

        Assert.Equal("BuildArgumentMissing", error.Id);
        Assert.Contains("needs a value for BASE: need", error.Message, StringComparison.Ordinal);
        Assert.Contains("-BuildArg @{ BASE = ", error.RecommendedAction, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("docker.io/library/nosuch:1: not found", nameof(BuildFailureKind.BaseImageMissing))]
    [InlineData(
        "pull access denied, repository does not exist or may require authorization: "
            + "server message: insufficient_scope: authorization failed",
        nameof(BuildFailureKind.BaseImageUnauthorized))]
    [InlineData("unexpected status from HEAD request to https://r.example.com/v2/x/manifests/1: 401 Unauthorized",
        nameof(BuildFailureKind.BaseImageUnauthorized))]
    [InlineData("failed to do request: Head \"https://r.example.com/v2/x/manifests/1\": dial tcp: lookup r.example.com: no such host",
        nameof(BuildFailureKind.BaseImageUnreachable))]
    public void A_base_image_fails_in_three_ways(string message, string kind)
    {
        var failure = BuildFailureReader.Read("failed to solve: " + message, Failed("[internal] load metadata for r.example.com/x:1"));

        Assert.Equal(kind, failure.Kind.ToString());
        Assert.Equal("r.example.com/x:1", failure.Image);
        Assert.Contains("r.example.com/x:1", BuildFailureErrors.BuildFailed("api", failure).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("registry.example.com:5000/team/base:1", "docker login registry.example.com:5000")]
    [InlineData("team/base:1", "docker login")]
    [InlineData("docker.io/team/base:1", "docker login")]
    public void The_remedy_names_the_registry_to_log_in_to(string image, string remedy)
    {
        var failure = BuildFailureReader.Read(
            $"pull access denied for {image}, repository does not exist or may require 'docker login': denied", Failed("Step"));

        Assert.Equal(image, failure.Image);
        Assert.EndsWith(remedy, BuildFailureErrors.BuildFailed("api", failure).RecommendedAction, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("write /var/lib/docker/overlay2/x: no space left on device", "BuildNoSpace")]
    [InlineData("failed to solve: rpc error: code = Unavailable desc = error reading from server: EOF", "BuildEngineLost")]
    [InlineData("Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?", "BuildEngineLost")]
    [InlineData("ERROR: failed to connect to the docker API at unix:///x.sock; check if the path is correct", "BuildEngineLost")]
    [InlineData("the --mount option requires BuildKit. Refer to https://docs.docker.com/go/buildkit/", "BuildNeedsBuildKit")]
    [InlineData("failed to load cache key: no active sessions", "BuildNeedsBuildKit")]
    [InlineData("dockerfile parse error on line 12: unknown instruction: FORM", "DockerfileInvalid")]
    [InlineData("building at STEP \"RUNN \": Build error: Unknown instruction: \"RUNN\" &imagebuilder.Step{}", "DockerfileInvalid")]
    [InlineData("failed to reach build target runtime in Dockerfile", "BuildTargetNotFound")]
    [InlineData("exec /bin/sh: exec format error", "BuildPlatformUnsupported")]
    [InlineData("something nobody has seen yet", "BuildFailed")]
    public void Known_failures_have_ids_and_remedies_of_their_own(string message, string id)
    {
        var error = BuildFailureErrors.BuildFailed("api v1.2.3", BuildFailureReader.Read(message, new BuildLog(new Replay())));

        Assert.Equal(id, error.Id);
        Assert.NotEmpty(error.RecommendedAction);
        Assert.IsType<BuildFailedException>(error.InnerException);
    }

    [Fact]
    public void A_killed_step_is_told_to_want_memory()
    {
        var failure = BuildFailureReader.Read(
            "process \"/bin/sh -c npm run build\" did not complete successfully: exit code: 137", Failed("[3/3] RUN npm run build"));

        Assert.Equal(137, failure.ExitCode);
        Assert.Contains("memory", BuildFailureErrors.BuildFailed("api", failure).RecommendedAction, StringComparison.Ordinal);
    }

    private static BuildLog Failed(string step)
    {
        var log = new BuildLog(new Replay());
        log.Start("1", BuildStep.FromBuildKit(step));
        log.Complete("1", StepOutcome.Failed, "error");
        return log;
    }
}
