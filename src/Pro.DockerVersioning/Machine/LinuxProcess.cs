using System.Globalization;

namespace Pro.DockerVersioning.Machine;

/// <summary>A process as Linux shows it: proc_pid_stat(5).</summary>
/// <param name="IsDead">True for one that does nothing any more, and only waits for its parent.</param>
/// <param name="Parent">Its parent's id.</param>
/// <param name="Start">When it was started, counted from the machine's start, whatever happens to the clock. Ids are given again.</param>
internal sealed record LinuxProcess(bool IsDead, string Parent, string Start)
{
    // From the state on, which is field 3: the parent is field 4, and the start field 22.
    private const int State = 0;
    private const int ParentId = 1;
    private const int StartTime = 19;

    /// <summary>The process with an id; null if there is none, where it is hidden, and on other systems.</summary>
    public static LinuxProcess? Find(int id)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        try
        {
            // The name in parentheses before the state may hold anything.
            var stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/stat"));
            var fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            return fields.Length > StartTime
                ? new LinuxProcess(fields[State] is "Z" or "X" or "x", fields[ParentId], fields[StartTime])
                : null;
        }
        catch (Exception missing) when (missing is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
