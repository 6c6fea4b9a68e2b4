using System.Management.Automation;
using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.History;

namespace Pro.DockerVersioning.Commands;

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

    private protected override async Task ProcessAsync()
    {
        var settings = ProWorkspace.Open(Folder, new ProParameters(), ProEnvironmentVariables.OfProcess).Settings;
        var filter = new HistoryFilter
        {
            // The history's own names, not the catalogue's: a service that is gone has a past too.
            Services = Array.Exists(Service, name => name == "*") ? [] : [.. Service.Select(NamePattern.Compile)],
            Kinds = Kind,
            Outcomes = [.. Outcome.Select(NamePattern.Compile)],
            After = After,
            Before = Before,
        };
        await foreach (var entry in HistoryLog.Open(settings).ReadAsync(filter, Reporter, StopToken))
        {
            WriteObject(entry);
        }
    }
}
