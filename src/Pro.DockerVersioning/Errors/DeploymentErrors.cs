namespace Pro.DockerVersioning.Errors;

/// <summary>What can go wrong with a deployment or rollback, besides what containers, compose and swarms have of their own.</summary>
internal static class DeploymentErrors
{
    /// <summary>Nothing runs the service, and nobody knows how to start it.</summary>
    public static ProException NothingRuns(string service, string engine) => new(
        "NothingRuns",
        ProErrorCategory.ObjectNotFound,
        $"Nothing runs {service} on {engine}, and there is no compose file that says how to.",
        "Start it the first time with 'docker run' or 'docker stack deploy', or name its compose file with -ComposeFile. "
            + "From then on this command keeps all that you set.",
        service);

    /// <summary>A typed order that the container can't have.</summary>
    public static ProException OrderNotPossible(string service, IEnumerable<string> reasons) => new(
        "OrderNotPossible",
        ProErrorCategory.InvalidArgument,
        $"-Order StartFirst is not possible for {service}: {string.Join(" ", reasons)} Nothing was touched.",
        "Leave -Order out or type -Order StopFirst, or change what the message names.",
        service);

    /// <summary>A job that names no version.</summary>
    public static ProException VersionRequired(string service, IEnumerable<string> versions) => new(
        "VersionRequired",
        ProErrorCategory.InvalidArgument,
        string.Join(", ", versions.Take(10)) is { Length: > 0 } list
            ? $"No version of {service} was named, and there is nobody to ask. On this engine: {list}."
            : $"No version of {service} was named, there is nobody to ask, and this engine has none.",
        $"Name one, 'Invoke-ProRollback {service} v1.2.2', or take the one before with -Previous.",
        service);

    /// <summary>Several versions of one service in one pipeline: each would take the place of the one before it.</summary>
    public static ProException SeveralVersions(string command, string service, IReadOnlyList<string> versions) => new(
        "SeveralVersions",
        ProErrorCategory.InvalidArgument,
        $"{versions.Count} versions of {service} came through the pipeline, and only one can run: "
            + $"{string.Join(", ", versions.Take(10))}{(versions.Count > 10 ? ", …" : "")}. Nothing was touched.",
        $"Choose one: Get-ProImageVersion {service} | Where-Object … | Select-Object -First 1 | {command}",
        service);

    /// <summary>
    /// What failed in the middle of a change: an error of ours as it is, null for a stop, and for what nobody has foreseen (a connection
    /// that broke, a file that couldn't be written) one that says so.
    /// </summary>
    public static ProException? Of(Exception failure, string target) => failure switch
    {
        OperationCanceledException => null,
        ProException error => error,
        _ => new(
            "DeploymentInterrupted",
            ProErrorCategory.InvalidOperation,
            $"Changing {target} was interrupted: {failure.Message}",
            "See what the message names, and try again.",
            target,
            failure),
    };

    /// <summary>Somebody else replaced what was deployed.</summary>
    /// <param name="subject">The service and its version.</param>
    /// <param name="container">The container's name.</param>
    /// <param name="image">The image that has the name now; null if nothing has.</param>
    public static ProException UndoneFromOutside(string subject, string container, string? image) => new(
        "UndoneFromOutside",
        ProErrorCategory.InvalidOperation,
        $"{subject} was verified, and does not run any more: "
            + (image is null ? $"{container} is gone. " : $"another container has the name {container}, on {image}. ")
            + "Something outside of this module manages it, as a systemd unit with 'docker run' does, or a loop of 'docker compose up'.",
        "Change the version there, and let it start the service again.",
        container);

    /// <summary>No version before this one is known.</summary>
    public static ProException NoPrevious(string service, string target, string? current) => new(
        "NoPreviousVersion",
        ProErrorCategory.ObjectNotFound,
        $"There is no version of {service} before {current ?? "the one that runs"} to roll back to: none was verified at {target}, "
            + "and none is on this engine.",
        $"Name the version: Invoke-ProRollback {service} v1.2.2. It is pulled if the registry has it.",
        service);

    /// <summary>There is nothing to deploy.</summary>
    public static ProException NoStableVersion(string service, string repository) => new(
        "NoStableVersion",
        ProErrorCategory.ObjectNotFound,
        $"Neither this engine nor the registry has a stable version of {service} ({repository}).",
        $"Build one: Build-ProImage {service} v1.0.0. Or name the version to deploy.",
        service);

    /// <summary>The image is neither here nor at the registry.</summary>
    public static ProException ImageNowhere(string reference, IEnumerable<string> known) => new(
        "ImageNotFound",
        ProErrorCategory.ObjectNotFound,
        $"{reference} is neither on this engine nor at its registry. Nothing was touched.",
        string.Join(", ", known.Take(5)) is { Length: > 0 } some
            ? $"On this engine: {some}. Build-ProImage makes a version, Publish-ProImage pushes it."
            : "Build-ProImage makes a version, Publish-ProImage pushes it.",
        reference);

    /// <summary>The tag names another image than the one that was verified.</summary>
    public static ProException NotTheVerifiedImage(string reference, string verified, string now) => new(
        "NotTheVerifiedImage",
        ProErrorCategory.InvalidData,
        $"{reference} has changed: the tag now names {ShortId.Of(now)}, but {ShortId.Of(verified)} was verified here.",
        "Find out who built or pulled it again. -Force deploys what the tag names now.",
        reference);

    /// <summary>The registry has another image under the tag than the one that was recorded.</summary>
    public static ProException RegistryMoved(string reference, string recorded, string now) => new(
        "RegistryTagMoved",
        ProErrorCategory.InvalidData,
        $"The registry has another image under {reference} ({ShortId.Of(now)}) "
            + $"than the one that was deployed or published ({ShortId.Of(recorded)}), and no longer has that one.",
        "Find out who pushed it. -Force deploys what the registry has now.",
        reference);

    /// <summary>A pull failed.</summary>
    public static ProException PullFailed(string reference, string message) => new(
        "PullFailed",
        ProErrorCategory.ResourceUnavailable,
        $"{reference} could not be pulled: {message}",
        "Nothing was touched. Look at the registry and the network between, and run the command again.",
        reference);

    /// <summary>The disk is too small for the pull.</summary>
    public static ProException NoSpace(string reference, string needed, string free, string? path) => new(
        "NoSpaceForImage",
        ProErrorCategory.ResourceUnavailable,
        $"{reference} has {needed} to pull, and unpacked it is larger; {free} are free at {path}.",
        "Nothing was touched. Remove-ProOldImage and Clear-ProBuildCache make room; -Force tries it all the same.",
        reference);

    /// <summary>An image of another service.</summary>
    public static ProException ReferenceOfAnother(string reference, string repository) => new(
        "ReferenceOfAnotherService",
        ProErrorCategory.InvalidArgument,
        $"{reference} is not an image of {repository}.",
        "Give the service and version instead, or set REGISTRY to the registry of that image.",
        reference);

    /// <summary>The id of <see cref="ChangedMeanwhile"/>.</summary>
    public const string ChangedMeanwhileId = "ServiceChanged";

    /// <summary>Somebody changed the service between the plan and the lock.</summary>
    public static ProException ChangedMeanwhile(string service, string target) => new(
        ChangedMeanwhileId,
        ProErrorCategory.InvalidOperation,
        $"What runs {service} ({target}) has changed since this command looked. Nothing was touched.",
        "Run the command again: it makes a new plan.",
        service);

    /// <summary>The project's service runs from another compose file.</summary>
    public static ProException OtherComposeFile(string service, string target, string running, string asked) => new(
        "OtherComposeFile",
        ProErrorCategory.InvalidOperation,
        $"{target} runs {service} from {running}; {asked} is the same project, so it would take that container's place.",
        "Name the file that it runs from, or give the other file a project of its own (COMPOSE_PROJECT_NAME, or 'name:' in the file). "
            + "If the file that it runs from is not on this machine, name the container instead: -Container.",
        service);

    /// <summary>Variables that have a value in the container that runs have none here.</summary>
    /// <param name="target">The target.</param>
    /// <param name="blanks">The name by which each is allowed, compose's variable that must be set, and where it is.</param>
    /// <param name="dotEnv">The project's <c>.env</c>.</param>
    public static ProException WouldBeBlank(
        string target, IEnumerable<(string Name, string Variable, string Where)> blanks, string dotEnv)
    {
        var all = blanks.ToList();
        var names = all.Select(blank => blank.Name == blank.Variable ? blank.Name : $"{blank.Name} (by {blank.Variable})").Distinct();
        var variables = all.Select(blank => blank.Variable).Distinct(StringComparer.Ordinal).ToList();
        return new ProException(
            "VariableWouldBeBlank",
            ProErrorCategory.InvalidOperation,
            $"{string.Join(", ", names)} "
                + $"{(all.Count == 1 ? "has a value" : "have values")} in the running container of {target} and would become blank: "
                + $"{string.Join(", ", all.Select(blank => blank.Where).Distinct())}. Nothing was touched.",
            $"Set {string.Join(", ", variables)} in this session "
                + $"({string.Join("; ", variables.Select(name => $"$env:{name} = '…'"))}) or in {dotEnv}. "
                + $"If blank is meant: -AllowBlank {string.Join(',', all.Select(blank => blank.Name).Distinct(StringComparer.Ordinal))}",
            target);
    }

    /// <summary>The session names another project than the one that runs the service.</summary>
    public static ProException OtherComposeProject(string service, string target, string project, string? container) => new(
        "OtherComposeProject",
        ProErrorCategory.InvalidOperation,
        $"COMPOSE_PROJECT_NAME says {project}, but {service} runs here as {target}.",
        $"If that one is meant: -Container {container ?? service}, or take COMPOSE_PROJECT_NAME out of this session. "
            + $"If {project} is to be started: docker compose --project-name {project} up --detach {service}",
        service);

    /// <summary>It failed, and the old one runs again.</summary>
    public static ProException Restored(string service, string version, string? from, string health, ProException cause) => new(
        "RestoredPrevious",
        cause.Category,
        $"{service} {version} was not kept: {cause.Message}\n{(from is null ? "What ran before" : $"{service} {from}")} {health}.",
        cause.RecommendedAction,
        service,
        cause);

    /// <summary>An image that was cleaned away between securing it and the lock, and is another one by the same name now.</summary>
    public static ProException ImageChanged(string reference, string before, string now) => new(
        "ImageChanged",
        ProErrorCategory.InvalidOperation,
        $"{reference} was {before} when the operation was planned; that image was removed, and the name gives {now} now. "
            + "Nothing was touched.",
        "Look which one is meant, and run the command again; -Force takes it as it is.",
        reference);

    /// <summary>An environment's alias can only name what the registry has.</summary>
    public static ProException NotAtRegistry(string reference, string alias) => new(
        "DeploymentAliasNotPublished",
        ProErrorCategory.ObjectNotFound,
        $"{reference} is not at the registry, so '{alias}' can't name it there.",
        "Publish the version first, with Publish-ProImage.",
        reference);

    /// <summary>The registry has another image under the version.</summary>
    public static ProException OtherAtRegistry(string reference, string alias, string here, string there) => new(
        "DeploymentAliasOtherImage",
        ProErrorCategory.InvalidOperation,
        $"The registry has another image under {reference} ({there}) than this engine ({here}), so '{alias}' would name another one there.",
        "Pull or publish the version again, so that both are one.",
        reference);
}
