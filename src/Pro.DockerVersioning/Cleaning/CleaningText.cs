using System.Globalization;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Cleaning;

/// <summary>A plan and its results in words: the same for -WhatIf, the prompt and the summary.</summary>
internal static class CleaningText
{
    /// <summary>
    /// The lines that change something, those that somebody at work keeps from it, and what was asked for by name and stays.
    /// </summary>
    public static IReadOnlyList<string> Lines(CleaningPlan plan) =>
        [.. plan.Lines.Where(line => line.Goes || line.Step == CleaningStep.Skip || line.IsShown).Select(Line), .. plan.Notes];

    /// <summary>What is asked below the list.</summary>
    public static string Question(CleaningPlan plan)
    {
        var removed = plan.Going.Count(line => line.Step == CleaningStep.Remove);
        var leaving = plan.Going.Where(line => line.Step == CleaningStep.Remove).Select(line => line.ImageId)
            .ToHashSet(StringComparer.Ordinal);
        var untagged = plan.Going.Count(line => !leaving.Contains(line.ImageId));
        string[] parts =
        [
            .. removed > 0 ? [$"remove {CountText.Text(removed, "image")}"] : Array.Empty<string>(),
            .. untagged > 0 ? [$"take away {CountText.Text(untagged, "name")} of images that stay"] : Array.Empty<string>(),
        ];
        var text = string.Join(" and ", parts);
        return $"{char.ToUpperInvariant(text[0])}{text[1..]}? At most {ByteSize.Text(plan.Bytes)} come free.";
    }

    /// <summary>How it went.</summary>
    public static string Summary(IReadOnlyCollection<ProCleanupResult> results, string? root, long? before, long? after)
    {
        var counts = Enum.GetValues<ProCleanupAction>()
            .Select(action => (action, count: results.Count(result => result.Action == action)))
            .Where(one => one.count > 0)
            .Select(one => string.Create(CultureInfo.InvariantCulture, $"{one.count} {one.action.ToString().ToLowerInvariant()}"));
        var text = results.Count == 0 ? "Nothing to remove."
            : $"{string.Join(", ", counts)}; {ByteSize.Text(results.Sum(one => one.BytesFreed))} came free.";
        return before is { } then && after is { } now
            ? $"{text} Free at {root}: {ByteSize.Text(then)} before, {ByteSize.Text(now)} now."
            : text;
    }

    /// <summary>
    /// What a line is about, short: "registry/api:v1.0.0"; "sha256:0123456789ab (api v1.0.0)" for an image without a name.
    /// </summary>
    public static string Name(CleaningPlanItem line) => line.Reference == line.ImageId
        ? line.ImageId[..Math.Min(19, line.ImageId.Length)] + (line.Service is null ? "" : $" ({Subject(line)})")
        : line.Reference.Contains('@', StringComparison.Ordinal) && line.Version is not null ? $"{line.Reference} ({Subject(line)})"
        : line.Reference;

    private static string Subject(CleaningPlanItem line) => $"{line.Service}{(line.Version is null ? "" : $" {line.Version}")}";

    private static string Line(CleaningPlanItem line) => line.Step switch
    {
        CleaningStep.Remove => $"Remove {Name(line)}, {ByteSize.Text(line.Bytes)}: {line.Reason}",
        CleaningStep.Untag => $"Untag {Name(line)}: {line.Reason}",
        CleaningStep.Keep => $"Keep {Name(line)}: {line.Reason}",
        _ => $"Leave {Name(line)}: {line.Reason}",
    };
}
