using System.Management.Automation;
using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Configuration.Catalog;
using Pro.DockerVersioning.Reporting;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning;

/// <summary>The base of the cmdlets that look at an engine's images by service.</summary>
public abstract class ProCleaningCmdlet : ProWorkspaceCmdlet
{
    private protected ProCleaningCmdlet()
    {
    }

    /// <summary>An environment of pro.json: its engine, and how many releases it keeps.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Environment { get; set; }

    /// <summary>Approves what pro.json of this repository names: an engine by its address, a history outside of the repository.</summary>
    [Parameter]
    public SwitchParameter TrustRepository { get; set; }

    private protected override bool? Trusts => TrustRepository;

    private protected override ProParameters Parameters =>
        base.Parameters with { Environment = Environment, NeedsRetentionOnly = true };

    /// <summary>The services that were asked for, with their repositories. One that is declared wrongly is an error of its own.</summary>
    private protected List<(string Name, ImageReference Repository)> Services(ProWorkspace workspace, IEnumerable<string> names)
    {
        var services = new List<(string, ImageReference)>();
        _ = workspace.Settings.RequireRegistry();
        var catalog = workspace.ReadCatalog(Reporter);
        foreach (var name in catalog.Match(names))
        {
            try
            {
                services.Add((name, workspace.RepositoryOf(catalog.Get(name))));
            }
            catch (ProException error)
            {
                WriteError(error);
            }
        }

        return services;
    }

    /// <summary>All services; none if no registry or no service is declared here: the engine has images all the same.</summary>
    private protected List<(string Name, ImageReference Repository)> AllServicesIfAny(ProWorkspace workspace)
    {
        try
        {
            return Services(workspace, ["*"]);
        }
        catch (ProException none)
        {
            Reporter.Report(new VerboseReport($"No services are known here: {none.Message}"));
            return [];
        }
    }
}
