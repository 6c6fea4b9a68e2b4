namespace Pro.DockerVersioning.Engine.Api;

/// <summary>Container ids as the engine shortens them.</summary>
internal static class ContainerIds
{
    /// <summary>The first twelve digits: the default host name, and an alias that the engine adds by itself.</summary>
    public static string Short(string id) => id.Length > 12 ? id[..12] : id;
}
