using System.Globalization;
using System.Text;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Images.Building;

/// <summary>What a failed build says, and what to do about it.</summary>
internal static class BuildFailureErrors
{
    /// <summary>The build failed; the inner exception carries the <see cref="BuildFailure"/>.</summary>
    public static ProException BuildFailed(string subject, BuildFailure failure, Exception? inner = null)
    {
        var (id, category, remedy) = Remedy(failure);
        var message = $"Building {subject} failed{Where(failure)}: {What(failure)}{Tail(failure)}";
        return new ProException(id, category, message, remedy, subject, new BuildFailedException(failure, inner));
    }

    /// <summary>A COPY failed on a file that lies on disk but not in the tree that is built.</summary>
    /// <param name="subject">What was built: "api v1.2.3".</param>
    /// <param name="tree">How messages name the tree: "the tree of v1.2.3".</param>
    /// <param name="failure">A failure with a <see cref="BuildFailure.MissingContextPath"/>.</param>
    public static ProException FileOnlyOnDisk(string subject, string tree, BuildFailure failure) => new(
        "BuildContextFileOnlyOnDisk",
        ProErrorCategory.ObjectNotFound,
        $"Building {subject} failed{Where(failure)}: '{failure.MissingContextPath}' is on disk, but not in {tree}.",
        "Commit the file (is it ignored by .gitignore?) and build that commit, or build what is on disk with -WorkingTree.",
        failure.MissingContextPath,
        new BuildFailedException(failure));

    private static (string Id, ProErrorCategory Category, string Remedy) Remedy(BuildFailure failure) => failure.Kind switch
    {
        BuildFailureKind.StepFailed => ("BuildStepFailed", ProErrorCategory.InvalidOperation, failure.ExitCode == 137
            ? "Code 137 is a kill, mostly for want of memory: give the engine more, or let the step do with less. No tag was changed."
            : "Correct the step in the Dockerfile or what it works on. The whole output: -Verbose. No tag was changed."),
        BuildFailureKind.ContextFileMissing => ("BuildContextFileMissing", ProErrorCategory.ObjectNotFound,
            "Is it committed? Is it inside the service's context? Does .dockerignore leave it out? COPY's paths start at the context."),
        BuildFailureKind.DockerfileMissing => ("DockerfileMissing", ProErrorCategory.ObjectNotFound,
            "Commit the Dockerfile, or name the right one as \"dockerfile\" in pro.json."),
        BuildFailureKind.DockerfileInvalid => ("DockerfileInvalid", ProErrorCategory.InvalidData,
            failure.DockerfileLine is { } line
                ? string.Create(CultureInfo.InvariantCulture, $"Correct line {line} of the Dockerfile.")
                : "Correct the Dockerfile."),
        BuildFailureKind.VariableMissing => ("BuildArgumentMissing", ProErrorCategory.InvalidArgument,
            $"Give it a value: -BuildArg @{{ {failure.Variable} = '…' }}, or \"buildArgs\" in pro.json."),
        BuildFailureKind.TargetMissing => ("BuildTargetNotFound", ProErrorCategory.ObjectNotFound,
            "Name a stage that the Dockerfile has (FROM … AS NAME), in -Target or as \"target\" in pro.json."),
        BuildFailureKind.BaseImageMissing => ("BaseImageNotFound", ProErrorCategory.ObjectNotFound,
            $"See whether it exists: docker pull {failure.Image}"),
        BuildFailureKind.BaseImageUnauthorized => ("BaseImageUnauthorized", ProErrorCategory.AuthenticationError,
            $"See whether the name is right, and log in: docker login {RegistryOf(failure.Image)}".TrimEnd()),
        BuildFailureKind.BaseImageUnreachable => ("BaseImageUnreachable", ProErrorCategory.ConnectionError,
            $"See whether the engine reaches the registry (network, proxy, certificate): docker pull {failure.Image}"),
        BuildFailureKind.NoSpace => ("BuildNoSpace", ProErrorCategory.WriteError,
            "Make room on the engine's disk: Remove-ProOldImage, then Clear-ProBuildCache. No tag was changed."),
        BuildFailureKind.EngineLost => ("BuildEngineLost", ProErrorCategory.ConnectionError, BuildErrors.EngineLostRemedy),
        BuildFailureKind.PlatformUnsupported => ("BuildPlatformUnsupported", ProErrorCategory.NotImplemented,
            "Foreign platforms need QEMU on the engine's host (docker run --privileged --rm tonistiigi/binfmt --install all)."),
        BuildFailureKind.PlatformUnknown => ("BuildPlatformUnknown", ProErrorCategory.InvalidArgument,
            "Write a platform as os/arch or os/arch/variant: linux/amd64, linux/arm64, linux/arm/v7."),
        BuildFailureKind.DriverUnsupported => ("BuildDriverUnsupported", ProErrorCategory.NotImplemented,
            "Several platforms and exported caches need a builder instance of their own: docker buildx create --use"),
        BuildFailureKind.NeedsBuildKit => ("BuildNeedsBuildKit", ProErrorCategory.NotImplemented,
            "Remove the environment variable DOCKER_BUILDKIT where it is 0. " + BuildErrors.InstallBuildx),
        _ => ("BuildFailed", ProErrorCategory.InvalidOperation, "The whole output: -Verbose. No tag was changed."),
    };

    private static string Where(BuildFailure failure)
    {
        var where = failure.Step is null || failure.Image is not null ? string.Empty : $" in step {failure.Step}";
        return failure.DockerfileLine is { } line
            ? string.Create(CultureInfo.InvariantCulture, $"{where} (line {line} of the Dockerfile)")
            : where;
    }

    private static string What(BuildFailure failure) => failure.Kind switch
    {
        BuildFailureKind.StepFailed => string.Create(CultureInfo.InvariantCulture, $"its program ended with exit code {failure.ExitCode}."),
        BuildFailureKind.ContextFileMissing => $"'{failure.MissingContextPath}' isn't in the build context.",
        BuildFailureKind.DockerfileMissing => $"the Dockerfile '{failure.MissingContextPath}' isn't in the build context.",
        BuildFailureKind.VariableMissing =>
            $"the Dockerfile needs a value for {failure.Variable}: {Last(failure.Message)}",
        BuildFailureKind.BaseImageMissing => $"the base image '{failure.Image}' isn't there: {failure.Message}",
        BuildFailureKind.BaseImageUnauthorized => $"the registry refuses the base image '{failure.Image}': {failure.Message}",
        BuildFailureKind.BaseImageUnreachable => $"the registry of the base image '{failure.Image}' can't be reached: {failure.Message}",
        BuildFailureKind.NoSpace => $"the engine's disk is full: {failure.Message}",
        BuildFailureKind.EngineLost => $"the engine can't be reached any more: {failure.Message}",
        _ => failure.Message,
    };

    // What the Dockerfile itself says of it, at the message's end.
    private static string Last(string message) => message[(message.LastIndexOf(": ", StringComparison.Ordinal) + 2)..];

    private static string Tail(BuildFailure failure)
    {
        if (failure.LastLines.Count == 0
            || failure.Kind is not (BuildFailureKind.StepFailed or BuildFailureKind.Other or BuildFailureKind.NoSpace))
        {
            return string.Empty;
        }

        var tail = new StringBuilder().Append('\n').Append("Its last output:");
        foreach (var line in failure.LastLines)
        {
            tail.Append("\n  ").Append(line);
        }

        return tail.ToString();
    }

    /// <summary>What <c>docker login</c> wants to be told; nothing for Docker Hub.</summary>
    private static string RegistryOf(string? image)
    {
        var first = image?.Split('/') is { Length: > 1 } parts ? parts[0] : string.Empty;
        return first is not "docker.io" && (first.AsSpan().ContainsAny('.', ':') || first == "localhost") ? first : string.Empty;
    }
}
