using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Versions;
using Keys = Pro.DockerVersioning.Configuration.ProConfigurationKeys;
using Names = Pro.DockerVersioning.Configuration.ProEnvironmentVariables;

namespace Pro.DockerVersioning.Configuration;

/// <summary>
/// What holds for one command: parameter over environment variable over <c>pro.json</c> over default. What <c>-Environment</c>
/// chooses in <c>pro.json</c> counts as the command's own word and wins over variables that a shell happens to have.
/// </summary>
internal sealed record ProSettings
{
    /// <summary>How many releases cleaning keeps where nobody says: the guide's number.</summary>
    public const int DefaultKeep = 5;

    /// <summary>For how long targets protect their versions that are gone, where <c>pro.json</c> doesn't say.</summary>
    public static readonly TimeSpan DefaultGoneTargets = TimeSpan.FromDays(30);

    /// <summary>How many releases these environments keep where <c>pro.json</c> doesn't say.</summary>
    private static readonly Dictionary<string, int> DefaultRetention = new(StringComparer.OrdinalIgnoreCase)
    {
        ["production"] = 10,
        ["test"] = 5,
        ["development"] = 3,
    };

    /// <summary>Where the command runs.</summary>
    public required ProLocation Location { get; init; }

    /// <summary>The environment variables.</summary>
    public required ProEnvironmentVariables Variables { get; init; }

    /// <summary>Where images go, without a slash at the end; null if nobody says.</summary>
    public Setting<string>? Registry { get; init; }

    /// <summary>The compose files as absolute paths, later ones over earlier ones; empty: compose's default names.</summary>
    public required Setting<IReadOnlyList<string>> ComposeFiles { get; init; }

    /// <summary>The docker context or address that this command asks for; null: what DOCKER_HOST and Docker's files say.</summary>
    public Setting<string>? Engine { get; init; }

    /// <summary>The tag that the chosen environment declares for what is deployed there; null if it declares none.</summary>
    public string? DeploymentAlias { get; init; }

    /// <summary>Whether to build with BuildKit; the value null leaves it to Docker's client.</summary>
    /// <exception cref="ProException">The variable's value is none that Docker takes. Only a build looks at it.</exception>
    public Setting<bool?> BuildKit => Variables.BuildKit is { } buildKit
        ? new(buildKit, SettingOrigin.EnvironmentVariable, Names.BuildKitName)
        : new(null, SettingOrigin.Default, string.Empty);

    /// <summary>The aliases that a release moves besides latest.</summary>
    public required Setting<ProAlias> Aliases { get; init; }

    /// <summary>Patterns that cleaning never removes: those of the parameter and those of <c>pro.json</c> together.</summary>
    public required IReadOnlyList<string> Protect { get; init; }

    /// <summary>How many releases of a service cleaning keeps.</summary>
    public required Setting<int> Keep { get; init; }

    /// <summary>For how long targets protect their versions that are gone.</summary>
    public TimeSpan GoneTargets { get; init; } = DefaultGoneTargets;

    /// <summary>The history's folder as an absolute path; null: the user's state folder.</summary>
    public Setting<string>? History { get; init; }

    /// <summary>True if only compose files of the usual names count, whatever <c>.env</c> names.</summary>
    public bool TakesUsualComposeFiles { get; private init; }

    /// <summary>The same, with the compose file of the usual names, where a tree has none of those that are named.</summary>
    public ProSettings WithoutComposeFiles() =>
        this with { ComposeFiles = new([], SettingOrigin.Default, string.Empty), TakesUsualComposeFiles = true };

    /// <summary>The registry, or an error that says the three ways to name one.</summary>
    /// <exception cref="ProException">Nobody names a registry.</exception>
    public string RequireRegistry() => Registry?.Value ?? throw ConfigurationErrors.RegistryMissing();

    /// <summary>Puts the sources together.</summary>
    /// <exception cref="ProException">A value is wrong, or the environment isn't in <c>pro.json</c>.</exception>
    public static ProSettings Resolve(
        ProParameters parameters, ProEnvironmentVariables variables, ProConfiguration configuration, ProLocation location)
    {
        var environment = ChooseEnvironment(parameters, configuration);
        return new ProSettings
        {
            Location = location,
            Variables = variables,
            Registry = ResolveRegistry(parameters, variables, configuration),
            ComposeFiles = ResolveComposeFiles(parameters, variables, environment, location),
            Engine = ResolveEngine(parameters, environment),
            DeploymentAlias = environment?.Configuration.Alias,
            Aliases = ResolveAliases(parameters, configuration),
            Protect = [.. parameters.Protect.Concat(configuration.Protect).Distinct(StringComparer.Ordinal)],
            Keep = ResolveKeep(parameters, configuration, environment),
            GoneTargets = configuration.GoneTargets ?? DefaultGoneTargets,
            History = configuration.History is { } history
                ? new(Path.GetFullPath(history, Base(location)), SettingOrigin.Configuration, Keys.History)
                : null,
        };
    }

    private static ChosenEnvironment? ChooseEnvironment(ProParameters parameters, ProConfiguration configuration)
    {
        if (parameters.Environment is not { } name)
        {
            return null;
        }

        if (configuration.Environments.TryGetValue(name, out var chosen))
        {
            return new ChosenEnvironment(name, chosen);
        }

        return parameters.NeedsRetentionOnly && (configuration.Retention.ContainsKey(name) || DefaultRetention.ContainsKey(name))
            ? new ChosenEnvironment(name, new EnvironmentConfiguration())
            : throw ConfigurationErrors.UnknownEnvironment(
                name, [.. configuration.Environments.Keys], NameSuggestion.Nearest(name, configuration.Environments.Keys));
    }

    private static Setting<string>? ResolveRegistry(
        ProParameters parameters, ProEnvironmentVariables variables, ProConfiguration configuration)
    {
        var registry = First(
            (parameters.Registry, SettingOrigin.Parameter, "-Registry"),
            (variables.Registry, SettingOrigin.EnvironmentVariable, Names.RegistryName),
            (configuration.Registry, SettingOrigin.Configuration, Keys.Registry));
        return registry is null ? null : registry with { Value = RegistryText.Normalize(registry) };
    }

    private static Setting<IReadOnlyList<string>> ResolveComposeFiles(
        ProParameters parameters, ProEnvironmentVariables variables, ChosenEnvironment? environment, ProLocation location)
    {
        if (parameters.ComposeFiles.Count > 0)
        {
            return Files(parameters.ComposeFiles, location.CurrentFolder, SettingOrigin.Parameter, "-ComposeFile");
        }

        if (environment is { Configuration.ComposeFiles: { Count: > 0 } files })
        {
            return Files(files, Base(location), SettingOrigin.ChosenEnvironment, environment.Key(Keys.ComposeFile));
        }

        return variables.ComposeFiles is { Count: > 0 } named
            ? Files(named, location.CurrentFolder, SettingOrigin.EnvironmentVariable, Names.ComposeFileName)
            : new([], SettingOrigin.Default, string.Empty);
    }

    private static Setting<string>? ResolveEngine(ProParameters parameters, ChosenEnvironment? environment) => First(
        (parameters.Engine, SettingOrigin.Parameter, "-Engine"),
        (environment?.Configuration.Engine, SettingOrigin.ChosenEnvironment, environment?.Key(Keys.Engine) ?? string.Empty));

    private static Setting<ProAlias> ResolveAliases(ProParameters parameters, ProConfiguration configuration)
    {
        if (parameters.Aliases is { } asked)
        {
            return new(asked, SettingOrigin.Parameter, "-Alias");
        }

        return configuration.Aliases is { } configured
            ? new(configured, SettingOrigin.Configuration, Keys.Aliases)
            : new(ProAlias.None, SettingOrigin.Default, string.Empty);
    }

    private static Setting<int> ResolveKeep(
        ProParameters parameters, ProConfiguration configuration, ChosenEnvironment? environment)
    {
        if (parameters.Keep is { } keep)
        {
            return new(keep, SettingOrigin.Parameter, "-Keep");
        }

        if (environment is not null && configuration.Retention.TryGetValue(environment.Name, out var retention))
        {
            return new(retention, SettingOrigin.ChosenEnvironment, $"{Keys.Retention}.{environment.Name}");
        }

        var usual = environment is null ? DefaultKeep : DefaultRetention.GetValueOrDefault(environment.Name, DefaultKeep);
        return new(usual, SettingOrigin.Default, string.Empty);
    }

    private static Setting<IReadOnlyList<string>> Files(
        IReadOnlyList<string> files, string folder, SettingOrigin origin, string name) =>
        new([.. files.Select(file => Path.GetFullPath(file, Path.GetFullPath(folder)))], origin, name);

    private static Setting<string>? First(params (string? Value, SettingOrigin Origin, string Name)[] candidates) =>
        candidates
            .Where(candidate => !string.IsNullOrWhiteSpace(candidate.Value))
            .Select(candidate => new Setting<string>(candidate.Value!.Trim(), candidate.Origin, candidate.Name))
            .FirstOrDefault();

    /// <summary>Paths of <c>pro.json</c> start at the root.</summary>
    private static string Base(ProLocation location) => Path.GetFullPath(location.Root ?? location.CurrentFolder);

    private sealed record ChosenEnvironment(string Name, EnvironmentConfiguration Configuration)
    {
        public string Key(string key) => $"{Keys.Environments}.{Name}.{key}";
    }
}
