using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Configuration;

/// <summary>The registry as users write it: host, perhaps a port, perhaps a path.</summary>
internal static class RegistryText
{
    private const string Example = "Write a host and a path: registry.example.com/pro";

    /// <summary>Drops slashes at the end; refuses what can't be the beginning of an image's name.</summary>
    /// <exception cref="ProException">It has a scheme, white space, a tag, a digest or capital letters in its path.</exception>
    public static string Normalize(Setting<string> registry)
    {
        var text = registry.Value.TrimEnd('/');
        if (text.Contains("://", StringComparison.Ordinal))
        {
            var bare = text[(text.IndexOf("://", StringComparison.Ordinal) + 3)..];
            throw Bad(registry, "it has a scheme", $"Write it without: {bare}");
        }

        if (text.Length == 0 || text.StartsWith('/') || text.Contains("//", StringComparison.Ordinal))
        {
            throw Bad(registry, "a part of it is empty", Example);
        }

        if (text.Any(char.IsWhiteSpace) || text.IndexOfAny(['@', '\\', '?', '#']) >= 0)
        {
            throw Bad(registry, "it holds a character that no image's name has", Example);
        }

        return CheckPath(registry, text);
    }

    private static string CheckPath(Setting<string> registry, string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var host = slash < 0 ? text : text[..slash];
        var path = slash < 0 ? string.Empty : text[slash..];

        if (path.Contains(':', StringComparison.Ordinal))
        {
            throw Bad(registry, "it has a tag", "Leave the tag away: the version becomes the tag.");
        }

        return path.Any(char.IsAsciiLetterUpper)
            ? throw Bad(registry, "its path has capital letters", $"Write {host}{path.ToLowerInvariant()}")
            : text;
    }

    private static ProException Bad(Setting<string> registry, string reason, string action) =>
        ConfigurationErrors.BadRegistry(registry.Value, registry.Source, reason, action);
}
