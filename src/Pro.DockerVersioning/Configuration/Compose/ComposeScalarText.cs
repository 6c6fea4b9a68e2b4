using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;

namespace Pro.DockerVersioning.Configuration.Compose;

/// <summary>
/// What compose makes of a scalar without quotes: its YAML library reads numbers and booleans, and Go writes them as a text again. So
/// <c>True</c> becomes <c>true</c>, <c>1.10</c> becomes <c>1.1</c> and <c>0755</c> becomes <c>493</c>.
/// </summary>
/// <remarks>By the table of https://github.com/yaml/go-yaml/blob/v3/resolve.go; words like <c>yes</c> are texts there.</remarks>
internal static partial class ComposeScalarText
{
    private const int MostPlain = 6;

    /// <summary>Is it a date to YAML? compose takes none if a text is wanted.</summary>
    public static bool IsDate(string written) => Date().Match(written) is { Success: true } match
        && DateOnly.TryParseExact(match.Groups["day"].Value, "yyyy-M-d", CultureInfo.InvariantCulture, DateTimeStyles.None, out _);

    /// <summary>The text that compose gets.</summary>
    public static string Resolve(string written) => written switch
    {
        "true" or "True" or "TRUE" => "true",
        "false" or "False" or "FALSE" => "false",
        ".nan" or ".NaN" or ".NAN" => "NaN",
        ".inf" or ".Inf" or ".INF" or "+.inf" or "+.Inf" or "+.INF" => "+Inf",
        "-.inf" or "-.Inf" or "-.INF" => "-Inf",
        ['.', ..] => PointFirst().IsMatch(written) ? Float(written) : written,
        ['+' or '-' or (>= '0' and <= '9'), ..] => Number(written),
        _ => written,
    };

    private static string Number(string written)
    {
        var plain = written.Replace("_", string.Empty, StringComparison.Ordinal);
        if (Integer(plain) is { } integer)
        {
            return integer.ToString(CultureInfo.InvariantCulture);
        }

        return Decimal().IsMatch(plain) ? Float(plain) : written;
    }

    /// <summary>An integer as Go reads it with base 0, of 64 bits; a zero at the beginning means octal.</summary>
    private static BigInteger? Integer(string text)
    {
        var match = Whole().Match(text);
        if (!match.Success)
        {
            return null;
        }

        var radix = match.Groups["hex"].Success ? 16 : match.Groups["octal"].Success ? 8 : match.Groups["binary"].Success ? 2 : 10;
        var value = BigInteger.Zero;
        foreach (var digit in match.Groups["digits"].Value)
        {
            value = (value * radix) + Convert.ToInt32(digit.ToString(), 16);
        }

        var sign = match.Groups["sign"].Value;
        value = sign == "-" ? -value : value;
        var most = sign.Length == 0 ? ulong.MaxValue : long.MaxValue;
        return value >= long.MinValue && value <= most ? value : null;
    }

    /// <summary>A number with a point or an exponent, as Go writes it: the shortest digits, from a million on with an exponent.</summary>
    private static string Float(string text)
    {
        var value = double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
        if (double.IsInfinity(value))
        {
            return text;
        }

        var shortest = ShortestFloat().Match(value.ToString("R", CultureInfo.InvariantCulture));
        var all = shortest.Groups["whole"].Value + shortest.Groups["part"].Value;
        var digits = all.TrimStart('0').TrimEnd('0');
        var leading = all.Length - all.TrimStart('0').Length;
        var exponent = value == 0 ? 0 : shortest.Groups["whole"].Length - 1 - leading
            + (shortest.Groups["exponent"] is { Success: true, Value: var power10 } ? int.Parse(power10, CultureInfo.InvariantCulture) : 0);
        var sign = double.IsNegative(value) ? "-" : string.Empty;
        if (exponent is >= -4 and < MostPlain)
        {
            return sign + Plain(digits, exponent);
        }

        var rest = digits.Length > 1 ? "." + digits[1..] : string.Empty;
        var power = string.Create(CultureInfo.InvariantCulture, $"e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}");
        return $"{sign}{digits[0]}{rest}{power}";
    }

    private static string Plain(string digits, int exponent)
    {
        if (digits.Length == 0)
        {
            return "0";
        }

        if (exponent < 0)
        {
            return "0." + new string('0', -exponent - 1) + digits;
        }

        return digits.Length <= exponent + 1
            ? digits.PadRight(exponent + 1, '0')
            : $"{digits[..(exponent + 1)]}.{digits[(exponent + 1)..]}";
    }

    [GeneratedRegex(
        @"\A(?<day>[0-9]{4}-[0-9]{1,2}-[0-9]{1,2})([Tt][0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})"
        + @"|[ ][0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(\.[0-9]+)?)?\z",
        RegexOptions.ExplicitCapture)]
    private static partial Regex Date();

    [GeneratedRegex(@"\A\.[0-9]+([eE][-+]?[0-9]+)?\z")]
    private static partial Regex PointFirst();

    [GeneratedRegex(@"\A[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\z")]
    private static partial Regex Decimal();

    [GeneratedRegex(
        @"\A(?<sign>[-+]?)((?<hex>0[xX])(?<digits>[0-9a-fA-F]+)|(?<octal>0[oO]?)(?<digits>[0-7]+)|(?<binary>0[bB])(?<digits>[01]+)"
        + @"|(?<digits>0|[1-9][0-9]*))\z",
        RegexOptions.ExplicitCapture)]
    private static partial Regex Whole();

    [GeneratedRegex(@"\A-?(?<whole>[0-9]+)(\.(?<part>[0-9]+))?(E(?<exponent>[-+][0-9]+))?\z", RegexOptions.ExplicitCapture)]
    private static partial Regex ShortestFloat();
}
