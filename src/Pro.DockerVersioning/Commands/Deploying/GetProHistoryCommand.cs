using System.Management.Automation;
using Pro.DockerVersioning.Commands.Parameters;
using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Configuration.Catalog;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.History;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning;

/// <summary>Reads the history, newest first: who did what to which service, when, why, and how it went.</summary>
[Cmdlet(VerbsCommon.Get, "ProHistory")]
[OutputType(typeof(ProHistoryEntry))]
public sealed class GetProHistoryCommand : ProFolderCmdlet
{
    /// <summary>The services; wildcards are allowed. All where it isn't given.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ServiceCompleter))]
    public string[] Service { get; set; } = ["*"];

    /// <summary>Only what was done so.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    [Choice(typeof(ProHistoryKind), Several = true)]
    public ProHistoryKind[] Kind { get; set; } = [];

    /// <summary>Only what ended so; wildcards are allowed.</summary>
    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Outcome { get; set; } = [];

    /// <summary>Only what ended at this time or later.</summary>
    [Parameter]
    public DateTimeOffset? After { get; set; }

    /// <summary>Only what ended before this time.</summary>
    [Parameter]
    public DateTimeOffset? Before { get; set; }

    /// <summary>Approves that pro.json of this repository names a history outside of it.</summary>
    [Parameter]
    public SwitchParameter TrustRepository { get; set; }

    private protected override bool? Trusts => TrustRepository;

    private protected override async Task ProcessAsync()
    {
        if (After >= Before)
        {
            throw CommandErrors.Contradiction("-After", "-Before", "nothing ends after the one and before the other");
        }

        var workspace = Approved(ProWorkspace.Open(Folder, new ProParameters(), ProEnvironmentVariables.OfProcess));
        var filter = new HistoryFilter
        {
            // The history's own names, not the catalogue's: a service that is gone has a past too.
            Services = Array.Exists(Service, name => name == "*") ? [] : [.. Service.Select(NamePattern.Compile)],
            Kinds = Kind,
            Outcomes = [.. Outcome.Select(NamePattern.Compile)],
            After = After,
            Before = Before,
        };
        var log = HistoryLog.Open(workspace.Settings);
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        await foreach (var entry in log.ReadAsync(filter, Reporter, StopToken))
        {
            _ = seen.Add(entry.Service);
            WriteObject(entry);
        }

        foreach (var name in Service.Where(name => !NamePattern.IsWildcard(name) && !seen.Contains(name)))
        {
            await LookForAsync(workspace, log, name);
        }
    }

    /// <summary>
    /// A service without entries is fine, and so is one that only the history knows. One that nobody knows is a typing error.
    /// </summary>
    private async Task LookForAsync(ProWorkspace workspace, HistoryLog log, string name)
    {
        try
        {
            _ = workspace.ReadCatalog(reports: null).Match(name);
        }
        catch (ProException unknown) when (unknown.Id == ConfigurationErrors.UnknownServiceId)
        {
            var only = new HistoryFilter { Services = [NamePattern.Compile(name)] };
            await foreach (var _ in log.ReadAsync(only, Reporter, StopToken))
            {
                return;
            }

            WriteError(unknown);
        }
        catch (ProException unreadable)
        {
            // The history is read in a folder without services too.
            WriteVerbose($"Whether {name} is a service is not known: {unreadable.Message}");
        }
    }
}
