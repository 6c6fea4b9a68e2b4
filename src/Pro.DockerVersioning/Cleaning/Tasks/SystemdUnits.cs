using System.Text;
using System.Text.RegularExpressions;

namespace Pro.DockerVersioning.Cleaning.Tasks;

/// <summary>The two units of a job: systemd.service(5) and systemd.timer(5). Pure.</summary>
internal static partial class SystemdUnits
{
    private const string Prefix = "pro-docker-cleanup-";

    /// <summary>The name of the unit that does the work.</summary>
    public static string ServiceName(string task) => $"{Prefix}{task}.service";

    /// <summary>The name of the unit that starts it.</summary>
    public static string TimerName(string task) => $"{Prefix}{task}.timer";

    /// <summary>The unit that does the work.</summary>
    public static string Service(CleanupTask task)
    {
        var command = new StringBuilder(Quote(task.Shell));
        foreach (var argument in task.Arguments)
        {
            _ = command.Append(' ').Append(argument.StartsWith('-') ? argument : Quote(argument));
        }

        return $"""
            [Unit]
            Description=Pro.DockerVersioning clean-up {task.Name}

            [Service]
            Type=oneshot
            WorkingDirectory={Specifiers(task.Folder)}
            ExecStart={command}

            """.Replace("\r\n", "\n", StringComparison.Ordinal);
    }

    /// <summary>The unit that starts it; a time at which the machine was off is made up for.</summary>
    public static string Timer(CleanupTask task) => $"""
        [Unit]
        Description=Pro.DockerVersioning clean-up {task.Name}

        [Timer]
        OnCalendar={task.Schedule.ToCalendar()}
        Persistent=true

        [Install]
        WantedBy=timers.target

        """.Replace("\r\n", "\n", StringComparison.Ordinal);

    /// <summary>The script that a unit of ours starts; null if it is another one.</summary>
    public static string? FindScript(string unit)
    {
        const string Before = " -File \"";
        var command = Array.Find(unit.Split('\n'), line => line.StartsWith("ExecStart=", StringComparison.Ordinal))?.TrimEnd();
        var start = command?.IndexOf(Before, StringComparison.Ordinal) ?? -1;
        return command is null || start < 0 || !command.EndsWith('"') || command.Length <= start + Before.Length ? null
            : Escaped().Replace(command[(start + Before.Length)..^1], "$1$2$3");
    }

    /// <summary>What <see cref="Quote"/> has put a character before.</summary>
    [GeneratedRegex(@"\\([\\""])|\$(\$)|%(%)")]
    private static partial Regex Escaped();

    private static string Quote(string text) =>
        '"' + Specifiers(text).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)
            .Replace("$", "$$", StringComparison.Ordinal) + '"';

    private static string Specifiers(string text) => text.Replace("%", "%%", StringComparison.Ordinal);
}
