using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Configuration.Compose;
using Pro.DockerVersioning.Deployment.Compose.Program;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Machine;

namespace Pro.DockerVersioning.Deployment.Compose.Project;

/// <summary>
/// What a project's variables are worth, in compose's order: the process's environment (an empty value counts as set), then the files that
/// <c>--env-file</c> or <c>COMPOSE_ENV_FILES</c> names, or else <c>.env</c>.
/// </summary>
internal sealed class ProjectVariables
{
    private readonly ChildEnvironment _environment;
    private readonly List<(string Path, IReadOnlyDictionary<string, string> Values)> _files = [];

    private ProjectVariables(ChildEnvironment environment) => _environment = environment;

    /// <summary>The files that replace <c>.env</c>; empty if it is read.</summary>
    public IReadOnlyList<string> InsteadOfDotEnv { get; private init; } = [];

    /// <summary>True if the session says that no <c>.env</c> is read.</summary>
    public bool IgnoresDotEnv { get; private init; }

    /// <exception cref="ProException">A file is broken, or one that the session names is missing.</exception>
    public static ProjectVariables Load(RunningComposeProject project, ChildEnvironment environment, ComposeProgram program)
    {
        // The two variables are of later versions; 1.x doesn't know them.
        IReadOnlyList<string> named = project.EnvironmentFiles;
        var ignored = false;
        if (named.Count == 0 && !program.IsV1)
        {
            named = ProEnvironmentVariables.EnvFiles(environment.Get, environment.WorkingDirectory);
            ignored = named.Count == 0
                && DockerBoolean.TryParse(environment.Get(ProEnvironmentVariables.ComposeDisableEnvFileName) ?? "", out var no) && no;
        }

        var variables = new ProjectVariables(environment) { InsteadOfDotEnv = named, IgnoresDotEnv = ignored };
        foreach (var file in ignored ? [] : named.Count > 0 ? named : [project.DotEnv])
        {
            RegularFile.Ensure(file);
            if (File.Exists(file))
            {
                // A file sees the variables of those before it.
                variables._files.Add((file, DotEnvFile.Parse(SourceText.ReadFile(file), file, variables.Find)));
            }
            else if (named.Count > 0 && project.EnvironmentFiles.Count == 0)
            {
                throw ConfigurationErrors.EnvFileNotFound(file, "not there");
            }
        }

        return variables;
    }

    /// <summary>A variable's value; null if nobody sets it.</summary>
    public string? Find(string name) => _environment.Get(name) ?? FromFile(name)?.Value;

    /// <summary>The process's own value; null if it doesn't set it.</summary>
    public string? FromProcess(string name) => _environment.Get(name);

    /// <summary>For messages: "API_VERSION = 'v1' (exported in this session)".</summary>
    public string Describe(string name) => FromProcess(name) is { } exported ? $"{name} = '{exported}' (exported in this session)"
        : FromFile(name) is var (path, value) ? $"{name} = '{value}' ({path})"
        : $"{name} (set nowhere)";

    private (string Path, string Value)? FromFile(string name) =>
        _files.FindLast(file => file.Values.ContainsKey(name)) is { Values: { } values, Path: var path } ? (path, values[name]) : null;
}
