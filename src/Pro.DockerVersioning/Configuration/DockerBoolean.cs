namespace Pro.DockerVersioning.Configuration;

/// <summary>Booleans as Docker's programs read them (Go's strconv.ParseBool).</summary>
internal static class DockerBoolean
{
    /// <summary>Takes 1, t, T, TRUE, true, True and their opposites.</summary>
    public static bool TryParse(string text, out bool value)
    {
        value = text is "1" or "t" or "T" or "TRUE" or "true" or "True";
        return value || text is "0" or "f" or "F" or "FALSE" or "false" or "False";
    }
}
