using Pro.DockerVersioning.Machine;
using System.Globalization;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning;

/// <summary>What the views of Pro.DockerVersioning.Format.ps1xml call. Not meant for scripts: its texts may change.</summary>
public static class Display
{
    /// <summary>A size as Docker writes it: three digits, in units of 1000.</summary>
    /// <param name="bytes">The size in bytes.</param>
    /// <returns>For example "72.8MB".</returns>
    public static string Size(long bytes) => ByteSize.Text(bytes);

    /// <summary>A part of a whole as a bar of ten places, in characters that every console has.</summary>
    /// <param name="share">0 to 1.</param>
    /// <returns>For example "[###.......]  31%".</returns>
    public static string Bar(double share)
    {
        var part = Math.Clamp(share, 0, 1);
        var full = (int)Math.Round(part * 10, MidpointRounding.AwayFromZero);
        return string.Create(CultureInfo.InvariantCulture, $"[{new string('#', full)}{new string('.', 10 - full)}] {part * 100,3:0}%");
    }

    /// <summary>How long ago something was, in its largest unit.</summary>
    /// <param name="then">When it was.</param>
    /// <returns>For example "3 days".</returns>
    public static string Age(DateTimeOffset then) => Span(Clock.Now - then);

    /// <summary>A length of time in its largest unit.</summary>
    /// <param name="span">The length.</param>
    /// <returns>For example "3 days".</returns>
    public static string Span(TimeSpan span) => span switch
    {
        { Ticks: < 0 } => "in future",
        { TotalMinutes: < 1 } => Count(span.TotalSeconds, "second"),
        { TotalHours: < 1 } => Count(span.TotalMinutes, "minute"),
        { TotalDays: < 2 } => Count(span.TotalHours, "hour"),
        { TotalDays: < 14 } => Count(span.TotalDays, "day"),
        { TotalDays: < 60 } => Count(span.TotalDays / 7, "week"),
        { TotalDays: < 730 } => Count(span.TotalDays / 30.44, "month"),
        _ => Count(span.TotalDays / 365.25, "year"),
    };

    /// <summary>What state a version is in, in a word.</summary>
    /// <param name="version">The version.</param>
    /// <returns>"running", "stopped" (only stopped containers hold it), or nothing.</returns>
    public static string State(ProImageVersion version)
    {
        ArgumentNullException.ThrowIfNull(version);
        return version.IsCurrent ? "running" : version.Containers.Any(container => container.IsRunning) ? "in use"
            : version.IsInUse ? "stopped" : "";
    }

    private static string Count(double number, string unit) => CountText.Text((long)number, unit);
}
