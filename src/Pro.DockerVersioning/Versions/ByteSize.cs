using System.Globalization;

namespace Pro.DockerVersioning.Versions;

/// <summary>
/// Sizes as people write and read them, both ways in PowerShell's own units: <c>20GB</c> is the same in a text and as a number, in steps of
/// 1024, and what is shown can be typed.
/// </summary>
internal static class ByteSize
{
    /// <summary>Below it a number without a unit is not a size: nobody means 20 bytes by 20.</summary>
    public const long Smallest = 1L << 20;

    private const string Units = "KMGTP";
    private static readonly string[] Shown = ["B", "KB", "MB", "GB", "TB", "PB"];

    /// <summary>
    /// Reads "20GB", "1.5 TB", "512 MiB", "21474836480". Without a unit it takes from 1 MiB on; 0 is the same in every unit.
    /// </summary>
    public static bool TryParse(string? text, out long bytes) => TryParse(text, out bytes, out _);

    /// <inheritdoc cref="TryParse(string?, out long)"/>
    /// <param name="text">The text.</param>
    /// <param name="bytes">The size.</param>
    /// <param name="why">Why it is not one, as the end of a sentence that begins with the text.</param>
    public static bool TryParse(string? text, out long bytes, out string why)
    {
        bytes = 0;
        why = "is not a size";
        var rest = (text ?? "").Trim();
        var hasUnit = rest.Length > 0 && !char.IsAsciiDigit(rest[^1]);
        rest = rest.Length > 0 && rest[^1] is 'b' or 'B' ? rest[..^1] : rest;
        rest = rest.EndsWith('i') || rest.EndsWith('I') ? rest[..^1] : rest;
        var power = rest.Length > 0 ? Units.IndexOf(char.ToUpperInvariant(rest[^1]), StringComparison.Ordinal) + 1 : 0;
        if (power > 0)
        {
            rest = rest[..^1];
        }

        const NumberStyles Signed = NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign;
        if (!decimal.TryParse(rest.TrimEnd(), Signed, CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }

        if (number < 0)
        {
            why = "is negative";
            return false;
        }

        var factor = 1L << (10 * power);
        if (number > long.MaxValue / factor)
        {
            why = "is too large";
            return false;
        }

        if (!hasUnit && number is > 0 and < Smallest)
        {
            why = "has no unit";
            return false;
        }

        bytes = (long)(number * factor);
        return true;
    }

    /// <summary>Three digits and a unit: "72.8MB".</summary>
    public static string Text(long bytes)
    {
        double size = Math.Abs((double)bytes);
        var unit = 0;
        while (size >= 999.5 && unit < Shown.Length - 1)
        {
            size /= 1024;
            unit++;
        }

        var format = unit == 0 || size >= 99.95 ? "0" : size >= 9.995 ? "0.#" : "0.##";
        return (bytes < 0 ? "-" : "") + size.ToString(format, CultureInfo.InvariantCulture) + Shown[unit];
    }
}
