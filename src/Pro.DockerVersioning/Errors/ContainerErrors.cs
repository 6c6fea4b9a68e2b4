namespace Pro.DockerVersioning.Errors;

/// <summary>What can go wrong with the containers of a service.</summary>
internal static class ContainerErrors
{
    /// <summary>The id of <see cref="RestoreFailed"/>.</summary>
    public const string RestoreFailedId = "RestoreFailed";

    /// <summary>The label with the old container's configuration is no good.</summary>
    public static ProException PreviousConfigurationUnreadable(string container, Exception inner) => new(
        "PreviousConfigurationUnreadable",
        ProErrorCategory.InvalidData,
        $"The label of container {container} that holds its predecessor's configuration can't be read: {inner.Message}.",
        "A newer version of this module may have written it: use that one. Else start the old version with 'docker run'.",
        container,
        inner);

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
        $"Put them on a network of your own instead, where names are enough: 'docker network create NAME', then 'docker run --network NAME'. "
        + $"Or remove them first ('docker rm -f {string.Join(' ', linked)}') and start them again afterwards.",
        container);

    /// <summary>The container in which this command runs.</summary>
    public static ProException IsOwnContainer(string container) => new(
        "IsOwnContainer",
        ProErrorCategory.InvalidOperation,
        $"This command runs in {container} itself, or in one that shares its namespaces, and would end with it in the middle of the change.",
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
        $"The compose service {target} has containers already ({string.Join(", ", containers)}), and none is made from an image of {repository}. "
        + $"So this is not the first start of {service}.",
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

    /// <summary>Proven without its ports, and then not with them.</summary>
    public static ProException NotProvenOnItsPorts(string container, TimeSpan wait) => new(
        "NotProvenOnItsPorts",
        ProErrorCategory.OperationTimeout,
        $"The new version of {container} was well before it got the ports, and could not be proven on them within {wait.TotalSeconds:0} s.",
        "Look at healthUrl in pro.json, or let the service be stopped first (order: stop-first).",
        container);

    /// <summary>One that is started with --rm, and that others share.</summary>
    public static ProException FollowersOfOneThatRemovesItself(string container, IEnumerable<string> followers) => new(
        "FollowersOfOneThatRemovesItself",
        ProErrorCategory.InvalidOperation,
        $"{container} removes itself when it stops, and {string.Join(", ", followers)} shares its network, IPC or processes: "
        + "there would be no way back.",
        $"Start {container} without --rm, or remove the containers that share with it first.",
        container);

    /// <summary>A container that removes itself has no way back but by its configuration, and that doesn't fit into a label.</summary>
    public static ProException ConfigurationTooLarge(string container) => new(
        "ConfigurationTooLarge",
        ProErrorCategory.InvalidOperation,
        $"{container} removes itself when it stops (--rm), and its configuration is too large for the label that could bring it back.",
        $"Start {container} without --rm, or with a smaller configuration: a file for its large variables or labels.",
        container);

    /// <summary>A swap failed, and the old container could not be brought back.</summary>
    public static ProException RestoreFailed(string container, string failure, ProException restore) => new(
        RestoreFailedId,
        restore.Category,
        $"Replacing {container} failed ({failure.TrimEnd('.')}), and bringing the old container back failed too: {restore.Message}",
        $"Run 'Repair-ProService' once the engine answers; the old container is {container} or {container}.pro-prev ('docker ps -a').",
        container,
        restore);

    /// <summary>Compose's own <c>up</c> failed, and the containers from before could not be brought back.</summary>
    /// <param name="service">The service, as project/service.</param>
    /// <param name="failure">What failed first.</param>
    /// <param name="containers">The names of the containers from before.</param>
    /// <param name="restore">What failed then.</param>
    public static ProException UpRestoreFailed(string service, string failure, IEnumerable<string> containers, ProException restore) => new(
        RestoreFailedId,
        restore.Category,
        $"Updating {service} with compose failed ({failure.TrimEnd('.')}), and bringing back what ran before failed too: {restore.Message}",
        "Run 'Repair-ProService' once the engine answers: all that makes the containers again is kept on the engine "
            + $"({string.Join(", ", containers)}; 'docker ps -a' shows which of them are there).",
        service,
        restore);

    /// <summary>A replica failed, and others could not be brought back.</summary>
    public static ProException SeveralNotRestored(Exception failure, IReadOnlyList<Exception> others) => new(
        RestoreFailedId,
        (failure as ProException ?? others.OfType<ProException>().FirstOrDefault())?.Category ?? ProErrorCategory.InvalidOperation,
        $"{failure.Message.TrimEnd('.')}. Not every replica could be brought back: {string.Join(" ", others.Select(other => other.Message))}",
        "Run 'Repair-ProService' once the engine answers; 'docker ps -a' shows the old containers (NAME.pro-prev) and the new ones.",
        null,
        failure);

    /// <summary>What is needed to make a container again was too large to be kept.</summary>
    public static ProException ConfigurationNotKept(string container) => new(
        "ConfigurationNotKept",
        ProErrorCategory.InvalidOperation,
        $"The configuration of {container} was too large to be kept, and the container is gone.",
        "Start the service again with compose, on the version that ran.",
        container);
}
