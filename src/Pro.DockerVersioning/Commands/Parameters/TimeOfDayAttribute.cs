using System.Globalization;
using System.Management.Automation;
using System.Text.RegularExpressions;

namespace Pro.DockerVersioning.Commands.Parameters;

/// <summary>
/// A parameter that takes a time of day: 02:00, 14:30, 3am, 3:30 pm. PowerShell alone reads 2 as two days, which is midnight.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed partial class TimeOfDayAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        var text = Typed.Text(inputData);
        var time = Typed.Value(inputData) switch
        {
            TimeSpan span => span,
            TimeOnly only => only.ToTimeSpan(),
            DateTime moment => moment.TimeOfDay,
            _ => Read(text),
        };
        if (time is not { Ticks: >= 0 and < TimeSpan.TicksPerDay } of)
        {
            throw new ArgumentTransformationMetadataException($"'{text}' is not a time of day. Write 02:00, 14:30 or 3am.");
        }

        return of.Ticks % TimeSpan.TicksPerMinute == 0
            ? of
            : throw new ArgumentTransformationMetadataException(
                $"'{text}' has seconds, and schedulers start jobs on the minute. Write {of:hh\\:mm}.");
    }

    private static TimeSpan? Read(string text)
    {
        if (Clock().Match(text.Trim()) is not { Success: true } match)
        {
            return null;
        }

        var (hour, minute, second) = (Number(match, "hour"), Number(match, "minute"), Number(match, "second"));
        if (match.Groups["half"] is { Success: true } half)
        {
            // 12am is midnight, 12pm noon.
            hour = hour is < 1 or > 12 ? 24 : (hour % 12) + (half.Value.StartsWith('p') || half.Value.StartsWith('P') ? 12 : 0);
        }
        else if (!match.Groups["minute"].Success)
        {
            return null;
        }

        return hour < 24 && minute < 60 && second < 60 ? new TimeSpan(hour, minute, second) : null;
    }

    private static int Number(Match match, string group) =>
        match.Groups[group] is { Success: true } found ? int.Parse(found.Value, NumberStyles.None, CultureInfo.InvariantCulture) : 0;

    [GeneratedRegex(
        @"\A(?<hour>[0-9]{1,2})(:(?<minute>[0-9]{2})(:(?<second>[0-9]{2}))?)?( ?(?<half>[ap]\.?m\.?))?\z",
        RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Clock();
}
