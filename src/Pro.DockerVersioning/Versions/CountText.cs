using System.Globalization;

namespace Pro.DockerVersioning.Versions;

/// <summary>A number with its noun: "1 image", "2 images".</summary>
internal static class CountText
{
    /// <param name="number">How many.</param>
    /// <param name="noun">The singular.</param>
    public static string Text(long number, string noun) =>
        string.Create(CultureInfo.InvariantCulture, $"{number} {noun}{(number == 1 ? "" : "s")}");
}
