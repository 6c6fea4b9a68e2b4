using System.Management.Automation;
using Pro.DockerVersioning.Configuration;

namespace Pro.DockerVersioning.Commands;

/// <summary>The base of the cmdlets that work on a repository's services.</summary>
public abstract class ProWorkspaceCmdlet : ProFolderCmdlet
{
    private protected ProWorkspaceCmdlet()
    {
    }

    /// <summary>Where images go; wins over the environment variable REGISTRY and over pro.json.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Registry { get; set; }

    /// <summary>The compose files; they win over the environment variable COMPOSE_FILE.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] ComposeFile { get; set; } = [];

    /// <summary>The parameters that decide about settings.</summary>
    private protected virtual ProParameters Parameters => new() { Registry = Registry, ComposeFiles = ComposeFile };

    /// <summary>Reads what holds here.</summary>
    private protected ProWorkspace OpenWorkspace() => ProWorkspace.Open(Folder, Parameters, ProEnvironmentVariables.OfProcess);
}
