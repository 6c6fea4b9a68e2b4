namespace Pro.DockerVersioning.Errors;

/// <summary>What can go wrong with the containers of a service.</summary>
internal static class ContainerErrors
{
    /// <summary>The label with the old container's configuration is no good.</summary>
    public static ProException PreviousConfigurationUnreadable(string container, Exception inner) => new(
        "PreviousConfigurationUnreadable",
        ProErrorCategory.InvalidData,
        $"The label of container {container} that holds its predecessor's configuration can't be read: {inner.Message}.",
        "A newer version of this module may have written it: use that one. Else start the old version with 'docker run'.",
        container,
        inner);
}
