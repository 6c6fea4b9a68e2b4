using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Pro.DockerVersioning.Services.Locking;

/// <summary>The names of the volumes, or configs of a swarm, that locks are. Pure.</summary>
internal static partial class LockNames
{
    /// <summary>How the names of all volumes of locks begin.</summary>
    public const string LockPrefix = "pro-lock-";

    /// <summary>How the targets begin whose locks are objects of the swarm: all its managers must see them.</summary>
    public const string SwarmTarget = "swarm.";

    private const string TakeoverPrefix = "pro-lock-takeover.";
    private const string RenewalPrefix = "pro-lock-renewal.";

    // The engine's grammar allows more, but a volume is a folder on its disk.
    private const int LongestTarget = 100;

    // A config's name has at most 64 characters, and the last one is a letter or digit.
    private const int LongestSwarmTarget = 40;

    /// <summary>
    /// The lock of a target: its name where the engine's grammar for volumes allows that, else with a hash of the name, so that targets that
    /// differ only in what the grammar forbids are told apart. A name that looks as if it had such a hash gets one too.
    /// </summary>
    public static string Lock(string target)
    {
        var longest = target.StartsWith(SwarmTarget, StringComparison.Ordinal) ? LongestSwarmTarget : LongestTarget;
        var safe = Forbidden().Replace(target, "-");
        if (safe.Length > longest)
        {
            safe = safe[..longest];
        }

        return safe == target && !Hashed().IsMatch(target) ? LockPrefix + target : $"{LockPrefix}{safe}.{Hash(target)}";
    }

    /// <summary>Who has this may remove the lock with the nonce: its owner, or one that takes it over.</summary>
    public static string Takeover(string nonce) => TakeoverPrefix + nonce;

    /// <summary>The lock's renewal. A volume's labels can't be changed: another volume says it.</summary>
    public static string Renewal(string nonce, long number) => FormattableString.Invariant($"{RenewalPrefix}{nonce}.{number}");

    private static string Hash(string target) =>
        Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(target)))[..8].ToLowerInvariant();

    [GeneratedRegex("[^a-zA-Z0-9_.-]", RegexOptions.CultureInvariant)]
    private static partial Regex Forbidden();

    [GeneratedRegex(@"\.[0-9a-f]{8}\z|\A(takeover|renewal)\.|[^a-zA-Z0-9]\z", RegexOptions.CultureInvariant)]
    private static partial Regex Hashed();
}
