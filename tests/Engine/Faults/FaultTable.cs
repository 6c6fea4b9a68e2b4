using System.Globalization;

namespace Pro.DockerVersioning.Tests.Engine.Faults;

/// <summary>How many cases of each fault went well in a scenario: one line of the table that scripts/faults.sh prints.</summary>
internal sealed class FaultTable(string scenario)
{
    private static readonly Fault[] Faults = [Fault.Kill, Fault.Refuse, Fault.Reset, Fault.Hang];

    private readonly Dictionary<(Fault Fault, bool AmongChanges), (int Well, int All)> _counts = [];

    /// <summary>Counts a case.</summary>
    public void Count(FaultPlan plan, bool isWell)
    {
        var key = (plan.Fault == Fault.KillAlone ? Fault.Kill : plan.Fault, plan.AmongChanges);
        var (well, all) = _counts.GetValueOrDefault(key);
        _counts[key] = (well + (isWell ? 1 : 0), all + 1);
    }

    /// <summary>The line, in Markdown; written to the file that PRO_TEST_FAULT_TABLE names as well.</summary>
    public string Write(int changes)
    {
        var others = Faults.Select(fault => _counts.GetValueOrDefault((fault, false))).ToArray();
        var line =
            $"| {scenario} | {changes} | {string.Join(" | ", Faults.Select(fault => Cell(_counts.GetValueOrDefault((fault, true)))))} "
            + $"| {Cell((others.Sum(count => count.Well), others.Sum(count => count.All)))} |";
        if (Environment.GetEnvironmentVariable("PRO_TEST_FAULT_TABLE") is { Length: > 0 } file)
        {
            File.AppendAllText(file, line + "\n");
        }

        return line;
    }

    private static string Cell((int Well, int All) count) =>
        count.All == 0 ? "–" : string.Create(CultureInfo.InvariantCulture, $"{count.Well} of {count.All}");
}
