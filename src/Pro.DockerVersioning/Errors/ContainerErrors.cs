namespace Pro.DockerVersioning.Errors;

/// <summary>What can go wrong with the containers of a service.</summary>
internal static class ContainerErrors
{
    /// <summary>The id of <see cref="RestoreFailed"/>.</summary>
    public const string RestoreFailedId = "RestoreFailed";

    /// <summary>The id of <see cref="OperationRecordExists"/>.</summary>
    public const string OperationRecordExistsId = "OperationRecordExists";

    /// <summary>An operation's record has a format that this version doesn't know.</summary>
    public static ProException OperationRecordUnreadable(string target, Exception inner) => new(
        "OperationRecordUnreadable",
        ProErrorCategory.InvalidData,
        $"The record of the interrupted operation on {target} can't be read: {inner.Message}.",
        "A newer version of this module may have written it: repair with that one.",
        target,
        inner);

    /// <summary>Another operation's record is there.</summary>
    public static ProException OperationRecordExists(string target) => new(
        OperationRecordExistsId,
        ProErrorCategory.InvalidOperation,
        $"The engine has a record of an interrupted operation on {target}. Nothing was touched.",
        "Run the command again: it repairs that first.",
        target);

    /// <summary>The engine has no image at all from which a record could be read.</summary>
    public static ProException NoImageForRecord(string target, string image) => new(
        "NoImageForRecord",
        ProErrorCategory.ObjectNotFound,
        $"The record of the interrupted operation on {target} is in a volume, and the engine has no image to read it with.",
        $"Pull any image, then repair again: docker pull {image}",
        target);

    /// <summary>Somebody has deleted an operation's record.</summary>
    /// <param name="containers">What the operation has left.</param>
    public static ProException OperationRecordLost(IEnumerable<string> containers)
    {
        var left = containers.Order(StringComparer.Ordinal).ToList();
        var name = left.Select(one => one.Split(".pro-")[0]).First();
        return new(
            "OperationRecordLost",
            ProErrorCategory.InvalidOperation,
            $"An operation was interrupted, and its record is gone, as after 'docker volume prune'. It has left {string.Join(", ", left)}. "
            + "Nobody can tell which version was verified, so nothing was stopped or removed.",
            left.Contains(name + ".pro-prev")
                ? $"To restore the old version: docker rm -f {name} {name}.pro-next; docker rename {name}.pro-prev {name}; "
                    + $"docker start {name}. To keep the new container: docker rm -f {name}.pro-prev"
                : $"If {name} is the right one: docker rm -f {name}.pro-next",
            name);
    }

    /// <summary>It wasn't verified while the old container had the ports: what it didn't have yet may be the reason.</summary>
    public static ProException BeforeItsPorts(ProException failure, bool isOnNetworks) => new(
        failure.Id,
        failure.Category,
        failure.Message,
        $"{failure.RecommendedAction} Before it gets the ports, the new version "
        + (isOnNetworks ? "reaches its neighbours and nothing else. " : "has no network. ")
        + "If it needs more at its start, stop the old version first: -Order StopFirst.",
        failure.Target,
        failure);

    /// <summary>What compose had copied into a container is not there any more.</summary>
    public static ProException InjectedFileMissing(string container, string path) => new(
        "InjectedFileMissing",
        ProErrorCategory.ObjectNotFound,
        $"{path} was copied into {container} when it was created, and can't be read from it. Nothing was touched.",
        "Re-create the container with compose first: docker compose up -d --force-recreate",
        container);

    /// <summary>The engine took another image than the one that was planned.</summary>
    public static ProException OtherImage(string container, string planned, string made) => new(
        "OtherImage",
        ProErrorCategory.InvalidOperation,
        $"The new container of {container} was created from the image {made}, and not from {planned} as planned: "
            + "the tag was moved meanwhile.",
        "Run the command again: it makes a new plan.",
        container);

    /// <summary>A re-created follower ended at once.</summary>
    public static ProException FollowerEnded(string follower, string leader) => new(
        "FollowerEnded",
        ProErrorCategory.InvalidOperation,
        $"{follower} shares the network, IPC or processes of {leader}. It was re-created for the new version, and has ended.",
        $"Look at its log: docker logs {follower}",
        follower);

    /// <summary>A restored container is not as it was.</summary>
    public static ProException NotBack(string container, string state) => new(
        "NotBack",
        ProErrorCategory.InvalidOperation,
        $"{container} ran before, and now {state}.",
        $"Look at its log: docker logs {container}",
        container);

    /// <summary>The image of the old container is gone, and no registry is known to have it.</summary>
    public static ProException OldImageGone(string container, string reference, string imageId) => new(
        "OldImageGone",
        ProErrorCategory.ObjectNotFound,
        $"{container} can't be re-created: its image {reference} ({imageId}) is gone from the engine, and was never pushed or pulled.",
        $"Bring the image back ('docker load', or build it again as {reference}), then run 'Repair-ProService'.",
        container);

    /// <summary>More than one thing runs the service here.</summary>
    public static ProException SeveralTargets(string service, IReadOnlyList<(string Target, string Parameter)> candidates) => new(
        "SeveralTargets",
        ProErrorCategory.InvalidArgument,
        $"{candidates.Count} targets run {service} here: {string.Join(", ", candidates.Select(candidate => candidate.Target))}.",
        $"Say which one: {string.Join(" or ", candidates.Select(candidate => candidate.Parameter))}; -Environment takes it from pro.json.",
        service);

    /// <summary>The id of <see cref="FollowerDied"/>.</summary>
    public const string FollowerDiedId = "FollowerDied";

    /// <summary>A container that shares another one's network, IPC or processes doesn't run with the new one.</summary>
    public static ProException FollowerDied(string follower, long? exitCode) => new(
        FollowerDiedId,
        ProErrorCategory.InvalidOperation,
        $"{follower} was re-created to share the new container's network, IPC or processes, and did not go on running"
            + (exitCode is { } code ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $" (exit code {code}).") : "."),
        $"Look at what it says: docker logs {follower}",
        follower);

    /// <summary>-Container names one that is not the service's.</summary>
    public static ProException ContainerIsNotTheServices(string container, string service, IEnumerable<string> targets) => new(
        "ContainerIsNotTheServices",
        ProErrorCategory.ObjectNotFound,
        $"No container '{container}' here is made from an image of {service}.",
        string.Join(", ", targets) is { Length: > 0 } known
            ? $"These are: {known}."
            : $"Look with 'docker ps -a' at what the container runs, and whether REGISTRY names the registry of that image.",
        container);

    /// <summary>Others link to the container by its id, and would lose it.</summary>
    public static ProException LinkedFromOthers(string container, IReadOnlyList<string> linked) => new(
        "LinkedFromOthers",
        ProErrorCategory.InvalidOperation,
        $"{string.Join(", ", linked)} links to {container} (--link). A link leads to the old container's id: without it, "
        + $"{(linked.Count == 1 ? "that container" : "those containers")} could not start any more.",
        "Put them on a network of your own instead, where names are enough: "
        + "'docker network create NAME', then 'docker run --network NAME'. "
        + $"Or remove them first ('docker rm -f {string.Join(' ', linked)}') and start them again afterwards.",
        container);

    /// <summary>The container in which this command runs.</summary>
    public static ProException IsOwnContainer(string container) => new(
        "IsOwnContainer",
        ProErrorCategory.InvalidOperation,
        $"This command runs in {container} itself, or in one that shares its namespaces, "
            + "and would end with it in the middle of the change.",
        "Run it from another container, or from the engine's machine.",
        container);

    /// <summary>The image of what runs was removed by force.</summary>
    public static ProException ImageIsGone(string container, string imageId, string? version) => new(
        "ImageIsGone",
        ProErrorCategory.InvalidOperation,
        $"Container {container} runs {version ?? "an unknown version"}, but its image {imageId} is not on the engine any more. "
        + "Without the image, your settings can't be told from the image's.",
        $"Bring that very image back ('docker pull' by its digest, or 'docker load'). Or replace {container} yourself: "
        + "with 'docker compose up -d', or with 'docker rm' and 'docker run'.",
        container);

    /// <summary>Compose would replace containers that nobody could restore.</summary>
    public static ProException NotTheFirstStart(string service, string target, IEnumerable<string> containers, string repository) => new(
        "NotTheFirstStart",
        ProErrorCategory.InvalidOperation,
        $"The compose service {target} has containers already ({string.Join(", ", containers)}), "
        + $"and none is made from an image of {repository}. So this is not the first start of {service}.",
        "Look with 'docker ps -a' at the image that they run. If REGISTRY should name its registry, set it; "
        + $"if they may go, remove them with 'docker rm -f {string.Join(' ', containers)}'.",
        service);

    /// <summary>The engine started the container without its ports.</summary>
    public static ProException PortsNotBound(string container, IEnumerable<string> ports) => new(
        "PortsNotBound",
        ProErrorCategory.ResourceBusy,
        $"The engine has started {container} without binding {string.Join(", ", ports)}.",
        "Look for another program or container that holds the port: 'docker ps' and 'ss -ltnup'.",
        container);

    /// <summary>Verified without its ports, and then not with them.</summary>
    public static ProException NotAnsweredOnItsPorts(string container, TimeSpan wait) => new(
        "NotAnsweredOnItsPorts",
        ProErrorCategory.OperationTimeout,
        $"The new version of {container} was healthy before it got the ports, and did not answer on them within {wait.TotalSeconds:0} s.",
        "Look at healthUrl in pro.json, or let the service be stopped first (order: stop-first).",
        container);

    /// <summary>Its check succeeded beside the old container, and then not without it.</summary>
    public static ProException NotVerifiedAlone(string container, TimeSpan wait) => new(
        "NotVerifiedAlone",
        ProErrorCategory.OperationTimeout,
        $"The HEALTHCHECK of the new version of {container} succeeded while the old container ran. "
            + $"It did not succeed within {wait.TotalSeconds:0} s once that had stopped.",
        "Look whether the check asks the service by a name that the old container has too. It should ask 127.0.0.1.",
        container);

    /// <summary>One that is started with --rm, and that others share.</summary>
    public static ProException FollowersOfOneThatRemovesItself(string container, IEnumerable<string> followers) => new(
        "FollowersOfOneThatRemovesItself",
        ProErrorCategory.InvalidOperation,
        $"{container} removes itself when it stops, and {string.Join(", ", followers)} shares its network, IPC or processes: "
        + "it could not be restored.",
        $"Start {container} without --rm, or remove the containers that share with it first.",
        container);

    /// <summary>An operation failed, and the old containers could not be restored.</summary>
    /// <param name="containers">Their names.</param>
    /// <param name="failure">What failed first.</param>
    /// <param name="restore">What failed then.</param>
    public static ProException RestoreFailed(IEnumerable<string> containers, string failure, Exception restore)
    {
        var names = string.Join(", ", containers);
        return new(
            RestoreFailedId,
            (restore as ProException)?.Category ?? ProErrorCategory.InvalidOperation,
            $"Replacing {names} failed ({failure.TrimEnd('.')}), and restoring what ran before failed too: {restore.Message}",
            "Run 'Repair-ProService' once the engine answers: all that restores the old containers is kept on the engine "
                + $"({names}; 'docker ps -a' shows which of them are there).",
            names,
            restore);
    }

    /// <summary>The old containers run again, but nobody could look whether they are healthy.</summary>
    /// <param name="containers">Their names.</param>
    /// <param name="failure">Why they were restored.</param>
    /// <param name="look">Why the look failed.</param>
    public static ProException RestoredUnseen(IEnumerable<string> containers, string failure, Exception look)
    {
        var names = string.Join(", ", containers);
        return new(
            "RestoredUnseen",
            (look as ProException)?.Category ?? ProErrorCategory.InvalidOperation,
            $"Replacing {names} failed ({failure.TrimEnd('.')}). What ran before was started again, but its health could not be seen: "
                + look.Message,
            $"Look at it once the engine answers: 'Get-ProService', and 'docker ps -a' ({names}).",
            names,
            look);
    }

    /// <summary>Something unforeseen kept a container from being restored.</summary>
    public static ProException NotRestored(string container, Exception unforeseen) => new(
        "NotRestored",
        ProErrorCategory.InvalidOperation,
        $"{container} could not be restored: {unforeseen.Message}",
        "Run 'Repair-ProService': all that restores it is kept on the engine.",
        container,
        unforeseen);

    /// <summary>Several containers could not be restored.</summary>
    public static ProException SeveralNotRestored(IReadOnlyList<ProException> failures) => new(
        "SeveralNotRestored",
        failures[0].Category,
        string.Join(" ", failures.Select(failure => failure.Message)),
        failures[0].RecommendedAction,
        null,
        failures[0]);
}
