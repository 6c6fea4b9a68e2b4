using System.Management.Automation;
using Pro.DockerVersioning.Cleaning;
using Pro.DockerVersioning.Commands.Parameters;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning;

/// <summary>Clears the build cache of the engine's own BuildKit; what a build uses right now stays.</summary>
[Cmdlet(VerbsCommon.Clear, "ProBuildCache", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(ProBuildCacheCleanup))]
public sealed class ClearProBuildCacheCommand : ProCleaningCmdlet
{
    /// <summary>Only what wasn't used for so long.</summary>
    [Parameter]
    [Duration]
    public TimeSpan OlderThan { get; set; }

    /// <summary>The least recently used go until only so much is left: 5GB.</summary>
    [Parameter]
    [Size]
    public long Keep { get; set; }

    /// <summary>Also what images share and what the engine keeps for itself.</summary>
    [Parameter]
    public SwitchParameter All { get; set; }

    private protected override async Task EndAsync()
    {
        var keep = Bound(nameof(Keep)) ? Keep : (long?)null;
        var age = Bound(nameof(OlderThan)) ? OlderThan : (TimeSpan?)null;
        if (All && keep is not null)
        {
            throw CommandErrors.Contradiction("-All", "-Keep", "one clears all of the cache, and the other leaves a part of it");
        }

        using var engine = OpenWorkspace().OpenEngine();
        if (await EngineProduct.PodmanVersionAsync(engine, StopToken) is { } podman)
        {
            throw EngineErrors.PodmanHasNoBuildCache(engine.Endpoint.ToString(), podman);
        }

        var what = $"Clear the build cache of {engine.Endpoint}: {(All ? "all of it" : "what no image shares")}"
            + (age is { } old ? $", unused for {DurationText.Text(old)}" : "")
            + (keep is { } left ? $", until {ByteSize.Text(left)} are left" : "");
        if (ShouldCarryOut([what], "Later builds make again what is gone. Clear it?"))
        {
            WriteObject(await BuildCachePruner.RunAsync(engine, new BuildCacheRequest(age, keep, All), StopToken));
        }
    }
}
