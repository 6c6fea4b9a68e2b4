using System.Text;
using System.Text.RegularExpressions;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Versions;

/// <summary>Names the repository of a service: registry prefix and service, with errors that name the right one.</summary>
internal static partial class RepositoryName
{
    /// <summary><c>registry.example.com/pro</c> and <c>api</c> give <c>registry.example.com/pro/api</c>.</summary>
    /// <param name="registry">Host and path, perhaps with a slash at the end.</param>
    /// <param name="service">The service's name, or a path: <c>team/api</c>.</param>
    /// <exception cref="ProException">One of both can't be part of an image's name.</exception>
    public static ImageReference Combine(string registry, string service)
    {
        foreach (string part in service.Split('/'))
        {
            CheckService(part);
        }

        string prefix = CheckRegistry(registry);
        return ImageReference.Parse($"{prefix}/{service}");
    }

    /// <summary>The prefix without a slash at its end.</summary>
    /// <exception cref="ProException">It can't stand before a repository's name.</exception>
    public static string CheckRegistry(string registry)
    {
        string prefix = registry.TrimEnd('/');
        return Problem(prefix) is not { } problem
            ? prefix
            : throw VersionErrors.InvalidRegistry(registry, problem, SuggestRegistry(registry));
    }

    /// <summary>Refuses a service's name that Docker would refuse as an image's name.</summary>
    /// <exception cref="ProException">It is one; the error suggests the right one.</exception>
    public static void CheckService(string service)
    {
        if (!ReferenceGrammar.IsPathComponent(service))
        {
            throw VersionErrors.InvalidServiceName(service, ServiceReason(service), SuggestService(service));
        }
    }

    // The settings have refused a scheme, a tag and the like before (RegistryText). What is left is the grammar's.
    private static string? Problem(string prefix) => ReferenceGrammar.Split(prefix + "/x", out _);

    // The first part is Docker Hub's user, not a host; the grammar of paths judges it.
    private static bool IsHub(string first) => !first.Any(c => c is '.' or ':' || char.IsAsciiLetterUpper(c));

    private static string? SuggestRegistry(string registry)
    {
        string bare = Scheme().Replace(registry.Trim(), string.Empty).Trim('/');
        string[] parts = bare.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length > 1 && parts[^1].Contains(':', StringComparison.Ordinal))
        {
            parts[^1] = parts[^1][..parts[^1].IndexOf(':', StringComparison.Ordinal)];
        }

        string suggestion = string.Join('/', parts.Select((part, index) => index == 0 && !IsHub(part) ? part : part.ToLowerInvariant()));
        return suggestion != registry && Problem(suggestion) is null ? suggestion : null;
    }

    private static string ServiceReason(string service) => service switch
    {
        "" => "it is empty",
        _ when service.Any(char.IsAsciiLetterUpper) => "Docker allows no capital letters there",
        _ when service.Contains('/', StringComparison.Ordinal) => "it is a path",
        _ when !Ascii.IsValid(service) => "of letters, only a to z are allowed",
        _ when !char.IsAsciiLetterOrDigit(service[0]) || !char.IsAsciiLetterOrDigit(service[^1]) =>
            "it must start and end with a letter or digit",
        _ => "only small letters and digits are allowed, with single '.', '_', '__' or '-' between them",
    };

    private static string? SuggestService(string service)
    {
        // Without its letters it would be another name.
        if (!Ascii.IsValid(service))
        {
            return null;
        }

        string suggestion = Separators().Replace(Unusable().Replace(service.ToLowerInvariant(), "-"), "-").Trim('-', '.', '_');
        return ReferenceGrammar.IsPathComponent(suggestion) ? suggestion : null;
    }

    [GeneratedRegex(@"\A[A-Za-z][A-Za-z0-9+.-]*://", RegexOptions.CultureInvariant)]
    private static partial Regex Scheme();

    [GeneratedRegex("[^a-z0-9._-]+", RegexOptions.CultureInvariant)]
    private static partial Regex Unusable();

    // Two separators side by side, other than the two underscores that are one.
    [GeneratedRegex(@"(?!__(?![._-]))[._-]{2,}", RegexOptions.CultureInvariant)]
    private static partial Regex Separators();
}
