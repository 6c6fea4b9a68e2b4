namespace Pro.DockerVersioning.Configuration;

/// <summary>Paths relative to the repository's root, as git writes them: forward slashes, no dots, the root itself is "".</summary>
internal static class RepositoryPath
{
    /// <summary>Puts a path under a folder, both slashes accepted, dots resolved.</summary>
    /// <returns>Null if it is absolute or leads above the root.</returns>
    public static string? Resolve(string directory, string path)
    {
        var text = path.Replace('\\', '/');
        if (IsAbsolute(text))
        {
            return null;
        }

        var parts = new List<string>();
        foreach (var part in (directory + "/" + text).Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part == ".")
            {
                continue;
            }

            if (part != "..")
            {
                parts.Add(part);
            }
            else if (parts.Count > 0)
            {
                parts.RemoveAt(parts.Count - 1);
            }
            else
            {
                return null;
            }
        }

        return string.Join('/', parts);
    }

    private static bool IsAbsolute(string text) =>
        text.StartsWith('/') || (text.Length >= 2 && text[1] == ':' && char.IsAsciiLetter(text[0]));
}
