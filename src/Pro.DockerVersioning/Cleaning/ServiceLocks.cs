using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Services.Locking;

namespace Pro.DockerVersioning.Cleaning;

/// <summary>Which locks are about a service.</summary>
internal static class ServiceLocks
{
    /// <summary>
    /// A lock of the service; null where nobody holds one. A target is a container's, a compose project's or a swarm's service, so its
    /// name has the service's name as a part; a lock that was left behind counts as well, since what it was about isn't repaired yet.
    /// </summary>
    public static LockInfo? Find(IEnumerable<LockInfo> locks, string service) =>
        locks.FirstOrDefault(held => IsAbout(held.Target, service));

    /// <summary>Why a service is left alone: who holds the lock, or has left it behind, and what to do then.</summary>
    /// <exception cref="Errors.ProException">The engine refuses.</exception>
    public static async Task<string> DescribeAsync(
        EngineConnection engine, LockInfo held, string service, CancellationToken cancellationToken) =>
        $"the service is locked: {held}"
        + (await TargetLock.WhyStaleAsync(engine, held, cancellationToken).ConfigureAwait(false) is { } why
            ? $"; {why}: 'Repair-ProService {service}' looks after it"
            : "");

    private static bool IsAbout(string target, string service)
    {
        for (var at = target.IndexOf(service, StringComparison.OrdinalIgnoreCase);
            at >= 0;
            at = target.IndexOf(service, at + 1, StringComparison.OrdinalIgnoreCase))
        {
            var end = at + service.Length;
            if ((at == 0 || !char.IsLetterOrDigit(target[at - 1])) && (end == target.Length || !char.IsLetterOrDigit(target[end])))
            {
                return true;
            }
        }

        return false;
    }
}
