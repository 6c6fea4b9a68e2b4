using System.Text;

namespace Pro.DockerVersioning.Cleaning.Tasks;

/// <summary>
/// A crontab as text: each of our jobs is a block between two marks, and every other line stays as it is, to the byte. Pure. The format is
/// crontab(5)'s: a percent sign would end the command, so it is escaped.
/// </summary>
internal static class Crontab
{
    private const string Begin = "# BEGIN Pro.DockerVersioning cleanup ";
    private const string BeforeScript = " -File '";
    private const string End = "# END Pro.DockerVersioning cleanup ";

    /// <summary>The crontab with a job, in the place where it stood before, else at the end.</summary>
    public static string With(string crontab, CleanupTask task)
    {
        var block = $"{Begin}{task.Name}\n{task.Schedule.ToCron()} {Command(task)}\n{End}{task.Name}\n";
        if (Find(crontab, task.Name) is { } place)
        {
            return crontab[..place.Start] + block + crontab[place.End..];
        }

        return crontab + (crontab.Length > 0 && !crontab.EndsWith('\n') ? "\n" : "") + block;
    }

    /// <summary>The crontab without a job.</summary>
    public static string Without(string crontab, string name) =>
        Find(crontab, name) is { } place ? crontab[..place.Start] + crontab[place.End..] : crontab;

    /// <summary>Whether a job is in the crontab.</summary>
    public static bool Has(string crontab, string name) => Find(crontab, name) is not null;

    /// <summary>The script that a job's line starts; null if there is no such job, or its line is another one.</summary>
    public static string? FindScript(string crontab, string name)
    {
        if (Find(crontab, name) is not { } place)
        {
            return null;
        }

        var block = crontab[place.Start..place.End].Replace("\\%", "%", StringComparison.Ordinal);
        var start = block.IndexOf(BeforeScript, StringComparison.Ordinal);
        var end = block.LastIndexOf($"'\n{End}", StringComparison.Ordinal);
        return start < 0 || end < start ? null
            : block[(start + BeforeScript.Length)..end].Replace("'\\''", "'", StringComparison.Ordinal);
    }

    /// <summary>What cron gives to the shell. The log is the script's own; what it prints besides, cron mails.</summary>
    internal static string Command(CleanupTask task)
    {
        // A plain command, for a crontab may say SHELL=: with env in front a quoted program is one to every shell, PowerShell too.
        var command = new StringBuilder("/usr/bin/env ").Append(Quote(task.Shell));
        foreach (var argument in task.Arguments)
        {
            _ = command.Append(' ').Append(argument.StartsWith('-') ? argument : Quote(argument));
        }

        return command.Replace("%", "\\%").ToString();
    }

    private static string Quote(string text) => "'" + text.Replace("'", "'\\''", StringComparison.Ordinal) + "'";

    private static (int Start, int End)? Find(string crontab, string name)
    {
        var start = LineAt(crontab, Begin + name, 0);
        var end = start is { } from ? LineAt(crontab, End + name, from) : null;
        if (start is not { } first || end is not { } last)
        {
            return null;
        }

        var stop = crontab.IndexOf('\n', last);
        return (first, stop < 0 ? crontab.Length : stop + 1);
    }

    /// <summary>Where a line begins that is this text and nothing more.</summary>
    private static int? LineAt(string text, string line, int from)
    {
        for (var at = text.IndexOf(line, from, StringComparison.Ordinal); at >= 0; at = text.IndexOf(line, at + 1,
            StringComparison.Ordinal))
        {
            var end = at + line.Length;
            if ((at == 0 || text[at - 1] == '\n') && (end == text.Length || text[end] is '\n' or '\r'))
            {
                return at;
            }
        }

        return null;
    }
}
