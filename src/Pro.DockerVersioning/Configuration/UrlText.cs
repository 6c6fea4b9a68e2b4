using System.Text.RegularExpressions;

namespace Pro.DockerVersioning.Configuration;

/// <summary>URLs as they may be shown: user info, query and fragment can hold secrets, and are in no message and no history.</summary>
internal static partial class UrlText
{
    /// <summary>A URL without its secrets.</summary>
    public static string Shown(Uri url) => Shown(url.OriginalString);

    /// <summary>A text that should be a URL, without what would be its secrets.</summary>
    public static string Shown(string url) => Query().Replace(UserInfo().Replace(url, "$1"), "");

    // The last @ of the authority, as parsers read it.
    [GeneratedRegex("^([^/?#]*//)[^/?#]*@")]
    private static partial Regex UserInfo();

    [GeneratedRegex("[?#].*$", RegexOptions.Singleline)]
    private static partial Regex Query();
}
