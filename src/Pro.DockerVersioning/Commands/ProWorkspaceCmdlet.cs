using System.Management.Automation;
using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Configuration.Catalog;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning;

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

    /// <summary>The services that the names mean, each once: an unknown name is an error, and the others go on.</summary>
    /// <param name="names">The names, wildcards and all.</param>
    /// <param name="match">Finds the services of one name.</param>
    private protected List<string> MatchEach(IEnumerable<string> names, Func<string, IReadOnlyList<string>> match)
    {
        var services = new List<string>();
        foreach (var name in names.Distinct(StringComparer.Ordinal))
        {
            try
            {
                services.AddRange(match(name).Except(services));
            }
            catch (ProException unknown) when (unknown.Id == ConfigurationErrors.UnknownServiceId)
            {
                WriteError(unknown);
            }
        }

        return services;
    }

    /// <summary>Reads what holds here.</summary>
    private protected ProWorkspace OpenWorkspace() => 
        Approved(ProWorkspace.Open(Folder, Parameters, ProEnvironmentVariables.OfProcess));
}
