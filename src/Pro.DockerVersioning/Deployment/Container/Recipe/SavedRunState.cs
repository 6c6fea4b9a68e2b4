using System.Text.Json.Nodes;
using Pro.DockerVersioning.Engine.Api;

namespace Pro.DockerVersioning.Deployment.Container.Recipe;

/// <summary>
/// How the old container ran before the operation: it is stopped and has another restart policy while it is kept, so nobody could read it
/// there.
/// </summary>
/// <param name="Status">The engine's word: running, paused, restarting, exited, created.</param>
/// <param name="RestartPolicy">As it stood in <c>HostConfig</c>, or null.</param>
internal record SavedRunState(string Status, JsonObject? RestartPolicy)
{
    /// <summary>True if its processes were there.</summary>
    public bool Ran => Status is "running" or "paused" or "restarting";

    /// <summary>True if the engine was to start it again by itself.</summary>
    public bool Restarts => RestartPolicy.Text("Name") is not ("" or "no");

    /// <summary>Reads it off the container itself.</summary>
    public static SavedRunState Of(ContainerView container) =>
        new(container.Status, container.RestartPolicy?.DeepClone().AsObject());
}
