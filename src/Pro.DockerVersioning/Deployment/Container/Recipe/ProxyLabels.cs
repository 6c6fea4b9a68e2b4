using Pro.DockerVersioning.Engine.Api;

namespace Pro.DockerVersioning.Deployment.Container.Recipe;

/// <summary>
/// What reverse proxies look for on containers: they watch the engine, and send requests to whatever has it, verified or not.
/// </summary>
internal static class ProxyLabels
{
    private static readonly string[] Labels = ["traefik.", "caddy", "easyhaproxy.", "tsdproxy."];
    private static readonly string[] Variables = ["VIRTUAL_HOST", "VIRTUAL_HOST_MULTIPORTS", "SERVICE_NAME"];

    /// <summary>The first of them on a container, for a message: <c>its label traefik.enable</c>; null if it has none.</summary>
    public static string? Find(ContainerView container)
    {
        var labels = container.Labels;
        if (labels.GetValueOrDefault("traefik.enable") is { } enabled && !enabled.Equals("true", StringComparison.OrdinalIgnoreCase))
        {
            _ = labels.Keys.Where(label => label.StartsWith("traefik.", StringComparison.Ordinal)).ToList().TrueForAll(labels.Remove);
        }

        if (labels.Keys.Order(StringComparer.Ordinal)
            .FirstOrDefault(label => Labels.Any(known => label.StartsWith(known, StringComparison.Ordinal))) is { } found)
        {
            return $"its label {found}";
        }

        var names = container.Environment.Select(variable => variable.Split('=', 2)).Where(variable => variable is [_, { Length: > 0 }])
            .Select(variable => variable[0]).ToHashSet(StringComparer.Ordinal);
        return Variables.FirstOrDefault(names.Contains) is { } name ? $"its variable {name}" : null;
    }
}
