using System.Globalization;
using System.Text.RegularExpressions;
using Pro.DockerVersioning.Images.Building.Dockerfile;
using Pro.DockerVersioning.Images.Building.Output;

namespace Pro.DockerVersioning.Images.Building;

/// <summary>
/// Finds out from a builder's message and its log why a build failed. The sentences are those of engines 18.09 to 29, and of Podman 5.
/// </summary>
internal static partial class BuildFailureReader
{
    /// <summary>Reads the message of a failed build.</summary>
    public static BuildFailure Read(string message, BuildLog log)
    {
        var text = Leading().Replace(message.Trim(), string.Empty);
        var failure = Classify(text, log.FailedStep);
        return failure with
        {
            Message = text,
            Step = log.FailedStep,
            DockerfileLine = failure.DockerfileLine ?? log.DockerfileLine,
            LastLines = log.LastLines,
        };
    }

    private static BuildFailure Classify(string text, BuildStep? step) =>
        NoSpace().IsMatch(text) ? new BuildFailure(BuildFailureKind.NoSpace, text)
        : ExitCode().Match(text) is { Success: true } exit ? new BuildFailure(BuildFailureKind.StepFailed, text)
        {
            ExitCode = int.Parse(exit.Groups["code"].Value, CultureInfo.InvariantCulture),
        }
        : Dockerfile(text) ?? ContextFile(text, step) ?? BaseImage(text, step) ?? Builder(text);

    private static BuildFailure? Dockerfile(string text)
    {
        if (DockerfileMissing().Match(text) is { Success: true } missing)
        {
            // BuildKit before 22.06 names its own mount: /var/lib/docker/tmp/buildkit-mount123/PATH.
            var path = Mount().Replace(missing.Groups["path"].Value, string.Empty);
            return new BuildFailure(BuildFailureKind.DockerfileMissing, text) { MissingContextPath = path };
        }

        if (VariableMissing().Match(text) is { Success: true } variable)
        {
            return new BuildFailure(BuildFailureKind.VariableMissing, text) { Variable = variable.Groups["name"].Value };
        }

        if (TargetMissing().IsMatch(text))
        {
            return new BuildFailure(BuildFailureKind.TargetMissing, text);
        }

        if (NeedsBuildKit().IsMatch(text))
        {
            return new BuildFailure(BuildFailureKind.NeedsBuildKit, text);
        }

        if (ParseError().Match(text) is { Success: true } parse)
        {
            return new BuildFailure(BuildFailureKind.DockerfileInvalid, text)
            {
                DockerfileLine = int.TryParse(parse.Groups["line"].Value, CultureInfo.InvariantCulture, out var line) ? line : null,
            };
        }

        return null;
    }

    private static BuildFailure? ContextFile(string text, BuildStep? step)
    {
        var match = ContextFileMissing().Match(text);
        if (!match.Success || step is { CopiesFromContext: false })
        {
            return null;
        }

        var path = Mount().Replace(match.Groups["path"].Value, string.Empty).TrimStart('/');
        return new BuildFailure(BuildFailureKind.ContextFileMissing, text) { MissingContextPath = WholePath(path, step) };
    }

    /// <summary>BuildKit may name only the first folder that is missing: the instruction says which file was wanted in it.</summary>
    private static string WholePath(string path, BuildStep? step)
    {
        if (step is null)
        {
            return path;
        }

        var words = DockerfileInstruction.Parse(step.Instruction).Words;
        var sources = words.SkipLast(1)
            .Select(word => word.StartsWith("./", StringComparison.Ordinal) ? word[2..] : word.TrimStart('/'))
            .ToList();
        return sources.Contains(path) ? path : sources.Find(source => source.StartsWith(path + "/", StringComparison.Ordinal)) ?? path;
    }

    private static BuildFailure? BaseImage(string text, BuildStep? step)
    {
        var image = ImageOf(text, step);
        if (image is null)
        {
            return null;
        }

        var kind = Unauthorized().IsMatch(text) ? BuildFailureKind.BaseImageUnauthorized
            : Unreachable().IsMatch(text) ? BuildFailureKind.BaseImageUnreachable
            : BuildFailureKind.BaseImageMissing;
        return new BuildFailure(kind, text) { Image = image };
    }

    private static string? ImageOf(string text, BuildStep? step)
    {
        if (step is not null && LoadMetadata().Match(step.Instruction) is { Success: true } metadata)
        {
            return metadata.Groups["image"].Value;
        }

        if (step is not null && From().Match(step.Instruction) is { Success: true } from)
        {
            return from.Groups["image"].Value;
        }

        return ImageInMessage().Match(text) is { Success: true } named ? named.Groups["image"].Value : null;
    }

    private static BuildFailure Builder(string text) => new(
        EngineLost().IsMatch(text) ? BuildFailureKind.EngineLost
            : text.Contains("is not supported for the docker driver", StringComparison.Ordinal) ? BuildFailureKind.DriverUnsupported
            : text.Contains("unknown operating system or architecture", StringComparison.Ordinal) ? BuildFailureKind.PlatformUnknown
            : PlatformUnsupported().IsMatch(text) ? BuildFailureKind.PlatformUnsupported
            : text.Contains("no active sessions", StringComparison.Ordinal) ? BuildFailureKind.NeedsBuildKit
            : BuildFailureKind.Other,
        text);

    [GeneratedRegex(
        @"\A(?:(?:ERROR|error): |failed to build: |failed to solve: |failed to solve with frontend \S+: "
        + @"|failed to create LLB definition: |rpc error: code = Unknown desc = )+",
        RegexOptions.ExplicitCapture)]
    private static partial Regex Leading();

    [GeneratedRegex("no space left on device|There is not enough space on the disk|disk quota exceeded", RegexOptions.IgnoreCase)]
    private static partial Regex NoSpace();

    [GeneratedRegex(
        @"(?:exit code: |returned a non-zero code: |while running runtime: exit status )(?<code>-?[0-9]{1,10})\s*\z",
        RegexOptions.ExplicitCapture)]
    private static partial Regex ExitCode();

    [GeneratedRegex(
        @"(?:failed to read dockerfile: (?:failed to \w+ )?open (?<path>[^:]+)(?:: no such file or directory"
        + @"|: file does not exist)|Cannot locate specified Dockerfile: (?<path>.+))",
        RegexOptions.ExplicitCapture)]
    private static partial Regex DockerfileMissing();

    [GeneratedRegex(@"\A\S*/(?:buildkit-mount|docker-builder)[0-9]+/")]
    private static partial Regex Mount();

    [GeneratedRegex(
        @"failed to process ""[^""]*"": (?<name>[A-Za-z_][A-Za-z0-9_]*): (?!unsupported|invalid)", RegexOptions.ExplicitCapture)]
    private static partial Regex VariableMissing();

    [GeneratedRegex(@"target stage ""?[^ ]+""? could not be found|failed to reach build target|stage ""?[^ ]+""? not found")]
    private static partial Regex TargetMissing();

    [GeneratedRegex(
        @"requires BuildKit|BuildKit to be enabled|[Uu]nknown flag: (?:mount|link|network|security|parents|exclude)",
        RegexOptions.ExplicitCapture)]
    private static partial Regex NeedsBuildKit();

    [GeneratedRegex(
        @"dockerfile parse error(?: on)? line (?<line>[0-9]+)|Dockerfile parse error(?: on)? line (?<line>[0-9]+)"
        + @"|Dockerfile:(?<line>[0-9]+)|the Dockerfile \(.*\) cannot be empty|Dockerfile cannot be empty"
        + @"|no build stage in current context|file with no instructions|failed to parse stage name"
        + @"|base name \(.*\) should not be blank|Unknown instruction: ",
        RegexOptions.ExplicitCapture)]
    private static partial Regex ParseError();

    [GeneratedRegex(
        @"(?:(?:COPY|ADD) failed: "
        + @"(?:file not found in build context or excluded by \.dockerignore: |forbidden path outside the build context: )?"
        + @"stat (?<path>.+?): (?:file does not exist|no such file or directory)"
        + @"|failed to compute cache key: (?:failed to calculate checksum of ref [^""]+: )?""(?<path>[^""]+)"": not found"
        + @"|failed to compute cache key: ""(?<path>[^""]+)"" not found"
        + @"|failed to calculate checksum of ref [^""]+: ""(?<path>[^""]+)"": not found"
        + @"|checking on sources under ""[^""]+"": copier: stat: ""(?<path>[^""]+)"": no such file or directory"
        + @"|lstat (?<path>\S*/buildkit-mount[0-9]+/.+?): no such file or directory)",
        RegexOptions.ExplicitCapture)]
    private static partial Regex ContextFileMissing();

    [GeneratedRegex(@"\Aload metadata for (?<image>\S+)", RegexOptions.ExplicitCapture)]
    private static partial Regex LoadMetadata();

    [GeneratedRegex(@"\AFROM (?:--platform=\S+ )?(?<image>\S+)", RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase)]
    private static partial Regex From();

    [GeneratedRegex(
        @"(?:pull access denied for |manifest for |failed to resolve source metadata for "
        + @"|failed to load metadata for |initializing source docker://)(?<image>[^\s,]+?)(?=[,:]?(?:\s|\z))",
        RegexOptions.ExplicitCapture)]
    private static partial Regex ImageInMessage();

    [GeneratedRegex(
        "unauthorized|authentication required|no basic auth credentials|denied: |access denied|authorization failed"
        + "|insufficient_scope|403 Forbidden|401 Unauthorized|incorrect username or password",
        RegexOptions.IgnoreCase)]
    private static partial Regex Unauthorized();

    [GeneratedRegex(
        "failed to do request|dial tcp|connection refused|no such host|i/o timeout|TLS handshake|x509"
        + "|network is unreachable|server gave HTTP response|context deadline exceeded|Client.Timeout"
        + "|request canceled while waiting|EOF",
        RegexOptions.IgnoreCase)]
    private static partial Regex Unreachable();

    [GeneratedRegex(
        @"Cannot connect to the Docker daemon|failed to connect to the docker API|error during connect"
        + @"|code = Unavailable|connection reset by peer|transport is closing|broken pipe|unexpected EOF"
        + @"|use of closed network connection|server did not provide an image ID|error reading from server: EOF"
        + @"|The command .*EOF\z",
        RegexOptions.IgnoreCase)]
    private static partial Regex EngineLost();

    [GeneratedRegex(
        @"multiple platforms feature is currently not supported|no match for platform"
        + @"|does not provide the specified platform|exec format error"
        + @"|was found but does not match the specified platform")]
    private static partial Regex PlatformUnsupported();
}
