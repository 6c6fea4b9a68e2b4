using System.Globalization;
using Pro.DockerVersioning.Configuration;

namespace Pro.DockerVersioning.History;

/// <summary>
/// Where the history is: one file a month, <c>history-2026-09.jsonl</c>, by the month (UTC) in which an entry ended. A month is small
/// enough to read, and old ones are put away by moving them. Nothing of ours deletes them.
/// </summary>
internal static class HistoryFolder
{
    private const string Prefix = "history-";
    private const string Suffix = ".jsonl";
    private const string Month = "yyyy-MM";

    /// <summary>
    /// The folder: <c>history</c> of pro.json, else the user's state folder (<c>XDG_STATE_HOME</c> or <c>~/.local/state</c>, see
    /// https://specifications.freedesktop.org/basedir-spec/latest/; on Windows <c>%LOCALAPPDATA%</c>). Null if the user has no home.
    /// </summary>
    public static string? Resolve(ProSettings settings) => settings.History?.Value ?? OfUser(settings.Variables.Raw);

    internal static string? OfUser(Func<string, string?> environment)
    {
        if (OperatingSystem.IsWindows())
        {
            var local = environment("LOCALAPPDATA") is { Length: > 0 } named
                ? named
                : Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData);
            return local.Length > 0 ? Path.Combine(local, "Pro.DockerVersioning") : null;
        }

        // The specification: a relative path is not a valid value, and counts as not set.
        if (environment("XDG_STATE_HOME") is { } state && Path.IsPathFullyQualified(state))
        {
            return Path.Combine(state, "pro-docker-versioning");
        }

        // Jobs have no HOME: the system's list of users knows it.
        var home = environment("HOME") is { Length: > 0 } given ? given : Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return home.Length > 0 ? Path.Combine(home, ".local", "state", "pro-docker-versioning") : null;
    }

    /// <summary>The file that takes an entry of this time.</summary>
    public static string FileFor(string folder, DateTimeOffset time) =>
        Path.Combine(folder, Prefix + time.UtcDateTime.ToString(Month, CultureInfo.InvariantCulture) + Suffix);

    /// <summary>The files there are that may hold entries of these times, newest first.</summary>
    public static IReadOnlyList<string> Files(string folder, DateTimeOffset? after, DateTimeOffset? before) =>
        [.. Directory.EnumerateFiles(folder, Prefix + "*" + Suffix)
            .Select(file => (File: file, Month: MonthOf(file)))
            .Where(one => one.Month is { } month
                && (after is null || month.AddMonths(1) > after.Value.UtcDateTime)
                && (before is null || month < before.Value.UtcDateTime))
            .OrderByDescending(one => one.Month)
            .Select(one => one.File)];

    private static DateTime? MonthOf(string file) =>
        DateTime.TryParseExact(
            Path.GetFileName(file)[Prefix.Length..^Suffix.Length],
            Month,
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
            out var month)
            ? month
            : null;
}
