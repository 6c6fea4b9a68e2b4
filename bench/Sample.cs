using System.Globalization;

namespace Pro.DockerVersioning.Bench;

/// <summary>Several measurements of one thing, in milliseconds (or whatever the unit says).</summary>
internal sealed class Sample
{
    private readonly double[] _sorted;

    public Sample(IEnumerable<double> values)
    {
        _sorted = [.. values.Order()];
        ArgumentOutOfRangeException.ThrowIfZero(_sorted.Length);
    }

    public double Median => _sorted.Length % 2 == 1
        ? _sorted[_sorted.Length / 2]
        : (_sorted[(_sorted.Length / 2) - 1] + _sorted[_sorted.Length / 2]) / 2;

    /// <summary>Median, range and number, as a table shows them.</summary>
    public string ToString(string unit) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Number(Median)} {unit} ({Number(_sorted[0])}–{Number(_sorted[^1])}, n={_sorted.Length})");

    private static string Number(double value) => value.ToString(
        Math.Abs(value) >= 100 ? "N0" : Math.Abs(value) >= 10 ? "0.0" : "0.00", CultureInfo.InvariantCulture);
}
