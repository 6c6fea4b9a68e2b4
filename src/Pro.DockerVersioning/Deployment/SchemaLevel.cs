using System.Globalization;
using System.Numerics;
using Pro.DockerVersioning.Images;

namespace Pro.DockerVersioning.Deployment;

/// <summary>What becomes of a database when its service goes back: nothing, and so it is said.</summary>
internal static class SchemaLevel
{
    /// <summary>
    /// A warning, where the image that runs needs another level than the one to come, and isn't followed by a higher one. A rollback may go
    /// to any level; a deployment to a higher one is what migrations are for.
    /// </summary>
    public static string? Warning(string service, ProVersion? from, ProVersion to, string? now, string? then, bool isRollback)
    {
        var isFine = now is null || now == then || (!isRollback && then is not null && !IsLower(then, now));
        return isFine ? null
            : $"{service}: {from?.ToString() ?? "what runs"} works on schema level {now}, and {to} "
                + (then is null ? "names none" : $"on {then}")
                + $" ({ImageLabels.Schema}). The database stays as it is: see that {to} can work with it, or take the database back first.";
    }

    // Levels that aren't both numbers have no order that we know: then any other may be lower.
    private static bool IsLower(string level, string than) =>
        !BigInteger.TryParse(level, NumberStyles.None, CultureInfo.InvariantCulture, out var one)
        || !BigInteger.TryParse(than, NumberStyles.None, CultureInfo.InvariantCulture, out var other)
        || one < other;
}
