using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Pro.DockerVersioning.Deployment.Locking;

/// <summary>The names of the volumes, or configs of a swarm, that locks are. Pure.</summary>
internal static partial class LockNames
{
    public const string LockPrefix = "pro-lock-";

    private const string SwarmTarget = "swarm.";
    private const string NextPrefix = "pro-lock-next.";

    // The engine's grammar allows more, but a volume is a folder on its disk.
    private const int LongestTarget = 100;

    // See SwarmConfigs.LongestName.
    private const int LongestSwarmTarget = 40;

    /// <summary>Whether a target is a service of a swarm: all its managers must see what is said of it.</summary>
    public static bool IsOfSwarm(string target) => target.StartsWith(SwarmTarget, StringComparison.Ordinal);

    /// <summary>A claim: see <see cref="LockStore"/>.</summary>
    public static string Of(LockInfo claim) =>
        claim.Renewal == 0 ? Lock(claim.Target) : FormattableString.Invariant($"{NextPrefix}{claim.Chain}.{claim.Renewal}");

    /// <summary>
    /// The lock of a target: its name where the engine's grammar for volumes allows that, else with a hash of the name, so that targets
    /// that differ only in what the grammar forbids are told apart. A name that looks as if it had such a hash gets one too.
    /// </summary>
    public static string Lock(string target)
    {
        var longest = IsOfSwarm(target) ? LongestSwarmTarget : LongestTarget;
        var safe = Forbidden().Replace(target, "-");
        if (safe.Length > longest)
        {
            safe = safe[..longest];
        }

        return safe == target && !Hashed().IsMatch(target) ? LockPrefix + target : $"{LockPrefix}{safe}.{Hash(target)}";
    }

    private static string Hash(string target) =>
        Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(target)))[..8].ToLowerInvariant();

    [GeneratedRegex("[^a-zA-Z0-9_.-]", RegexOptions.CultureInvariant)]
    private static partial Regex Forbidden();

    [GeneratedRegex(@"\.[0-9a-f]{8}\z|\Anext\.|[^a-zA-Z0-9]\z", RegexOptions.CultureInvariant)]
    private static partial Regex Hashed();
}
