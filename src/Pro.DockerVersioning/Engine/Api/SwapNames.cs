namespace Pro.DockerVersioning.Engine.Api;

/// <summary>
/// The names that containers have while one takes another's place. They are the swap's state: any operator can see them with
/// <c>docker ps -a</c>, and whoever comes next repairs what was interrupted.
/// </summary>
internal static class SwapNames
{
    private const string NextSuffix = ".pro-next";
    private const string PreviousSuffix = ".pro-prev";

    private const string DoneSuffix = ".pro-done";
    private static readonly string[] Suffixes = [NextSuffix, PreviousSuffix, DoneSuffix];

    /// <summary>The new one, before it has the name.</summary>
    public static string Next(string name) => name + NextSuffix;

    /// <summary>The old one, once the new one has the name.</summary>
    public static string Previous(string name) => name + PreviousSuffix;

    /// <summary>The old one, once the new one is verified: nothing can be restored from here, and only its removal is left.</summary>
    public static string Done(string name) => name + DoneSuffix;

    /// <summary>Whether a name is one of a swap's that has not ended.</summary>
    public static bool IsLeftover(string name) => BaseOf(name).Length < name.Length;

    /// <summary>The name that it is all about.</summary>
    public static string BaseOf(string name) =>
        Array.Find(Suffixes, suffix => name.EndsWith(suffix, StringComparison.Ordinal)) is { } found ? name[..^found.Length] : name;
}
