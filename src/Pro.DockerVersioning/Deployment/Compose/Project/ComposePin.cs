using System.Text;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Deployment.Compose.Project;

/// <summary>How compose is made to take one image for one service.</summary>
internal abstract record ComposePin(string Service, ImageReference Target)
{
    /// <summary>What the child's environment gets.</summary>
    public virtual IReadOnlyDictionary<string, string?> Variables => new Dictionary<string, string?>();
}

/// <summary>By a variable in the child's environment, which goes before all files.</summary>
internal sealed record VariablePin(string Service, ImageReference Target, string Variable, string Value) : ComposePin(Service, Target)
{
    public override IReadOnlyDictionary<string, string?> Variables => new Dictionary<string, string?> { [Variable] = Value };

    /// <summary>As it is in <c>.env</c>.</summary>
    public string Line => $"{Variable}={Value}";

    /// <summary>What a user has to do to keep it.</summary>
    public string WriteInto(string file) => $"Write into {file}: {Line}";
}

/// <summary>By another content of <c>.env</c>, for a look only. Nobody else can read it meanwhile.</summary>
internal sealed record DotEnvPin(string Service, ImageReference Target, byte[] Content) : ComposePin(Service, Target);

/// <summary>By a compose file of ours, put over the project's own. It lasts beside the compose file.</summary>
internal sealed record OverridePin(string Service, ImageReference Target, string File) : ComposePin(Service, Target)
{
    /// <summary>What the file has to say.</summary>
    public byte[] ContentFor(RunningComposeProject project) =>
        Encoding.UTF8.GetBytes(OverrideFile.With(File, OverrideFile.VersionKey(project), Service, Target));
}

/// <summary>By the tag that the file itself names: compose takes whatever image has it on the engine.</summary>
internal sealed record AliasPin(string Service, ImageReference Target, ImageReference Alias) : ComposePin(Service, Target);
