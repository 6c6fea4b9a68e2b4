using System.Diagnostics;

namespace Pro.DockerVersioning.Bench;

/// <summary>
/// Measurements in pairs, one of each right after the other: what else the machine does falls on both. Every second pair turns the order
/// round.
/// </summary>
internal sealed record Pairs(IReadOnlyList<double> Left, IReadOnlyList<double> Right)
{
    /// <summary>The first thing.</summary>
    public Sample Ours => new(Left);

    /// <summary>The other.</summary>
    public Sample Theirs => new(Right);

    /// <summary>The first less the other, pair by pair.</summary>
    public Sample Differences => new(Left.Zip(Right, static (left, right) => left - right));

    /// <summary>Measures.</summary>
    /// <param name="count">How many pairs count.</param>
    /// <param name="warmUp">How many come before them, since caches are filled and code is compiled then.</param>
    /// <param name="ours">The first thing; is given the number of the pair.</param>
    /// <param name="theirs">The other.</param>
    /// <param name="cancellationToken">Stops between two measurements.</param>
    public static Pairs Measure(int count, int warmUp, Action<int> ours, Action<int> theirs, CancellationToken cancellationToken)
    {
        var (left, right) = (new List<double>(), new List<double>());
        for (var pair = -warmUp; pair < count; pair++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var number = Math.Max(0, pair);
            var (first, second) = pair % 2 == 0 ? (ours, theirs) : (theirs, ours);
            var (one, other) = (Time(first, number), Time(second, number));
            if (pair >= 0)
            {
                left.Add(pair % 2 == 0 ? one : other);
                right.Add(pair % 2 == 0 ? other : one);
            }
        }

        return new Pairs(left, right);
    }

    /// <summary>The wall time of one thing, in milliseconds.</summary>
    public static double Time(Action<int> action, int number)
    {
        var start = Stopwatch.GetTimestamp();
        action(number);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }
}
