using System.Text;

namespace Pro.DockerVersioning.Deployment.Compose.Project;

/// <summary>A project for one run of compose: with a pin's variable in the child's environment, or its override file at hand.</summary>
internal sealed class PinnedProject : IDisposable
{
    private readonly string? _temporary;

    private PinnedProject(RunningComposeProject project, IReadOnlyDictionary<string, string?> variables, string? temporary)
    {
        Arguments = project.Arguments;
        Variables = variables;
        _temporary = temporary;
    }

    /// <summary>Compose's arguments before the command.</summary>
    public IReadOnlyList<string> Arguments { get; }

    /// <summary>What the child's environment gets.</summary>
    public IReadOnlyDictionary<string, string?> Variables { get; private set; }

    /// <summary>Pins for a look only: an override file is written to a temporary folder, and goes away again.</summary>
    public static PinnedProject Of(RunningComposeProject project, ComposePin? pin)
    {
        switch (pin)
        {
            case VariablePin variable:
                return Lasting(project, variable);
            case OverridePin over:
                var text = OverrideFile.With(over.File, OverrideFile.VersionKey(project), over.Service, over.Target);
                var file = Temporary(Path.GetFileName(over.File), Encoding.UTF8.GetBytes(text));
                return new PinnedProject(project.WithFile(over.File, file), new Dictionary<string, string?>(), file);
            default:
                return new PinnedProject(project, new Dictionary<string, string?>(), null);
        }
    }

    /// <summary>The project with another <c>.env</c>, for a look only. It goes away again; nobody else can read it meanwhile.</summary>
    public static PinnedProject Of(RunningComposeProject project, byte[] dotEnv)
    {
        var file = Temporary("env", dotEnv);
        return new PinnedProject(project with { EnvironmentFiles = [file] }, new Dictionary<string, string?>(), file);
    }

    /// <summary>Pins for a run that makes containers: an override file is the lasting one, which their labels will name.</summary>
    public static PinnedProject Lasting(RunningComposeProject project, ComposePin pin) => pin switch
    {
        VariablePin variable => new PinnedProject(project, new Dictionary<string, string?> { [variable.Variable] = variable.Value }, null),
        OverridePin over => new PinnedProject(project.WithFile(over.File, over.File), new Dictionary<string, string?>(), null),
        _ => Of(project, pin),
    };

    /// <summary>Adds variables.</summary>
    public PinnedProject WithVariables(IEnumerable<KeyValuePair<string, string?>> more)
    {
        Variables = Variables.Concat(more).ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal);
        return this;
    }

    /// <summary>A file in a folder of its own, which is its owner's alone.</summary>
    private static string Temporary(string name, byte[] content)
    {
        var file = Path.Combine(Directory.CreateTempSubdirectory("pro-compose-").FullName, name);
        File.WriteAllBytes(file, content);
        return file;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_temporary is not null)
        {
            Directory.Delete(Path.GetDirectoryName(_temporary)!, recursive: true);
        }
    }
}
