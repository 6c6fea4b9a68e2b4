using System.Diagnostics.CodeAnalysis;
using Pro.DockerVersioning.Images.Building.Output;

namespace Pro.DockerVersioning.Images.Building;

/// <summary>Why a build failed, as far as the builder's words tell it.</summary>
/// <param name="Kind">The kind of failure.</param>
/// <param name="Message">The builder's own message.</param>
internal sealed record BuildFailure(BuildFailureKind Kind, string Message)
{
    /// <summary>The step that failed, or null if it wasn't one.</summary>
    public BuildStep? Step { get; init; }

    /// <summary>The exit code of the step's program.</summary>
    public int? ExitCode { get; init; }

    /// <summary>The line of the Dockerfile.</summary>
    public int? DockerfileLine { get; init; }

    /// <summary>The last lines that were printed.</summary>
    public IReadOnlyList<string> LastLines { get; init; } = [];

    /// <summary>A path that a COPY or ADD wanted and the context hasn't, relative to the context, with forward slashes.</summary>
    public string? MissingContextPath { get; init; }

    /// <summary>The variable that must have a value.</summary>
    public string? Variable { get; init; }

    /// <summary>The base image that couldn't be had.</summary>
    public string? Image { get; init; }
}

/// <summary>Kinds of failures that have a remedy of their own.</summary>
internal enum BuildFailureKind
{
    /// <summary>Any other.</summary>
    Other,

    /// <summary>A program in a step ended with a code other than 0.</summary>
    StepFailed,

    /// <summary>A file isn't in the context.</summary>
    ContextFileMissing,

    /// <summary>The Dockerfile itself isn't in the context.</summary>
    DockerfileMissing,

    /// <summary>The Dockerfile can't be understood.</summary>
    DockerfileInvalid,

    /// <summary>A variable that must have a value has none: <c>${BASE:?need}</c>.</summary>
    VariableMissing,

    /// <summary>There is no stage of the name that was asked for.</summary>
    TargetMissing,

    /// <summary>A base image isn't there.</summary>
    BaseImageMissing,

    /// <summary>A registry refuses a base image to this user.</summary>
    BaseImageUnauthorized,

    /// <summary>A registry can't be reached.</summary>
    BaseImageUnreachable,

    /// <summary>The engine's disk is full.</summary>
    NoSpace,

    /// <summary>The engine went away.</summary>
    EngineLost,

    /// <summary>Nothing here runs or has the platform.</summary>
    PlatformUnsupported,

    /// <summary>There is no such platform.</summary>
    PlatformUnknown,

    /// <summary>buildx could, but its builder instance can't: several platforms, an exported cache.</summary>
    DriverUnsupported,

    /// <summary>The Dockerfile needs BuildKit or more of it than this builder has.</summary>
    NeedsBuildKit,
}

/// <summary>Carries a <see cref="BuildFailure"/>; the inner exception of the error that the user sees.</summary>
[SuppressMessage("Design", "CA1064:Exceptions should be public", Justification = "Only ever the inner exception of a public ProException.")]
internal sealed class BuildFailedException(BuildFailure failure, Exception? inner = null) : Exception(failure.Message, inner)
{
    /// <summary>What is known of it.</summary>
    public BuildFailure Failure { get; } = failure;
}
