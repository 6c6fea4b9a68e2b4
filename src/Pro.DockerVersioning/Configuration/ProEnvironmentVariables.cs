using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Configuration;

/// <summary>The environment variables that the module honours. One that is set but empty counts as not set.</summary>
/// <param name="read">Reads one variable; null if it isn't set.</param>
internal sealed class ProEnvironmentVariables(Func<string, string?> read)
{
    public const string RegistryName = "REGISTRY";
    public const string ComposeFileName = "COMPOSE_FILE";
    public const string ComposePathSeparatorName = "COMPOSE_PATH_SEPARATOR";
    public const string ComposeProjectName = "COMPOSE_PROJECT_NAME";
    public const string ComposeEnvFilesName = "COMPOSE_ENV_FILES";
    public const string ComposeDisableEnvFileName = "COMPOSE_DISABLE_ENV_FILE";
    public const string ComposeProfilesName = "COMPOSE_PROFILES";
    public const string BuildKitName = "DOCKER_BUILDKIT";

    /// <summary>The variables of compose that say what a project is. Who carries one of them elsewhere carries them all.</summary>
    public static IReadOnlyList<string> ComposeNames { get; } =
    [
        ComposeFileName, ComposePathSeparatorName, ComposeProjectName, ComposeEnvFilesName, ComposeDisableEnvFileName, ComposeProfilesName,
    ];

    /// <summary>This process's environment.</summary>
    public static ProEnvironmentVariables OfProcess { get; } = new(Environment.GetEnvironmentVariable);

    /// <summary>Where images go.</summary>
    public string? Registry => Get(RegistryName);

    /// <summary>The compose files as written, in order; empty if none is named.</summary>
    public IReadOnlyList<string> ComposeFiles =>
        Get(ComposeFileName) is { } text ? SplitComposeFiles(text, Get(ComposePathSeparatorName)) : [];

    /// <summary>Whether Docker's client is to build with BuildKit; null: its own default.</summary>
    /// <exception cref="ProException">The value is not a boolean of Docker's.</exception>
    public bool? BuildKit => Get(BuildKitName) is { } text
        ? DockerBoolean.TryParse(text, out var value) ? value : throw ConfigurationErrors.NotABoolean(BuildKitName, text)
        : null;

    /// <summary>A variable by name as it is, an empty one included: compose and build arguments tell the two apart.</summary>
    public string? Raw(string name) => read(name);

    /// <summary>Splits what COMPOSE_FILE holds, as compose does.</summary>
    /// <param name="text">The value.</param>
    /// <param name="separator">COMPOSE_PATH_SEPARATOR; null: the system's own separator of paths.</param>
    internal static IReadOnlyList<string> SplitComposeFiles(string text, string? separator) =>
        text.Split(separator ?? Path.PathSeparator.ToString(), StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>
    /// The files that COMPOSE_ENV_FILES names. Compose takes them relative to its current folder, which is the session's.
    /// </summary>
    /// <param name="read">Reads one variable; null if it isn't set.</param>
    /// <param name="folder">The session's folder; null leaves the paths as they are written.</param>
    internal static IReadOnlyList<string> EnvFiles(Func<string, string?> read, string? folder) =>
    [
        .. (read(ComposeEnvFilesName) ?? string.Empty)
            .Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(file => folder is null ? file : Path.GetFullPath(file, Path.GetFullPath(folder))),
    ];

    private string? Get(string name) => read(name) is { Length: > 0 } value && !string.IsNullOrWhiteSpace(value) ? value.Trim() : null;
}
