using System.Globalization;

namespace Pro.DockerVersioning.Versions;

/// <summary>
/// Sizes as people write and read them. Read as PowerShell reads its own literals, so that <c>20GB</c> is the same in a text and as a
/// number:
/// in steps of 1024. Shown as Docker shows them: in steps of 1000.
/// </summary>
internal static class ByteSize
{
    private const string Units = "KMGTP";
    private static readonly string[] Shown = ["B", "kB", "MB", "GB", "TB", "PB"];

    /// <summary>Reads "20GB", "1.5 TB", "512 MiB", "1000000".</summary>
    public static bool TryParse(string? text, out long bytes)
    {
        bytes = 0;
        var rest = (text ?? "").Trim().TrimEnd('b', 'B');
        rest = rest.EndsWith('i') || rest.EndsWith('I') ? rest[..^1] : rest;
        var power = rest.Length > 0 ? Units.IndexOf(char.ToUpperInvariant(rest[^1]), StringComparison.Ordinal) + 1 : 0;
        if (power > 0)
        {
            rest = rest[..^1];
        }

        if (!decimal.TryParse(rest.TrimEnd(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }

        var factor = 1L << (10 * power);
        if (number > long.MaxValue / factor)
        {
            return false;
        }

        bytes = (long)(number * factor);
        return true;
    }

    /// <summary>Three digits and a unit: "72.8MB".</summary>
    public static string Text(long bytes)
    {
        double size = Math.Abs(bytes);
        var unit = 0;
        while (size >= 999.5 && unit < Shown.Length - 1)
        {
            size /= 1000;
            unit++;
        }

        var format = unit == 0 || size >= 99.95 ? "0" : size >= 9.995 ? "0.#" : "0.##";
        return (bytes < 0 ? "-" : "") + size.ToString(format, CultureInfo.InvariantCulture) + Shown[unit];
    }
}
