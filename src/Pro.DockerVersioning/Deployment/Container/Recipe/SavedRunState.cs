using System.Text.Json.Nodes;
using Pro.DockerVersioning.Engine.Api;

namespace Pro.DockerVersioning.Deployment.Container.Recipe;

/// <summary>
/// How the old container ran before the operation: it is stopped and has another restart policy while it is kept, so nobody could read it
/// there.
/// </summary>
internal record SavedRunState(string Status, JsonObject? RestartPolicy)
{
    public bool Ran => Status is "running" or "paused" or "restarting";

    /// <summary>True if the engine was to start it again by itself.</summary>
    public bool Restarts => RestartPolicy.Text("Name") is not ("" or "no");

    public static SavedRunState Of(ContainerView container) =>
        new(container.Status, container.RestartPolicy?.DeepClone().AsObject());
}
