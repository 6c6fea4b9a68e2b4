using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Configuration.Compose;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Machine;

namespace Pro.DockerVersioning.Deployment.Compose.Project;

/// <summary>The compose files of a project as they are on disk, wherever that is.</summary>
internal sealed class ProjectFiles
{
    private readonly RunningComposeProject _project;
    private readonly ProjectVariables _variables;

    /// <exception cref="ProException">A file is wrong.</exception>
    public ProjectFiles(RunningComposeProject project, ProjectVariables variables)
    {
        _project = project;
        _variables = variables;
        var disk = new DiskFiles(Root);
        var inputs = new ComposeInputs(disk, variables.Find, Root, Disk: disk);
        Services = ComposeProject.Load(inputs, [.. project.Files.Select(file => ComposePaths.Anywhere(Root, string.Empty, file))]).Services;
    }

    /// <summary>The services, merged.</summary>
    public IReadOnlyList<ComposeService> Services { get; }

    private string Root => _project.WorkingDirectory;

    /// <exception cref="ProException">There is none of that name.</exception>
    public ComposeService Find(string service) => Services.FirstOrDefault(one => one.Name == service)
        ?? throw ComposeErrors.ServiceNotFound(service, _project.Files, [.. Services.Select(one => one.Name)]);

    /// <summary>Refuses a file of variables that compose would wait for: a pipe, say.</summary>
    /// <exception cref="ProException">One of them is not a regular file.</exception>
    public void EnsureRegular()
    {
        foreach (var file in Services.SelectMany(one => FilesOf(one.Node["env_file"]).Concat(FilesOf(one.Node["label_file"]))))
        {
            RegularFile.Ensure(file.Path);
        }
    }

    /// <summary>A compose file as it is written, document by document. One that can't be read uses nothing.</summary>
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
    public ComposeScalar? InEnvFile(ComposeMapping service, string name)
    {
        foreach (var (file, written) in FilesOf(service["env_file"]).Reverse())
        {
            if (File.Exists(file) && DotEnvEditor.Raw(SourceText.ReadFile(file), name) is { } raw)
            {
                var text = raw.Trim();
                return text.StartsWith('\'') ? null : new ComposeScalar(written.Source, 1, 1, text.Trim('"'), isNull: false);
            }
        }

        return null;
    }

    /// <summary>Whether a service takes a file into its environment: then each change of it makes another container.</summary>
    public bool TakesAll(ComposeMapping service, string file) => FilesOf(service["env_file"]).Any(one => one.Path == file);

    private IEnumerable<(string Path, ComposeScalar Written)> FilesOf(ComposeNode? node) =>
        from item in node is ComposeSequence list ? list.Items : node is null ? [] : [node]
        let written = (item is ComposeMapping mapping ? mapping["path"] : item) as ComposeScalar
        where written is not null
        select (
            Path.GetFullPath(VariableFree(written.Text, written.At), Path.GetFullPath(written.Source.BaseDirectory, Root)),
            written);

    /// <summary>A position with its whole path, for messages.</summary>
    public string Place(FilePosition at) => new FilePosition(Path.GetFullPath(at.File, Root), at.Line, at.Column).ToString();

    /// <summary>A text with its variables replaced by what they are worth now.</summary>
    public string VariableFree(string text, FilePosition at) => ComposeInterpolation.Expand(text, at, _variables.Find, tellMissing: null);
}
