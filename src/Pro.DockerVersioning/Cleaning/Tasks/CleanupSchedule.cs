using System.Globalization;

namespace Pro.DockerVersioning.Cleaning.Tasks;

/// <summary>When a job runs: every day, or on one day of the week. Pure.</summary>
/// <param name="Day">The day; null: every day.</param>
/// <param name="At">The time of day, by the machine's clock.</param>
internal sealed record CleanupSchedule(DayOfWeek? Day, TimeOnly At)
{
    /// <summary>The five fields of a line of cron: crontab(5).</summary>
    public string ToCron()
    {
        var day = Day is { } one ? ((int)one).ToString(CultureInfo.InvariantCulture) : "*";
        return string.Create(CultureInfo.InvariantCulture, $"{At.Minute} {At.Hour} * * {day}");
    }

    /// <summary>The event of a systemd timer: systemd.time(7).</summary>
    public string ToCalendar() =>
        string.Create(CultureInfo.InvariantCulture, $"{(Day is { } day ? $"{day.ToString()[..3]} " : "")}*-*-* {At:HH:mm}:00");

    /// <summary>The first time at or after a moment.</summary>
    public DateTime Next(DateTime from)
    {
        var next = from.Date + At.ToTimeSpan();
        while (next < from || (Day is { } day && next.DayOfWeek != day))
        {
            next = next.AddDays(1);
        }

        return next;
    }

    /// <summary>The schedule in words.</summary>
    /// <returns>For example "Sunday 02:00".</returns>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{(Day is { } day ? day.ToString() : "every day")} {At:HH:mm}");
}
