using System.Globalization;

namespace Pro.DockerVersioning.Versions;

/// <summary>Lengths of time as reasons tell them.</summary>
internal static class SpanText
{
    /// <summary>In the largest unit that is there at least once: "12 minutes".</summary>
    public static string Text(TimeSpan span) => span switch
    {
        { TotalSeconds: < 0 } => "0 seconds",
        { TotalMinutes: < 1 } => Count((long)span.TotalSeconds, "second"),
        { TotalHours: < 1 } => Count((long)span.TotalMinutes, "minute"),
        { TotalDays: < 1 } => Count((long)span.TotalHours, "hour"),
        _ => Count((long)span.TotalDays, "day"),
    };

    private static string Count(long number, string unit) =>
        string.Create(CultureInfo.InvariantCulture, $"{number} {unit}{(number == 1 ? "" : "s")}");
}
