using System.Net;

namespace Pro.DockerVersioning.Registry;

/// <summary>Where a registry is spoken to, by its name in a reference.</summary>
internal static class RegistryEndpoint
{
    /// <summary>
    /// The addresses to try. Docker Hub's registry has another name than its images. Loopback speaks HTTP first, for nobody gets
    /// certificates for it; what the engine calls insecure speaks HTTPS first, as the engine tries it.
    /// </summary>
    public static IReadOnlyList<Uri> Candidates(string host, Func<string, bool> isInsecure)
    {
        var name = host is "docker.io" or "index.docker.io" ? "registry-1.docker.io" : host;
        var secure = new Uri($"https://{name}/");
        var plain = new Uri($"http://{name}/");
        return IsLoopback(secure) ? [plain, secure] : isInsecure(host) ? [secure, plain] : [secure];
    }

    /// <summary>127.0.0.0/8, ::1 and localhost.</summary>
    public static bool IsLoopback(Uri uri) =>
        uri.IsLoopback || (IPAddress.TryParse(uri.IdnHost, out var address) && IPAddress.IsLoopback(address));

    /// <summary>Same scheme, host and port: only then may a login go along.</summary>
    public static bool IsSameOrigin(Uri one, Uri other) =>
        Uri.Compare(one, other, UriComponents.SchemeAndServer, UriFormat.Unescaped, StringComparison.OrdinalIgnoreCase) == 0;
}
