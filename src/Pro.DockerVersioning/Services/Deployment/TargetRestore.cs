using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Reporting;
using Pro.DockerVersioning.Services.Containers;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Services.Deployment;

/// <summary>The restore and repair of a target's containers, with all that belongs to a deployment besides.</summary>
internal static class TargetRestore
{
    /// <summary>Makes it.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="pull">See <see cref="OperationRepair"/>.</param>
    /// <param name="reports">Hears of it.</param>
    public static OperationRepair Of(
        EngineConnection engine, Func<string, string, CancellationToken, Task>? pull, IProgress<Report> reports) => new(engine, pull)
        {
            RestoreFollowers = new ComposeFollowers(new ContainerCalls(engine), reports).RestoreAsync,
            BeforeRecreate = recipe => ImageReference.TryParse(recipe.Reference, out var tag) && DeploymentAliases.IsAlias(tag)
                ? new DeploymentAliasMover(engine, reports).FollowAsync(new([tag], null), recipe.ImageId)
                : Task.CompletedTask,
        };
}
