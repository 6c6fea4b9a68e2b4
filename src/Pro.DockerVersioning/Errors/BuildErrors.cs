using System.Globalization;

namespace Pro.DockerVersioning.Errors;

/// <summary>The errors of building an image.</summary>
internal static class BuildErrors
{
    /// <summary>The builder ended without an image and without saying why.</summary>
    public static ProException NoImage(string subject, string builder) => new(
        "BuildWithoutImage",
        ProErrorCategory.InvalidData,
        $"Building {subject} ended without an error and without an image: {builder} told no image id.",
        "Build again with -Verbose to see its output; look into the engine's log if it happens again.",
        subject);

    /// <summary>The client built, but the engine that this module talks to has no such image.</summary>
    public static ProException ImageElsewhere(string subject, string imageId, string builder) => new(
        "BuildOnOtherEngine",
        ProErrorCategory.InvalidOperation,
        $"{subject} was built as {imageId}, but this engine has no such image: {builder} works for another engine.",
        "Let both use the same one: set DOCKER_HOST or DOCKER_CONTEXT, and look at 'docker context ls' and 'docker buildx ls'.",
        subject);

    /// <summary>The program couldn't be started.</summary>
    public static ProException ClientNotStarted(string subject, string path, Exception inner) => new(
        "BuildClientNotStarted",
        ProErrorCategory.ResourceUnavailable,
        $"Building {subject} failed: '{path}' couldn't be started: {inner.Message}",
        $"Try '{path} version' at a prompt, and install Docker's client again if it fails there too.",
        path,
        inner);

    /// <summary>A client that is there and did not answer in time: it may have buildx or not.</summary>
    public static ProException ClientDidNotAnswer(string path, TimeSpan limit) => new(
        "BuildClientDidNotAnswer",
        ProErrorCategory.OperationTimeout,
        $"{DidNotAnswer(path, limit)} No other client can build, and nothing was built.",
        $"Build again when the machine is less busy. See how long it takes: {path} buildx version. To build without it, set "
            + "$env:DOCKER_BUILDKIT = '0', which takes the classic builder.",
        path);

    /// <summary>The sentence of it.</summary>
    public static string DidNotAnswer(string path, TimeSpan limit) =>
        string.Create(CultureInfo.InvariantCulture, $"docker buildx did not answer within {limit.TotalSeconds:0} s ({path}).");

    /// <summary>The engine's API refused or broke the call before a build began.</summary>
    public static ProException EngineRefused(string subject, string message, Exception inner) => new(
        "BuildRefusedByEngine",
        ProErrorCategory.InvalidOperation,
        $"Building {subject} failed: the engine refused it: {message}",
        "See what the message names; 'docker version' shows what the engine is.",
        subject,
        inner);

    /// <summary>The connection to the engine ended in the middle.</summary>
    public static ProException EngineLost(string subject, string message, Exception? inner = null) => new(
        "BuildEngineLost",
        ProErrorCategory.ConnectionError,
        $"Building {subject} failed: the engine can't be reached any more: {message}",
        EngineLostRemedy,
        subject,
        inner);

    /// <summary>A feature that the builder hasn't.</summary>
    /// <param name="subject">What was to be built.</param>
    /// <param name="builder">The builder's name.</param>
    /// <param name="feature">"-Secret", "# syntax=docker/dockerfile:1".</param>
    /// <param name="reason">Why it can't.</param>
    /// <param name="remedy">How to get a builder that can; null: install buildx.</param>
    public static ProException BuilderLacks(string subject, string builder, string feature, string reason, string? remedy) => new(
        "BuilderLacksFeature",
        ProErrorCategory.NotImplemented,
        $"{subject} can't be built with {feature} by {builder}: {reason}.",
        remedy ?? InstallBuildx,
        feature);

    /// <summary>A Dockerfile that this builder would show to COPY.</summary>
    public static ProException DockerfileNotApart(string subject, string builder, string dockerfile, string use) => new(
        "BuildDockerfileNotApart",
        ProErrorCategory.NotImplemented,
        $"{subject} can't be built by {builder}: it reads '{dockerfile}' from the context only, and '{use}' would put the file into the "
            + "image. The Dockerfile is ignored, or outside of the context.",
        $"{InstallBuildx} Or move the Dockerfile into the context and don't list it in .dockerignore.",
        subject);

    /// <summary>Several platforms make an index, which no classic image store holds.</summary>
    public static ProException PlatformsNeedPush(string subject, IReadOnlyList<string> platforms) => new(
        "BuildPlatformsNeedPush",
        ProErrorCategory.InvalidArgument,
        $"{subject} can't be built for {platforms.Count} platforms ({string.Join(", ", platforms)}) without being pushed: " +
        "the engine's store holds one platform of an image.",
        "Add -Push, or name one platform.",
        subject);

    /// <summary>A name that no variable can have, or a value that none can hold.</summary>
    public static ProException BuildArgumentInvalid(string subject, string name) => new(
        "BuildArgumentInvalid",
        ProErrorCategory.InvalidArgument,
        $"The build argument '{name}' of {subject} can't be passed: its name or value holds what no environment variable may hold.",
        "Name it as the Dockerfile's ARG does: letters, digits and underscores. The value can't hold a NUL.",
        name);

    /// <summary>Two names that this system takes for one.</summary>
    public static ProException BuildArgumentTwice(string subject, string name) => new(
        "BuildArgumentAmbiguous",
        ProErrorCategory.InvalidArgument,
        $"The build argument '{name}' of {subject} is given twice: this system's environment doesn't tell upper from lower case.",
        "Give one of them another name, in the Dockerfile too.",
        name);

    /// <summary>A name that would change Docker's client.</summary>
    public static ProException BuildArgumentReserved(string subject, string name) => new(
        "BuildArgumentReserved",
        ProErrorCategory.InvalidArgument,
        $"The build argument '{name}' of {subject} can't be passed: values go through the environment of Docker's client (its argument " +
        "list can be read by every user), and a variable of this name would change the client itself.",
        name.Contains("PROXY", StringComparison.OrdinalIgnoreCase)
            ? "Set the proxy under \"proxies\" in Docker's config.json: it becomes a build argument by itself. Or set the variable " +
              "to the same value in the session."
            : $"Give the argument another name, in the Dockerfile too, for example 'APP_{name}'.",
        name);

    /// <summary>One name for an argument and a secret, with two values.</summary>
    public static ProException BuildArgumentIsSecret(string subject, string name) => new(
        "BuildArgumentIsSecret",
        ProErrorCategory.InvalidArgument,
        $"The build argument '{name}' of {subject} has another value than the variable '{name}' that a secret is taken from.",
        "Give one of them another name.",
        name);

    /// <summary>A secret in another form. Its text isn't repeated.</summary>
    public static ProException SecretInvalid(string subject, string? id) => new(
        "BuildSecretInvalid",
        ProErrorCategory.InvalidArgument,
        $"A secret of {subject}{(id is null ? "" : $" ('{id}')")} hasn't the form 'id=NAME,src=FILE' or 'id=NAME,env=VARIABLE'.",
        "Name the file or the variable that holds the secret, never its value: -Secret 'id=npm,src=.npmrc'.",
        id);

    /// <summary>The secret's file isn't there.</summary>
    public static ProException SecretFileMissing(string subject, string id, string path) => new(
        "BuildSecretFileMissing",
        ProErrorCategory.ObjectNotFound,
        $"The secret '{id}' of {subject} is to come from '{path}', which is not a file.",
        "Give an existing file as src=, relative to the current folder.",
        path);

    /// <summary>The secret's variable isn't set.</summary>
    public static ProException SecretVariableMissing(string subject, string id, string variable) => new(
        "BuildSecretVariableMissing",
        ProErrorCategory.ObjectNotFound,
        $"The secret '{id}' of {subject} is to come from the variable '{variable}', which isn't set.",
        $"Set it first: $env:{variable} = …",
        variable);

    internal const string InstallBuildx =
        "Install Docker's buildx (the package docker-buildx-plugin, or https://github.com/docker/buildx/releases); it is found by itself.";

    internal const string EngineLostRemedy =
        "See whether the engine runs ('docker version') and why it stopped (its log; memory, disk), then build again. No tag was changed.";
}
