using System.Globalization;
using System.Text.RegularExpressions;

namespace Pro.DockerVersioning.Versions;

/// <summary>
/// Lengths of time as people write them: <c>60s</c>, <c>1h30m</c>, <c>7 days</c>, <c>hh:mm:ss</c>. A bare number is not one, since nobody
/// knows its unit, and neither is <c>02:00</c>, which may be minutes or hours. Only 0 is the same in every unit.
/// </summary>
internal static partial class DurationText
{
    /// <summary>What to write, for messages.</summary>
    public const string Forms = "60s, 5m, 2h, 7d, or hh:mm:ss";

    /// <summary>Reads a length of time. The sign is part of it, so that who refuses a negative one can say so.</summary>
    /// <param name="text">The text.</param>
    /// <param name="span">The length.</param>
    /// <param name="why">Why it is not one, as the end of a sentence that begins with the text.</param>
    public static bool TryParse(string text, out TimeSpan span, out string why)
    {
        span = TimeSpan.Zero;
        why = "is not a length of time";
        var rest = text.Trim();
        if (decimal.TryParse(rest, NumberStyles.Float, CultureInfo.InvariantCulture, out var bare))
        {
            why = "has no unit";
            return bare == 0;
        }

        var isNegative = rest.StartsWith('-');
        var unsigned = isNegative ? rest[1..] : rest;
        var clock = Clock().Match(unsigned);
        if (clock.Success && !clock.Groups["seconds"].Success)
        {
            why = "could be minutes or hours";
            return false;
        }

        if ((clock.Success ? OfClock(clock) : OfUnits(unsigned)) is not { } ticks)
        {
            return false;
        }

        if (ticks > TimeSpan.MaxValue.Ticks)
        {
            why = "is too long";
            return false;
        }

        span = TimeSpan.FromTicks(isNegative ? -(long)ticks : (long)ticks);
        return true;
    }

    /// <summary>In the largest unit that is there at least once: "12 minutes".</summary>
    public static string Text(TimeSpan span) => span switch
    {
        { TotalSeconds: < 0 } => "0 seconds",
        { TotalMinutes: < 1 } => CountText.Text((long)span.TotalSeconds, "second"),
        { TotalHours: < 1 } => CountText.Text((long)span.TotalMinutes, "minute"),
        { TotalDays: < 1 } => CountText.Text((long)span.TotalHours, "hour"),
        _ => CountText.Text((long)span.TotalDays, "day"),
    };

    // Not TimeSpan's own parser: it reads 36:00:00 as 36 days.
    private static decimal? OfClock(Match clock) =>
        Number(clock, "minutes") is < 60 and var minutes && Number(clock, "seconds") is < 60 and var seconds
            ? (Number(clock, "days") * TimeSpan.TicksPerDay) + (Number(clock, "hours") * TimeSpan.TicksPerHour)
                + (minutes * TimeSpan.TicksPerMinute) + decimal.Truncate(seconds * TimeSpan.TicksPerSecond)
            : null;

    private static decimal? OfUnits(string text)
    {
        if (Units().Match(text) is not { Success: true } match)
        {
            return null;
        }

        var ticks = 0m;
        var previous = long.MaxValue;
        for (var index = 0; index < match.Groups["number"].Captures.Count; index++)
        {
            // From large to small, each once: 30m1h and 1m1m are typing errors.
            var unit = TicksOf(match.Groups["unit"].Captures[index].Value);
            if (unit >= previous)
            {
                return null;
            }

            previous = unit;
            ticks += decimal.Truncate(decimal.Parse(
                match.Groups["number"].Captures[index].Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture) * unit);
        }

        return ticks;
    }

    private static long TicksOf(string unit) => unit.ToUpperInvariant() switch
    {
        "MS" or "MILLISECOND" or "MILLISECONDS" => TimeSpan.TicksPerMillisecond,
        "S" or "SEC" or "SECOND" or "SECONDS" => TimeSpan.TicksPerSecond,
        "M" or "MIN" or "MINUTE" or "MINUTES" => TimeSpan.TicksPerMinute,
        "H" or "HR" or "HOUR" or "HOURS" => TimeSpan.TicksPerHour,
        "D" or "DAY" or "DAYS" => TimeSpan.TicksPerDay,
        _ => 7 * TimeSpan.TicksPerDay,
    };

    private static decimal Number(Match match, string group) => match.Groups[group] is { Success: true } found
        ? decimal.Parse(found.Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture)
        : 0;

    [GeneratedRegex(
        @"\A((?<days>[0-9]{1,8})[.])?(?<hours>[0-9]{1,8}):(?<minutes>[0-9]{1,2})(:(?<seconds>[0-9]{1,2}([.][0-9]{1,7})?))?\z",
        RegexOptions.ExplicitCapture)]
    private static partial Regex Clock();

    [GeneratedRegex(
        @"\A((?<number>[0-9]{1,12}([.][0-9]{1,7})?) ?"
            + @"(?<unit>ms|milliseconds?|s|sec|seconds?|m|min|minutes?|h|hr|hours?|d|days?|w|weeks?) ?)+\z",
        RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Units();
}
