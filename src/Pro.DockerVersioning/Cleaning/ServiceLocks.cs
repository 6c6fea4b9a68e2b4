using Pro.DockerVersioning.Deployment.Locking;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Cleaning;

/// <summary>Which locks are about a service.</summary>
internal static class ServiceLocks
{
    /// <summary>What whole clean-ups lock against each other: about no service, and no container's name, which has a dot.</summary>
    public const string OwnTarget = "cleaning";

    // What our operations are called where a lock doesn't say its service: "roll back api to v1.2.2".
    private static readonly string[] Verbs = ["deploy ", "roll back ", "repair "];

    // How the target says who owns it: what follows may have the service's name as a part.
    private static readonly string[] Owners = ["container.", "compose.", "swarm."];

    /// <summary>
    /// A lock of the service; null if nobody holds one. The lock says what it is about; one by an older version of this module
    /// doesn't, but its operation names the service, and its target may. A lock that was left behind counts as well, since what it was
    /// about isn't repaired yet.
    /// </summary>
    /// <param name="locks">All of the engine's.</param>
    /// <param name="service">The service's name.</param>
    /// <param name="repository">Its repository, with or without a tag; null if only the name is known.</param>
    public static LockInfo? Find(IEnumerable<LockInfo> locks, string service, ImageReference? repository) =>
        locks.FirstOrDefault(held => held.Target != OwnTarget && IsAbout(held, service, repository));

    /// <summary>
    /// Why a service is left alone: who holds the lock, or has left it behind, and what to do then. It is left alone in both cases, so a
    /// holder on another machine is not watched for this.
    /// </summary>
    public static string Describe(LockInfo held, string service) => $"the service is locked: {held}"
        + (LockWatch.Shared.WhyStale(held, LockTimes.Default.Stale).Why is { } why
            ? $"; {why}: 'Repair-ProService {service}' looks after it"
            : "");

    private static bool IsAbout(LockInfo held, string service, ImageReference? repository)
    {
        if (repository is not null && ImageReference.TryParse(held.Repository, out var of))
        {
            return of.SameRepository(repository);
        }

        return held.Service is { } named ? Same(named, service) : NamedBy(held.Operation, service) || HasPart(held.Target, service);
    }

    private static bool NamedBy(string operation, string service) =>
        Array.Find(Verbs, verb => operation.StartsWith(verb, StringComparison.Ordinal)) is { } verb
        && Same(operation[verb.Length..].Split(" to ", 2)[0], service);

    private static bool HasPart(string target, string service)
    {
        var name = Array.Find(Owners, owner => target.StartsWith(owner, StringComparison.Ordinal)) is { } owner ? target[owner.Length..]
            : target;
        for (var at = name.IndexOf(service, StringComparison.OrdinalIgnoreCase);
            at >= 0;
            at = name.IndexOf(service, at + 1, StringComparison.OrdinalIgnoreCase))
        {
            var end = at + service.Length;
            if ((at == 0 || !char.IsLetterOrDigit(name[at - 1])) && (end == name.Length || !char.IsLetterOrDigit(name[end])))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Same(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);
}
