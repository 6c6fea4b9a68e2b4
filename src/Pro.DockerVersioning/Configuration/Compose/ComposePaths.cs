using System.Text.RegularExpressions;

namespace Pro.DockerVersioning.Configuration.Compose;

/// <summary>What paths of a compose file mean.</summary>
internal static partial class ComposePaths
{
    /// <summary>True for what Docker would fetch: a URL, a git repository, an archive over HTTP, an OCI artifact.</summary>
    public static bool IsRemote(string path) => Remote().IsMatch(path);

    [GeneratedRegex(@"^(?:[A-Za-z][A-Za-z0-9+.-]*://|oci:|github\.com/|[\w.-]+@[\w.-]+:)", RegexOptions.CultureInvariant)]
    private static partial Regex Remote();
}
