using Pro.DockerVersioning.Deployment.Compose.Project;
using Pro.DockerVersioning.Deployment.Container.Swap;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Reporting;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Deployment.Container;

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
            Reports = reports,
            RestoreFollowers = new ComposeFollowers(new ContainerApi(engine), reports).RestoreAsync,
            BeforeRecreate = recipe => ImageReference.TryParse(recipe.Reference, out var tag) && DeploymentAliases.IsAlias(tag)
                ? new DeploymentAliasMover(engine, reports).FollowAsync(new([tag], null), recipe.ImageId)
                : Task.CompletedTask,
        };
}
