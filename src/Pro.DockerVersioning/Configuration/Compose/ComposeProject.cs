using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Configuration.Compose;

/// <summary>The services of a compose project. Values are read, and variables replaced, only when somebody asks for them.</summary>
internal sealed class ComposeProject
{
    /// <summary>The names that compose looks for, in its order.</summary>
    internal static readonly IReadOnlyList<string> DefaultNames =
        ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

    /// <summary>The files that compose puts over the default one, in its order; it takes the first.</summary>
    internal static readonly IReadOnlyList<string> DefaultOverrideNames =
        ["compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml"];

    private ComposeProject(IReadOnlyList<string> files, IReadOnlyList<ComposeService> services)
    {
        Files = files;
        Services = services;
    }

    /// <summary>The files, relative to the repository's root, in the order in which they are merged.</summary>
    public IReadOnlyList<string> Files { get; }

    /// <summary>The services in the order of the files.</summary>
    public IReadOnlyList<ComposeService> Services { get; }

    /// <summary>A service by name; null if there is none.</summary>
    public ComposeService? Find(string name) => Services.FirstOrDefault(service => service.Name == name);

    /// <summary>Loads the named files, later ones over earlier ones.</summary>
    /// <exception cref="ProException">A file is missing or wrong.</exception>
    public static ComposeProject Load(ComposeInputs inputs, IReadOnlyList<string> files)
    {
        var services = new ComposeLoader(inputs).Load(files);
        return new ComposeProject(files, [.. services.Select(entry => new ComposeService(entry.Key, entry.Value))]);
    }

    /// <summary>
    /// Loads what compose itself would find at the repository's root: the files that COMPOSE_FILE in <c>.env</c> names, else a file of
    /// a default name and its override. Null if there is nothing.
    /// </summary>
    /// <exception cref="ProException">A file is wrong.</exception>
    public static ComposeProject? LoadDefault(ComposeInputs inputs)
    {
        var files = FilesOfEnvFile(inputs) ?? DefaultFiles(inputs);
        return files.Count == 0 ? null : Load(inputs, files);
    }

    private static List<string> DefaultFiles(ComposeInputs inputs)
    {
        if (FirstOf(DefaultNames, inputs) is not { } main)
        {
            return [];
        }

        return FirstOf(DefaultOverrideNames, inputs) is { } over ? [main, over] : [main];
    }

    /// <summary>The first of the names that exists. Others would be read by nobody, so they are told.</summary>
    private static string? FirstOf(IReadOnlyList<string> names, ComposeInputs inputs)
    {
        var found = names.Where(inputs.Exists).ToList();
        if (found.Count > 1)
        {
            inputs.Reports?.Report(new WarningReport(
                $"Of {string.Join(", ", found)} only {found[0]} is read, as compose does. -ComposeFile names another one."));
        }

        return found.FirstOrDefault();
    }

    /// <summary>The files that COMPOSE_FILE in <c>.env</c> names, as it writes them; null if it names none.</summary>
    /// <exception cref="ProException">The file is wrong.</exception>
    public static IReadOnlyList<string>? NamedInEnvFile(ComposeInputs inputs)
    {
        var (values, _) = new ComposeLoader(inputs).ReadProjectEnv(string.Empty);
        if (inputs.TakesUsualNames || !values.TryGetValue(ProEnvironmentVariables.ComposeFileName, out var text)
            || string.IsNullOrWhiteSpace(text))
        {
            return null;
        }

        var separator = inputs.Environment(ProEnvironmentVariables.ComposePathSeparatorName)
            ?? values.GetValueOrDefault(ProEnvironmentVariables.ComposePathSeparatorName);
        return [.. ProEnvironmentVariables.SplitComposeFiles(text, separator)];
    }

    private static List<string>? FilesOfEnvFile(ComposeInputs inputs) =>
        NamedInEnvFile(inputs)?.Select(file => inputs.Locate(string.Empty, file)
            ?? throw ConfigurationErrors.ComposeFileOutside(
                file, $"{ProEnvironmentVariables.ComposeFileName} in .env", inputs.DiskRoot ?? string.Empty)).ToList();
}
