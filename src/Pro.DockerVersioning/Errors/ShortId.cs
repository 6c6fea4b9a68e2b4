namespace Pro.DockerVersioning.Errors;

/// <summary>Ids of images and containers, and hashes of commits, as messages show them and as the engine shortens them.</summary>
internal static class ShortId
{
    private const int Digits = 12;
    private const string Algorithm = "sha256:";

    /// <summary>The first twelve digits; what is shorter stays as it is.</summary>
    public static string Of(string id)
    {
        var hex = id.StartsWith(Algorithm, StringComparison.Ordinal) ? id[Algorithm.Length..] : id;
        return hex.Length > Digits ? hex[..Digits] : hex;
    }
}
