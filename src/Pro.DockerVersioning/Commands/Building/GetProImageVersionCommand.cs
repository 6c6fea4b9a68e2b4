using System.Management.Automation;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Git;
using Pro.DockerVersioning.Images;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning;

/// <summary>Lists the versions of services on the engine, newest first.</summary>
[Cmdlet(VerbsCommon.Get, "ProImageVersion")]
[OutputType(typeof(ProImageVersion))]
public sealed class GetProImageVersionCommand : ProWorkspaceCmdlet
{
    private readonly List<string> _services = [];

    /// <summary>The services; wildcards are allowed. All where it isn't given.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ServiceCompleter))]
    public string[] Service { get; set; } = ["*"];

    /// <summary>Only these versions; wildcards are allowed: 'v1.2.*'.</summary>
    [Parameter(Position = 1)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ImageVersionCompleter))]
    public string[] Version { get; set; } = [];

    /// <summary>Only releases in this range, in npm's grammar: '&gt;=1.2 &lt;2'.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Range { get; set; }

    /// <summary>Only stable releases: no pre-releases, no commits.</summary>
    [Parameter]
    public SwitchParameter Stable { get; set; }

    /// <summary>Only what runs now.</summary>
    [Parameter]
    public SwitchParameter Current { get; set; }

    private protected override Task ProcessAsync()
    {
        _services.AddRange(Service);
        return Task.CompletedTask;
    }

    /// <summary>After the last name: two requests to the engine are enough for all of them.</summary>
    private protected override async Task EndAsync()
    {
        if (_services.Count == 0)
        {
            return;
        }

        var patterns = Version.Select(VersionPattern.Parse).ToList();
        var range = Range is null ? null : VersionRange.Parse(Range);
        var workspace = OpenWorkspace();
        var catalog = workspace.ReadCatalog(Reporter);
        var services = MatchEach(_services, name => catalog.Match(name)).Select(catalog.Get)
            .Select(service => (service, workspace.RepositoryOf(service))).ToList();
        using var engine = workspace.OpenEngine();
        var inventory = await ImageInventory.LoadAsync(engine, StopToken);
        using var commits = new CommitLookup(workspace.Root);
        var versions = services.SelectMany(one => inventory.VersionsOf(one.service.Name, one.Item2, commits.Knows)).ToList();
        foreach (var name in Version.Where((name, index) =>
            !NamePattern.IsWildcard(name) && !versions.Exists(version => patterns[index].IsMatch(version.Version))))
        {
            WriteError(CommandErrors.VersionNotFound(
                name, [.. services.Select(one => one.service.Name)], versions.Select(version => version.Version.ToString()).Distinct()));
        }

        foreach (var version in versions)
        {
            if ((!Stable || version.Version.IsStable)
                && (!Current || version.IsCurrent)
                && (range?.Contains(version.Version) ?? true)
                && (patterns.Count == 0 || patterns.Exists(pattern => pattern.IsMatch(version.Version))))
            {
                WriteObject(version);
            }
        }
    }
}
