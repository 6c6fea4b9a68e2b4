using System.Globalization;

namespace Pro.DockerVersioning.Errors;

/// <summary>What can go wrong with locks.</summary>
internal static class LockErrors
{
    /// <summary>The id of <see cref="Lost"/>.</summary>
    public const string LostId = "LockLost";

    /// <summary>Another operation is under way.</summary>
    /// <param name="target">What is locked.</param>
    /// <param name="holder">What is done, by whom, where, since when.</param>
    /// <param name="host">Where its process is.</param>
    /// <param name="process">The process id.</param>
    public static ProException TargetLocked(string target, string holder, string host, int process) => new(
        "TargetLocked",
        ProErrorCategory.ResourceBusy,
        $"{target} is locked: {holder}.",
        string.Create(
            CultureInfo.InvariantCulture,
            $"Wait until it is done; -LockTimeout 10m waits for it. "
                + $"If process {process} on {host} is surely gone, run the command again with -BreakLock."),
        target);

    /// <summary>The lock went away in the middle of an operation.</summary>
    public static ProException Lost(string target, string operation) => new(
        LostId,
        ProErrorCategory.InvalidOperation,
        $"The lock of {target} is no longer ours ({operation}): somebody broke it, or 'docker volume prune' removed it.",
        "Look at what runs now, and run the command again once nobody else works on it.",
        target);

    /// <summary>An object that has a lock's name and is not one.</summary>
    /// <param name="kind">What it is: a volume, or a config of a swarm.</param>
    /// <param name="name">Its name.</param>
    public static ProException NotOurs(string kind, string name) => new(
        kind == "config" ? "LockConfigNotOurs" : "LockVolumeNotOurs",
        ProErrorCategory.ResourceExists,
        $"The {kind} {name} has the name of a lock, but not its labels.",
        $"Look at it with 'docker {kind} inspect {name}', and remove it with 'docker {kind} rm {name}'.",
        name);

    /// <summary>The sentence for a lock that could not be renewed in time.</summary>
    public static string NotRenewed(string target, Exception fault) =>
        $"The lock of {target} could not be renewed: {fault.Message.TrimEnd('.')}. It is tried again.";

    /// <summary>The sentence for a lock that could not be given back.</summary>
    public static string NotReleased(string target, string name, Exception fault) =>
        $"The lock of {target} could not be removed: {fault.Message.TrimEnd('.')}. The next command of this session takes it over. "
        + $"So does any other on this machine once this session has ended. 'Repair-ProService' removes {name} at once.";
}
