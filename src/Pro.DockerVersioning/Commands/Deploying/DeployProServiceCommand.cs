using System.Management.Automation;
using Pro.DockerVersioning.Deployment;
using Pro.DockerVersioning.Deployment.Strategies;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning;

/// <summary>Brings a service to a version, verified before the one that runs is gone.</summary>
[Cmdlet("Deploy", "ProService", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(ProDeployment))]
public sealed class DeployProServiceCommand : ProVersionChangeCmdlet
{
    /// <summary>The version; the newest stable one on this engine or at the registry where it isn't given.</summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ImageVersionCompleter))]
    public string? Version { get; set; }

    private protected override ProHistoryKind Kind => ProHistoryKind.Deploy;

    private protected override string? WantedVersion => Version;

    private protected override async Task<(ProVersion Version, string? VerifiedId)?> ChooseAsync(
        DeploymentRequest request, EngineSnapshot world, PreviousVersionStore store, ImageSupply supply)
    {
        var here = world.Inventory.TaggedVersionsOf(request.Repository).Where(version => version.IsStable).Max();
        var there = await supply.NewestAtRegistryAsync(request.Repository, StopToken);
        var newest = there is null || here?.CompareTo(there) >= 0 ? here : there;
        return newest is null
            ? throw DeploymentErrors.NoStableVersion(request.Service.Name, request.Repository.ToString())
            : (newest, null);
    }
}
