namespace Pro.DockerVersioning.Engine;

/// <summary>
/// Where Docker's client runs: the folder that relative paths start from, and the variables that differ from this process's own
/// (<c>DOCKER_HOST</c>, <c>DOCKER_CONTEXT</c>, …; null takes one away).
/// </summary>
/// <param name="WorkingDirectory">The session's current folder. PowerShell's is not the process's.</param>
/// <param name="Overlay">Variables to set or take away.</param>
internal sealed record ChildEnvironment(string WorkingDirectory, IReadOnlyDictionary<string, string?> Overlay)
{
    /// <summary>Names of variables are compared as the system does.</summary>
    public static StringComparer NameComparer => OperatingSystem.IsWindows() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal;

    /// <summary>What the child will see under this name, or null.</summary>
    public string? Get(string name)
    {
        foreach (var (key, value) in Overlay)
        {
            if (NameComparer.Equals(key, name))
            {
                return value;
            }
        }

        return Environment.GetEnvironmentVariable(name);
    }

    /// <summary>The same with more variables on top.</summary>
    public ChildEnvironment With(IEnumerable<KeyValuePair<string, string?>> variables)
    {
        var overlay = new Dictionary<string, string?>(NameComparer);
        foreach (var (name, value) in Overlay.Concat(variables))
        {
            overlay[name] = value;
        }

        return this with { Overlay = overlay };
    }

    /// <summary>A path as the child will understand it.</summary>
    public string FullPath(string path) => Path.GetFullPath(path, Path.GetFullPath(WorkingDirectory));
}
