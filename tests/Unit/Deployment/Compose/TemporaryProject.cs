using Pro.DockerVersioning.Deployment.Compose.Program;
using Pro.DockerVersioning.Deployment.Compose.Project;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Tests.Deployment.Compose;

/// <summary>A folder with compose files. It goes away with the test.</summary>
internal sealed class TemporaryProject : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("pro-cr-");

    public TemporaryProject(string name = "shop") => Folder = _root.CreateSubdirectory(name).FullName;

    public string Folder { get; }

    public string DotEnv => Path.Combine(Folder, ".env");

    public Dictionary<string, string?> Variables { get; } = [];

    public string[] Files { get; set; } = ["docker-compose.yml"];

    public string[] EnvironmentFiles { get; set; } = [];

    public ChildEnvironment Environment => new(Folder, Variables);

    public RunningComposeProject Project => new()
    {
        Name = Path.GetFileName(Folder),
        WorkingDirectory = Folder,
        Files = [.. Files.Select(file => Path.Combine(Folder, file))],
        EnvironmentFiles = [.. EnvironmentFiles.Select(file => Path.Combine(Folder, file))],
    };

    public TemporaryProject Write(string name, string text)
    {
        var path = Path.Combine(Folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return this;
    }

    public string Read(string name) => File.ReadAllText(Path.Combine(Folder, name));

    public ImagePin Analyse(string repository, string service = "api", params RunningComposeProject[] neighbours)
    {
        var program = new ComposeProgram("docker", ["compose"], "2.40.3", new Version(2, 40));
        return new ImagePin(
            Project, service, ImageReference.Parse(repository), ProjectVariables.Load(Project, Environment, program), neighbours);
    }

    public void Dispose() => _root.Delete(recursive: true);
}
