using System.Globalization;

namespace Pro.DockerVersioning.Errors;

/// <summary>What can go wrong with a service of a swarm.</summary>
internal static class SwarmErrors
{
    /// <summary>The id of <see cref="ServiceNotFound"/>.</summary>
    public const string ServiceNotFoundId = "SwarmServiceNotFound";

    /// <summary>The id of <see cref="Superseded"/>.</summary>
    public const string SupersededId = "SwarmUpdateSuperseded";

    /// <summary>The id of an update that failed, and whose old image could not be restored.</summary>
    public const string RestoreFailedId = "SwarmRestoreFailed";

    /// <summary>A service that doesn't exist.</summary>
    public static ProException ServiceNotFound(string service, Exception? inner = null) => new(
        ServiceNotFoundId,
        ProErrorCategory.ObjectNotFound,
        $"The swarm has no service '{service}'.",
        "See what there is with 'docker service ls'. A first start belongs to 'docker stack deploy' or 'docker service create'.",
        service,
        inner);

    /// <summary>An engine that can't say anything about services.</summary>
    public static ProException NotAManager(string engine, Exception? inner) => new(
        "SwarmNotAManager",
        ProErrorCategory.InvalidOperation,
        $"The engine at {engine} is not a swarm manager, so it can't update services.",
        "Set DOCKER_HOST or the docker context to a manager ('docker node ls' on one of them lists them).",
        engine,
        inner);

    /// <summary>A job has no versions that replace one another.</summary>
    public static ProException Job(string service, string mode) => new(
        "SwarmServiceIsJob",
        ProErrorCategory.InvalidOperation,
        $"The service '{service}' is a job ({mode}): it runs to its end, so that nothing could be verified, " +
        "and an update would start it again.",
        $"Start it with the other image yourself: docker service update --image REFERENCE {service}",
        service);

    /// <summary>A plugin has no image.</summary>
    public static ProException NoContainers(string service) => new(
        "SwarmServiceHasNoContainers",
        ProErrorCategory.InvalidOperation,
        $"The service '{service}' runs no containers (it is a plugin or a network attachment).",
        "Name a service that runs an image.",
        service);

    /// <summary>An image that the other nodes could not get, or could get another of.</summary>
    public static ProException ImageWithoutDigest(string reference, int nodes) => new(
        "SwarmImageWithoutDigest",
        ProErrorCategory.InvalidOperation,
        string.Create(
            CultureInfo.InvariantCulture,
            $"{reference} has no digest in a registry, and this swarm has {nodes} nodes: each must get the same image."),
        "Publish it first: Publish-ProImage SERVICE VERSION",
        reference);

    /// <summary>An image that is nowhere.</summary>
    public static ProException ImageNotFound(string reference) => new(
        "SwarmImageNotFound",
        ProErrorCategory.ObjectNotFound,
        $"{reference} is neither on this engine nor in its registry. Nothing was changed.",
        "See what there is with Get-ProImageVersion, or build and publish it.",
        reference);

    /// <summary>A canary can only be watched by somebody who stays.</summary>
    public static ProException CanaryWithoutWaiting(string service) => new(
        "SwarmCanaryWithoutWaiting",
        ProErrorCategory.InvalidArgument,
        $"A canary of '{service}' has to be watched: it can't go together with not waiting.",
        "Leave out -NoWait or -Canary.",
        service);

    /// <summary>A number of canary tasks that makes no sense.</summary>
    public static ProException CanaryTooSmall(int tasks) => new(
        "SwarmCanaryTooSmall",
        ProErrorCategory.InvalidArgument,
        string.Create(CultureInfo.InvariantCulture, $"A canary of {tasks} tasks can't show anything."),
        "Give -Canary 1 or more.",
        tasks);

    /// <summary>The service changed each time before our update arrived.</summary>
    public static ProException OutOfSequence(string service, int attempts) => new(
        "SwarmOutOfSequence",
        ProErrorCategory.ResourceBusy,
        string.Create(
            CultureInfo.InvariantCulture,
            $"The service '{service}' is changed by somebody else all the time: {attempts} attempts to update it were out of sequence."),
        "Look who does it, and try again.",
        service);

    /// <summary>Somebody else updated the service.</summary>
    public static ProException Superseded(string service, string wanted, string? found) => new(
        SupersededId,
        ProErrorCategory.ResourceBusy,
        $"While '{service}' went to {wanted}, somebody else updated it to {found ?? "another specification"}. It was left to them.",
        $"See what it does now: docker service ps {service}",
        service);

    /// <summary>The engine went back by itself.</summary>
    public static ProException RolledBackByEngine(
        string service, string wanted, string from, string why, IReadOnlyList<string> tasks) => new(
        "SwarmRolledBackByEngine",
        ProErrorCategory.InvalidOperation,
        $"'{service}' did not get to {wanted}: {why}. The engine went back to {from}, which runs.{List(tasks)}",
        Repair(service, wanted),
        service);

    /// <summary>The update stands between two versions.</summary>
    public static ProException Paused(string service, string wanted, string from, string why, IReadOnlyList<string> tasks) => new(
        "SwarmUpdatePaused",
        ProErrorCategory.InvalidOperation,
        $"The update of '{service}' from {from} to {wanted} is paused, as was asked for: {why}. " +
        $"Some tasks may run either version.{List(tasks)}",
        $"Go back with: Invoke-ProRollback {service} -Previous — or deploy a version that works.",
        service);

    /// <summary>We went back.</summary>
    public static ProException Restored(string service, string wanted, string from, string why, IReadOnlyList<string> tasks) => new(
        "SwarmUpdateRestored",
        ProErrorCategory.InvalidOperation,
        $"'{service}' did not get to {wanted}: {why}. It was taken back to {from}, which runs.{List(tasks)}",
        Repair(service, wanted),
        service);

    /// <summary>We went back because the operator said so.</summary>
    public static ProException Stopped(string service, string wanted, string from) => new(
        "SwarmUpdateStopped",
        ProErrorCategory.OperationStopped,
        $"The update of '{service}' to {wanted} was stopped. It was taken back to {from}, which runs.",
        "Start it again when you are ready.",
        service);

    /// <summary>We wanted to go back, and it didn't work.</summary>
    public static ProException RestoreFailed(
        string service, string wanted, string from, string why, string whyNot, IReadOnlyList<string> tasks, Exception? inner) => new(
        RestoreFailedId,
        ProErrorCategory.InvalidOperation,
        $"'{service}' did not get to {wanted}: {why}. Going back to {from} failed as well: {whyNot.TrimEnd('.')}.{List(tasks)}",
        $"Look at it now: docker service ps --no-trunc {service}. " +
        $"By hand it goes back with: docker service update --image {from} {service}",
        service,
        inner);

    private static string Repair(string service, string wanted) =>
        $"See why with 'docker service ps --no-trunc {service}' and 'docker service logs {service}', mend it, and deploy {wanted} again.";

    private static string List(IReadOnlyList<string> tasks) =>
        tasks.Count == 0 ? "" : string.Concat(tasks.Select(task => $"\n  {task}"));
}
