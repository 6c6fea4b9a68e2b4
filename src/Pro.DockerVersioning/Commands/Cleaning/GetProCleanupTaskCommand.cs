using System.Management.Automation;
using Pro.DockerVersioning.Cleaning.Tasks;
using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning;

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
        var tasks = store.List();
        var patterns = Name.Select(NamePattern.Compile).ToList();
        foreach (var name in Name.Where((name, index) => !NamePattern.IsWildcard(name) && !tasks.Any(task => patterns[index](task.Name))))
        {
            WriteError(CleaningErrors.TaskNotFound(name, tasks.Select(task => task.Name)));
        }

        foreach (var task in tasks.Where(task => patterns.Exists(matches => matches(task.Name))))
        {
            WriteObject(await store.DescribeAsync(task, StopToken));
        }
    }
}
