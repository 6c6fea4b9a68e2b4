using System.Globalization;

namespace Pro.DockerVersioning.Tests.Deployment.Container;

/// <summary>Which of many faults a run tries: a thirtieth of them by a seed that a failure prints, or all of them.</summary>
internal static class FaultSample
{
    /// <summary>Gives the seed of a run that failed.</summary>
    public const string Variable = "PRO_TEST_SEED";

    private static readonly bool All = Environment.GetEnvironmentVariable("PRO_TEST_ALL_FAULTS") is not null;

    public static bool IsComplete => All;

    public static int Seed() =>
        int.TryParse(Environment.GetEnvironmentVariable(Variable), CultureInfo.InvariantCulture, out var given)
            ? given
            : Random.Shared.Next(10_000);

    public static bool Takes(int seed, int at) => All || (seed + at) % 30 == 0;

    /// <summary>One of several cases by the same seed, or all of them.</summary>
    public static IEnumerable<T> Some<T>(int seed, params T[] cases) => All ? cases : [cases[seed % cases.Length]];

    public static Fault Choose(int seed, int at) => (Fault)(((seed / 3) + at) % Enum.GetValues<Fault>().Length);
}
