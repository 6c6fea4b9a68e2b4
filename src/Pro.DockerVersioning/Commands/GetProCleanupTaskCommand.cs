using System.Management.Automation;
using Pro.DockerVersioning.Cleaning.Tasks;
using Pro.DockerVersioning.Configuration;

namespace Pro.DockerVersioning.Commands;

/// <summary>Lists this user's clean-up tasks, with their last run and their next one.</summary>
[Cmdlet(VerbsCommon.Get, "ProCleanupTask")]
[OutputType(typeof(ProCleanupTask))]
public sealed class GetProCleanupTaskCommand : ProCmdlet
{
    /// <summary>The names; wildcards are allowed. All where it isn't given.</summary>
    [Parameter(Position = 0)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = ["*"];

    private protected override async Task EndAsync()
    {
        var store = CleanupTaskStore.Open(ProEnvironmentVariables.OfProcess.Raw, Reporter);
        var patterns = Name.Select(NamePattern.Compile).ToList();
        foreach (var task in store.List().Where(task => patterns.Exists(matches => matches(task.Name))))
        {
            WriteObject(await store.DescribeAsync(task, StopToken));
        }
    }
}
