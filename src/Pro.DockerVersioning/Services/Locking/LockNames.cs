using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Pro.DockerVersioning.Services.Locking;

/// <summary>The names of the volumes that locks are. Pure.</summary>
internal static partial class LockNames
{
    /// <summary>How the names of all volumes of locks begin.</summary>
    public const string LockPrefix = "pro-lock-";

    private const string TakeoverPrefix = "pro-lock-takeover.";
    private const string RenewalPrefix = "pro-lock-renewal.";

    // The engine's grammar allows more, but a volume is a folder on its disk.
    private const int LongestTarget = 100;

    /// <summary>
    /// The lock of a target: its name where the engine's grammar for volumes allows that, else with a hash of the name, so that targets that
    /// differ only in what the grammar forbids are told apart. A name that looks as if it had such a hash gets one too.
    /// </summary>
    public static string Lock(string target)
    {
        var safe = Forbidden().Replace(target, "-");
        if (safe.Length > LongestTarget)
        {
            safe = safe[..LongestTarget];
        }

        return safe == target && !Hashed().IsMatch(target) ? LockPrefix + target : $"{LockPrefix}{safe}.{Hash(target)}";
    }

    /// <summary>Who has this may remove the lock with the nonce: its owner, or one that takes it over.</summary>
    public static string Takeover(string nonce) => TakeoverPrefix + nonce;

    /// <summary>The lock's later deadline. A volume's labels can't be changed: another volume says it.</summary>
    public static string Renewal(string nonce, int number) => FormattableString.Invariant($"{RenewalPrefix}{nonce}.{number}");

    private static string Hash(string target) =>
        Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(target)))[..8].ToLowerInvariant();

    [GeneratedRegex("[^a-zA-Z0-9_.-]", RegexOptions.CultureInvariant)]
    private static partial Regex Forbidden();

    [GeneratedRegex(@"\.[0-9a-f]{8}\z|\A(takeover|renewal)\.", RegexOptions.CultureInvariant)]
    private static partial Regex Hashed();
}
