using Pro.DockerVersioning.Configuration.Compose;
using Pro.DockerVersioning.Deployment.Compose.Program;

namespace Pro.DockerVersioning.Deployment.Compose.Project;

/// <summary>The hooks that compose runs when it starts a container. The engine knows nothing of them.</summary>
internal static class LifecycleHooks
{
    /// <summary>What to say if a container was started without compose; null if its service has no such hook.</summary>
    /// <param name="site">The project.</param>
    /// <param name="rendered">The project as compose renders it; null for the service as its files have it.</param>
    /// <param name="service">The service's name.</param>
    public static string? Warning(ComposeContext site, ComposeMapping? rendered, string service)
    {
        var node = rendered is null ? site.Files.Find(site.Client.Project, service).Node : RenderedService.Of(rendered, service);
        return node is null || RenderedService.StartHooks(node) is not { Count: > 0 } hooks ? null
            : $"{service} was started again without its lifecycle hook {string.Join(" and ", hooks)}, which only compose runs. "
                + "If it is needed, let compose start the service anew: "
                + site.CommandLine($"up --detach --no-deps --force-recreate {service}");
    }
}
