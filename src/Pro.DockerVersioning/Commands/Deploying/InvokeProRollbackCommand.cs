using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Host;
using Pro.DockerVersioning.Commands;
using Pro.DockerVersioning.Deployment;
using Pro.DockerVersioning.Deployment.Strategies;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Git;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning;

/// <summary>Brings a service back to an older version, verified before the one that runs is gone.</summary>
[Cmdlet(VerbsLifecycle.Invoke, "ProRollback", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(ProDeployment))]
public sealed class InvokeProRollbackCommand : ProVersionChangeCmdlet
{
    private const int MostChoices = 9;

    /// <summary>The version.</summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ImageVersionCompleter))]
    public string? Version { get; set; }

    /// <summary>The version that was verified here before the one that runs.</summary>
    [Parameter]
    public SwitchParameter Previous { get; set; }

    private protected override ProHistoryKind Kind => ProHistoryKind.Rollback;

    private protected override string? WantedVersion => Version;

    private protected override void ThrowIfContradicting(string? version, string? reference)
    {
        base.ThrowIfContradicting(version, reference);
        if (Previous && (version ?? reference) is { } named)
        {
            throw CommandErrors.Contradiction("-Previous", "-Version", $"one is the version before, the other {named}");
        }
    }

    private protected override async Task<(ProVersion Version, string? VerifiedId)?> ChooseAsync(
        DeploymentRequest request, EngineSnapshot world, PreviousVersionStore store, ImageSupply supply)
    {
        if (world.Target(request) is not { } target)
        {
            throw DeploymentErrors.NothingRuns(request.Service.Name, "this engine");
        }

        var previous = await store.FindAsync(request, world, target, StopToken);
        if (previous is not null)
        {
            Reporter.Report(new VerboseReport($"{request.Service.Name}: the version before is {previous.Version}, by {previous.Why}."));
        }

        if (Previous)
        {
            return previous is null
                ? throw DeploymentErrors.NoPrevious(request.Service.Name, target.ToString(), world.VersionOf(target)?.ToString())
                : (previous.Version, previous.ImageId);
        }

        using var commits = new CommitLookup(Folder);
        var versions = world.Inventory.VersionsOf(request.Service.Name, request.Repository, commits.Knows)
            .Where(version => version.Tag is not null).ToList();
        var verified = await store.VerifiedAsync(request, target.TargetId, StopToken);
        return Pick(request.Service.Name, versions, previous, [.. verified.Select(step => step.Version)]) is { } picked
            ? (picked, picked.Equals(previous?.Version) ? previous.ImageId : null)
            : throw DeploymentErrors.VersionRequired(request.Service.Name, versions.Select(version => version.Version.ToString()));
    }

    /// <summary>Asks at the prompt; null if there is nobody to ask.</summary>
    private ProVersion? Pick(
        string service, List<ProImageVersion> versions, PreviousChoice? previous, HashSet<ProVersion> verified)
    {
        if (versions.Count == 0 || !Prompts.HasReader(Host))
        {
            return null;
        }

        var offered = versions.Take(MostChoices).ToList();
        if (previous is not null
            && offered.TrueForAll(version => !version.Version.Equals(previous.Version))
            && versions.Find(version => version.Version.Equals(previous.Version)) is { } earlier)
        {
            offered[^1] = earlier;
        }

        var choices = new Collection<ChoiceDescription>(
            [.. offered.Select((version, index) => new ChoiceDescription($"&{index + 1} {version.Version}", About(version)))]);
        var preferred = offered.FindIndex(version => version.Version.Equals(previous?.Version));
        var list = string.Join(System.Environment.NewLine, offered.Select((version, index) =>
            $"{index + 1}  {version.Version}, {About(version)}"));
        try
        {
            return offered[Host.UI.PromptForChoice($"Roll back {service}", list, choices, preferred)].Version;
        }
        catch (Exception nobody) when (Prompts.IsNobody(nobody))
        {
            return null;
        }

        string About(ProImageVersion version) =>
            Describe(version, previous) + (verified.Contains(version.Version) ? ", verified here" : "");
    }

    private static string Describe(ProImageVersion version, PreviousChoice? previous) =>
        $"{Display.Age(version.Created)} old"
        + (version.IsCurrent ? ", running now" : "")
        + (version.Version.Equals(previous?.Version) ? ", the one before" : "");
}
