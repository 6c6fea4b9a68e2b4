namespace Pro.DockerVersioning.Configuration;

/// <summary>What a command's parameters say; null or empty if they say nothing.</summary>
internal sealed record ProParameters
{
    /// <summary><c>-Registry</c>.</summary>
    public string? Registry { get; init; }

    /// <summary><c>-ComposeFile</c>, relative to the current folder, or absolute.</summary>
    public IReadOnlyList<string> ComposeFiles { get; init; } = [];

    /// <summary><c>-Environment</c>: an environment of <c>pro.json</c>.</summary>
    public string? Environment { get; init; }

    /// <summary>
    /// Cleaning: <c>-Environment</c> chooses how much is kept, so one with a retention will do; it need not say where services run.
    /// </summary>
    public bool NeedsRetentionOnly { get; init; }

    /// <summary><c>-Engine</c>: a docker context or an engine's address.</summary>
    public string? Engine { get; init; }

    /// <summary><c>-Alias</c>; null if the parameter wasn't given.</summary>
    public ProAlias? Aliases { get; init; }

    /// <summary><c>-Protect</c>: besides what <c>pro.json</c> protects.</summary>
    public IReadOnlyList<string> Protect { get; init; } = [];

    /// <summary><c>-Keep</c>.</summary>
    public int? Keep { get; init; }
}

/// <summary>Where the command runs.</summary>
/// <param name="CurrentFolder">The session's folder: relative paths of parameters and variables start here.</param>
/// <param name="Root">The repository's root (<see cref="ProjectRoot"/>); null outside of one.</param>
internal sealed record ProLocation(string CurrentFolder, string? Root);
