using System.Text;

namespace Pro.DockerVersioning.Deployment.Compose.Project;

/// <summary>A project for one run of compose: with a pin's variable in the child's environment, or with a file that holds the pin.</summary>
internal sealed record PinnedProject(RunningComposeProject Project, IReadOnlyDictionary<string, string?> Variables) : IDisposable
{
    private string? Temporary { get; init; }

    /// <summary>Pins for a look only: a file is written to a temporary folder, and goes away again.</summary>
    public static PinnedProject Of(RunningComposeProject project, ComposePin? pin)
    {
        switch (pin)
        {
            case OverridePin over:
                var text = OverrideFile.With(over.File, OverrideFile.VersionKey(project), over.Service, over.Target);
                var file = Write(Path.GetFileName(over.File), Encoding.UTF8.GetBytes(text));
                return new PinnedProject(project.WithFile(over.File, file), new Dictionary<string, string?>()) { Temporary = file };
            case DotEnvPin env:
                file = Write("env", env.Content);
                return new PinnedProject(project with { EnvironmentFiles = [file] }, new Dictionary<string, string?>()) { Temporary = file };
            default:
                return Lasting(project, pin);
        }
    }

    /// <summary>Pins for a run that makes containers: an override file is the lasting one, which their labels will name.</summary>
    public static PinnedProject Lasting(RunningComposeProject project, ComposePin? pin) => new(
        pin is OverridePin over ? project.WithFile(over.File, over.File) : project,
        pin is VariablePin variable
            ? new Dictionary<string, string?> { [variable.Variable] = variable.Value } : new Dictionary<string, string?>());

    /// <summary>Writes a file in a folder of its own, which is its owner's alone.</summary>
    private static string Write(string name, byte[] content)
    {
        var file = Path.Combine(Directory.CreateTempSubdirectory("pro-compose-").FullName, name);
        File.WriteAllBytes(file, content);
        return file;
    }

    public void Dispose()
    {
        if (Temporary is not null)
        {
            Directory.Delete(Path.GetDirectoryName(Temporary)!, recursive: true);
        }
    }
}
