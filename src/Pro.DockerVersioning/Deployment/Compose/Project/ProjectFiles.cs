using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Configuration.Compose;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Machine;

namespace Pro.DockerVersioning.Deployment.Compose.Project;

/// <summary>The compose files of a project as they are on disk, wherever that is.</summary>
internal sealed class ProjectFiles
{
    private readonly ComposeProject _project;
    private readonly ProjectVariables _variables;

    private ProjectFiles(ComposeProject project, ProjectVariables variables, string root)
    {
        _project = project;
        _variables = variables;
        Root = root;
    }

    /// <summary>The folder that positions are relative to.</summary>
    public string Root { get; }

    /// <summary>The services, merged.</summary>
    public IReadOnlyList<ComposeService> Services => _project.Services;

    /// <summary>Reads them.</summary>
    /// <exception cref="ProException">A file is wrong.</exception>
    public static ProjectFiles Load(RunningComposeProject project, ProjectVariables variables)
    {
        var root = project.WorkingDirectory;
        var disk = new DiskFiles(root);
        var inputs = new ComposeInputs(disk, variables.Find, root, Disk: disk);
        var files = project.Files.Select(file => ComposePaths.Anywhere(root, string.Empty, file)).ToList();
        return new ProjectFiles(ComposeProject.Load(inputs, files), variables, root);
    }

    /// <summary>A service.</summary>
    /// <exception cref="ProException">There is none of that name.</exception>
    public ComposeService Find(RunningComposeProject project, string service) => _project.Find(service)
        ?? throw ComposeErrors.ServiceNotFound(service, project.Files, [.. Services.Select(one => one.Name)]);

    /// <summary>Refuses a file of variables that compose would wait for: a pipe, say.</summary>
    /// <exception cref="ProException">One of them is not a regular file.</exception>
    public void EnsureRegular(RunningComposeProject project)
    {
        foreach (var path in Services.SelectMany(one => FilesOf(one.Node["env_file"]).Concat(FilesOf(one.Node["label_file"]))))
        {
            RegularFile.Ensure(PathOf(project, path));
        }
    }

    private string PathOf(RunningComposeProject project, ComposeScalar path) => Path.GetFullPath(
        VariableFree(path.Text, path.At),
        path.Source.BaseDirectory.Length == 0 ? project.WorkingDirectory : Path.GetFullPath(path.Source.BaseDirectory, Root));

    /// <summary>A compose file as it is written, document by document. One that can't be read uses nothing that anybody could start.</summary>
    public static IReadOnlyList<ComposeMapping> DocumentsOf(string file)
    {
        try
        {
            return ComposeYaml.ReadFile(file);
        }
        catch (ProException)
        {
            return [];
        }
    }

    /// <summary>A variable of a service's <c>env_file</c> as it is written there, without quotes; null if none has it.</summary>
    public ComposeScalar? InEnvFile(RunningComposeProject project, ComposeMapping service, string name)
    {
        foreach (var path in FilesOf(service["env_file"]).Reverse())
        {
            var file = PathOf(project, path);
            if (File.Exists(file) && DotEnvEditor.Raw(SourceText.ReadFile(file), name) is { } raw)
            {
                var text = raw.Trim();
                return text.StartsWith('\'') ? null : new ComposeScalar(path.Source, 1, 1, text.Trim('"'), isNull: false);
            }
        }

        return null;
    }

    private static IEnumerable<ComposeScalar> FilesOf(ComposeNode? node) => (node switch
    {
        ComposeSequence list => list.Items.Select(item => item is ComposeMapping mapping ? mapping["path"] : item),
        null => [],
        _ => [node],
    }).OfType<ComposeScalar>();

    /// <summary>A position with its whole path, for messages.</summary>
    public string Place(FilePosition at) => new FilePosition(Path.GetFullPath(at.File, Root), at.Line, at.Column).ToString();

    /// <summary>The profiles that a service belongs to: it must be named together with one of them.</summary>
    public IReadOnlyList<string> ProfilesOf(string service) =>
        _project.Find(service)?.Node["profiles"] is ComposeSequence profiles
            ? [.. profiles.Items.OfType<ComposeScalar>().Select(profile => VariableFree(profile.Text, profile.At))]
            : [];

    /// <summary>A text with its variables replaced by what they are worth now.</summary>
    public string VariableFree(string text, FilePosition at) => ComposeInterpolation.Expand(text, at, _variables.Find, tellMissing: null);
}
