using System.Globalization;

namespace Pro.DockerVersioning.Cleaning.Tasks;

/// <summary>When a job runs: every day, or on some days of the week. Pure.</summary>
/// <param name="Days">The days; empty: every day.</param>
/// <param name="At">The time of day, by the machine's clock.</param>
internal sealed record CleanupSchedule(IReadOnlyList<DayOfWeek> Days, TimeOnly At)
{
    /// <summary>The five fields of a line of cron: crontab(5).</summary>
    public string ToCron()
    {
        var days = Days.Count > 0 ? string.Join(',', Days.Order().Select(day => (int)day)) : "*";
        return string.Create(CultureInfo.InvariantCulture, $"{At.Minute} {At.Hour} * * {days}");
    }

    /// <summary>The event of a systemd timer: systemd.time(7).</summary>
    public string ToCalendar()
    {
        var days = string.Join(',', Days.Order().Select(day => day.ToString()[..3]));
        return string.Create(CultureInfo.InvariantCulture, $"{(days.Length > 0 ? days + " " : "")}*-*-* {At:HH:mm}:00");
    }

    /// <summary>The first time at or after a moment.</summary>
    public DateTime Next(DateTime from)
    {
        var next = from.Date + At.ToTimeSpan();
        while (next < from || (Days.Count > 0 && !Days.Contains(next.DayOfWeek)))
        {
            next = next.AddDays(1);
        }

        return next;
    }

    /// <summary>The schedule in words.</summary>
    /// <returns>For example "Sunday 02:00".</returns>
    public override string ToString()
    {
        var days = Days.Count > 0 ? string.Join(", ", Days.Order()) : "every day";
        return string.Create(CultureInfo.InvariantCulture, $"{days} {At:HH:mm}");
    }
}
