using System.Text.RegularExpressions;

namespace Pro.DockerVersioning.Registry;

/// <summary>The grammar of names in a registry's addresses; what doesn't fit never gets into an address.</summary>
internal static partial class RegistryNames
{
    /// <summary>A repository as its registry calls it: Docker Hub's official ones live under <c>library/</c>.</summary>
    /// <exception cref="ArgumentException">It is no repository name.</exception>
    public static string Repository(string host, string repository)
    {
        if (!RepositoryPattern().IsMatch(repository))
        {
            throw new ArgumentException($"'{repository}' is no repository name.", nameof(repository));
        }

        return host is "docker.io" or "index.docker.io" && !repository.Contains('/', StringComparison.Ordinal)
            ? $"library/{repository}"
            : repository;
    }

    /// <summary>Returns a tag or digest as it is.</summary>
    /// <exception cref="ArgumentException">It is neither.</exception>
    public static string Reference(string reference) => TagPattern().IsMatch(reference) || IsDigest(reference)
        ? reference
        : throw new ArgumentException($"'{reference}' is neither a tag nor a digest.", nameof(reference));

    public static bool IsDigest(string reference) => DigestPattern().IsMatch(reference);

    [GeneratedRegex(@"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\z")]
    private static partial Regex TagPattern();

    [GeneratedRegex(@"^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[A-Za-z0-9=_-]+\z")]
    private static partial Regex DigestPattern();

    [GeneratedRegex(@"^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*\z")]
    private static partial Regex RepositoryPattern();
}
