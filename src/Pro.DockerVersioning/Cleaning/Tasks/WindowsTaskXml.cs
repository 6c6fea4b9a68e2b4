using System.Globalization;
using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace Pro.DockerVersioning.Cleaning.Tasks;

/// <summary>
/// A job as Windows' Task Scheduler reads it: https://learn.microsoft.com/windows/win32/taskschd/task-scheduler-schema. It runs whether the
/// user is logged on or not, without a stored password (S4U): local resources only, which an engine's pipe is. Pure.
/// </summary>
internal static class WindowsTaskXml
{
    private static readonly XNamespace Schema = "http://schemas.microsoft.com/windows/2004/02/mit/task";

    /// <summary>The document, as schtasks /XML takes it.</summary>
    /// <param name="task">The job.</param>
    /// <param name="user">The account: DOMAIN\user.</param>
    /// <param name="now">The time from which on it is due.</param>
    public static XDocument Document(CleanupTask task, string user, DateTime now) => new(
        new XDeclaration("1.0", "UTF-16", null),
        new XElement(
            Schema + "Task",
            new XAttribute("version", "1.2"),
            Of("RegistrationInfo", Of("Description", "Removes old versions of Docker images, made by Register-ProCleanupTask.")),
            Of("Triggers", Of(
                "CalendarTrigger",
                Of("StartBoundary", task.Schedule.Next(now).ToString("s", CultureInfo.InvariantCulture)),
                Of("Enabled", "true"),
                task.Days.Count > 0
                    ? Of(
                        "ScheduleByWeek",
                        Of("WeeksInterval", "1"),
                        Of("DaysOfWeek", [.. task.Days.Order().Select(day => Of(day.ToString()))]))
                    : Of("ScheduleByDay", Of("DaysInterval", "1")))),
            Of("Principals", new XElement(
                Schema + "Principal",
                new XAttribute("id", "Author"),
                Of("UserId", user),
                Of("LogonType", "S4U"),
                Of("RunLevel", "LeastPrivilege"))),
            Of(
                "Settings",
                Of("MultipleInstancesPolicy", "IgnoreNew"),
                Of("DisallowStartIfOnBatteries", "false"),
                Of("StopIfGoingOnBatteries", "false"),
                Of("StartWhenAvailable", "true"),
                Of("ExecutionTimeLimit", "PT2H"),
                Of("Enabled", "true")),
            new XElement(
                Schema + "Actions",
                new XAttribute("Context", "Author"),
                Of(
                    "Exec",
                    Of("Command", task.Shell),
                    Of("Arguments", string.Join(' ', task.Arguments.Select(Quote))),
                    Of("WorkingDirectory", task.Folder)))));

    /// <summary>The script that a task of ours starts, by what schtasks prints; null if it is another one, or can't be told.</summary>
    public static string? FindScript(string printed)
    {
        try
        {
            const string Before = " -File ";
            var arguments = XDocument.Parse(printed.Trim()).Descendants(Schema + "Arguments").FirstOrDefault()?.Value ?? "";
            var start = arguments.IndexOf(Before, StringComparison.Ordinal);

            // The console's code page doesn't have all characters: a path that came through it is not the path.
            return start >= 0 && Ascii.IsValid(arguments) ? arguments[(start + Before.Length)..].Trim('"') : null;
        }
        catch (XmlException)
        {
            return null;
        }
    }

    private static XElement Of(string name, params object[] content) => new(Schema + name, content);

    // A path holds no quote on Windows; a backslash at its end would take the quote away.
    private static string Quote(string argument) => argument.AsSpan().IndexOfAny(" \\&") < 0 ? argument : $"\"{argument.TrimEnd('\\')}\"";
}
