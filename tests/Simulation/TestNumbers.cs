using System.Globalization;

namespace Pro.DockerVersioning.Tests.Simulation;

/// <summary>Numbers that the environment sets for the tests.</summary>
internal static class TestNumbers
{
    /// <summary>A variable's number, or another one where it has none.</summary>
    public static int Read(string variable, int otherwise)
    {
        var text = Environment.GetEnvironmentVariable(variable);
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : otherwise;
    }
}
