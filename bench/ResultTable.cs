using System.Globalization;
using Pro.DockerVersioning.Tests.Deployment.Container;

namespace Pro.DockerVersioning.Bench;

/// <summary>A Markdown table of results; counts the limits that were missed.</summary>
internal sealed class ResultTable(TextWriter output)
{
    private bool _begun;

    /// <summary>How many limits were missed.</summary>
    public int Missed { get; private set; }

    /// <summary>Ours against theirs, by the ratio of the medians.</summary>
    /// <param name="what">What was done.</param>
    /// <param name="ours">Ours.</param>
    /// <param name="theirs">What a user would use instead.</param>
    /// <param name="limit">The largest ratio that is allowed; null where none is promised.</param>
    /// <param name="unit">The unit of both.</param>
    public void Ratio(string what, Sample ours, Sample theirs, double? limit = null, string unit = "ms")
    {
        var ratio = ours.Median / theirs.Median;
        Row(what, ours.ToString(unit), theirs.ToString(unit), $"{Text(ratio)}×", limit is null ? null : $"≤ {Text(limit.Value)}×", ratio > limit);
    }

    /// <summary>What one thing costs above another, by the median of the pairs' differences.</summary>
    public void Above(string what, Sample ours, Sample theirs, Sample differences, double? limit = null)
    {
        var above = differences.Median;
        Row(what, ours.ToString("ms"), theirs.ToString("ms"), $"+{above.ToString("0", CultureInfo.InvariantCulture)} ms",
            limit is null ? null : $"< +{limit.Value.ToString("0", CultureInfo.InvariantCulture)} ms", above >= limit);
    }

    /// <inheritdoc cref="Ratio(string, Sample, Sample, double?, string)"/>
    public void Ratio(string what, Pairs pairs, double? limit = null) => Ratio(what, pairs.Ours, pairs.Theirs, limit);

    /// <inheritdoc cref="Above(string, Sample, Sample, Sample, double?)"/>
    public void Above(string what, Pairs pairs, double? limit = null) => Above(what, pairs.Ours, pairs.Theirs, pairs.Differences, limit);

    /// <summary>How much of a whole one part takes, by the medians.</summary>
    public void Part(string what, Sample part, Sample whole) =>
        Row(what, part.ToString("ms"), "", $"{(part.Median / whole.Median).ToString("P0", CultureInfo.InvariantCulture)}", null, missed: false);

    /// <summary>Something that is so or isn't.</summary>
    public void Verdict(string what, bool missed) => Row(what, "", "", "", "all", missed);

    /// <summary>Requests of which none may fail.</summary>
    public void Failures(string what, IReadOnlyList<string> answers)
    {
        var failed = answers.Count(answer => answer == Asker.Failed);
        Row(what, string.Create(CultureInfo.InvariantCulture, $"{failed} failed of {answers.Count:N0}"), "", "", "0", failed > 0);
    }

    /// <summary>A figure by itself.</summary>
    public void Figure(string what, string figure) => Row(what, figure, "", "", null, missed: false);

    /// <summary>A figure with a limit.</summary>
    public void Limit(string what, string figure, string limit, bool missed) => Row(what, figure, "", "", limit, missed);

    private static string Text(double ratio) => ratio.ToString("0.00", CultureInfo.InvariantCulture);

    private void Row(string what, string ours, string theirs, string result, string? limit, bool missed)
    {
        if (!_begun)
        {
            _begun = true;
            output.WriteLine("| what | ours | theirs | result | limit |");
            output.WriteLine("| --- | --- | --- | --- | --- |");
        }

        output.WriteLine($"| {what} | {ours} | {theirs} | {result} | {(limit is null ? "" : limit + (missed ? " **missed**" : " kept"))} |");
        Missed += missed ? 1 : 0;
    }
}
