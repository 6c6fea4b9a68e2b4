using System.Management.Automation;
using Pro.DockerVersioning.Cleaning;

namespace Pro.DockerVersioning;

/// <summary>Tells what takes the space on the engine's disk: by service, shared layers once, containers, volumes, build cache.</summary>
[Cmdlet(VerbsCommon.Get, "ProDiskUsage")]
[OutputType(typeof(ProDiskUsage))]
public sealed class GetProDiskUsageCommand : ProCleaningCmdlet
{
    private protected override async Task EndAsync()
    {
        var workspace = OpenWorkspace();
        var services = AllServicesIfAny(workspace);
        using var engine = workspace.OpenEngine();
        var lines = await DiskUsageTable.LoadAsync(engine, services, StopToken);
        WriteObject(lines, enumerateCollection: true);
        foreach (var line in lines.Where(line => line.Destroys is not null && line.Count > line.Active))
        {
            // This module removes none of these.
            Say($"'{line.Command}' destroys {line.Destroys}.");
        }
    }
}
