using System.Text.RegularExpressions;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Registry;

/// <summary>The grammar of names in a registry's addresses; what doesn't fit never gets into an address.</summary>
internal static partial class RegistryNames
{
    /// <summary>A repository as its registry calls it: Docker Hub's official ones live under <c>library/</c>.</summary>
    /// <exception cref="ArgumentException">It is not a repository name.</exception>
    public static string Repository(string host, string repository)
    {
        if (!repository.Split('/').All(ReferenceGrammar.IsPathComponent))
        {
            throw new ArgumentException($"'{repository}' is not a repository name.", nameof(repository));
        }

        return host is "docker.io" or "index.docker.io" && !repository.Contains('/', StringComparison.Ordinal)
            ? $"library/{repository}"
            : repository;
    }

    /// <summary>Returns a tag or digest as it is.</summary>
    /// <exception cref="ArgumentException">It is neither.</exception>
    public static string Reference(string reference) => ReferenceGrammar.IsTag(reference) || IsDigest(reference)
        ? reference
        : throw new ArgumentException($"'{reference}' is neither a tag nor a digest.", nameof(reference));

    /// <summary>Whether it is a digest, by whatever algorithm: a registry may have others than Docker takes in a reference.</summary>
    public static bool IsDigest(string reference) => DigestPattern().IsMatch(reference);

    [GeneratedRegex(@"^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[A-Za-z0-9=_-]+\z")]
    private static partial Regex DigestPattern();
}
