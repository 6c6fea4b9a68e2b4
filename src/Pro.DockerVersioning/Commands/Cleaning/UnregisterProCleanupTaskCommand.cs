using System.Management.Automation;
using Pro.DockerVersioning.Cleaning.Tasks;
using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning;

/// <summary>Takes clean-up tasks away from the system's scheduler; their logs stay.</summary>
[Cmdlet(VerbsLifecycle.Unregister, "ProCleanupTask", SupportsShouldProcess = true)]
public sealed class UnregisterProCleanupTaskCommand : ProCmdlet
{
    /// <summary>The names; wildcards are allowed.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = [];

    private protected override async Task ProcessAsync()
    {
        var store = CleanupTaskStore.Open(ProEnvironmentVariables.OfProcess.Raw, Reporter);
        var tasks = store.List();
        foreach (var name in Name)
        {
            var matches = NamePattern.Compile(name);
            var found = tasks.Where(task => matches(task.Name)).ToList();
            if (found.Count == 0 && !NamePattern.IsWildcard(name))
            {
                WriteError(CleaningErrors.TaskNotFound(name, tasks.Select(task => task.Name)));
            }

            foreach (var task in found.Where(task => ShouldProcess(task.Name, "Unregister")))
            {
                await store.UnregisterAsync(task, StopToken);
            }
        }
    }
}
