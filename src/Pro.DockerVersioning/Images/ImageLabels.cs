namespace Pro.DockerVersioning.Images;

/// <summary>
/// The names of the labels of our images: the annotations of the OCI image specification
/// (https://github.com/opencontainers/image-spec/blob/main/annotations.md), and the module's own. <see cref="BuildInputs"/> sets them.
/// </summary>
internal static class ImageLabels
{
    /// <summary>The version, as the git tag says it.</summary>
    public const string Version = "org.opencontainers.image.version";

    /// <summary>The full hash of the commit.</summary>
    public const string Revision = "org.opencontainers.image.revision";

    /// <summary>The commit's time, RFC 3339: the same tag gives the same label on every day.</summary>
    public const string Created = "org.opencontainers.image.created";

    /// <summary>Where the source is: the address of the repository's remote.</summary>
    public const string Source = "org.opencontainers.image.source";

    /// <summary>The service's name.</summary>
    public const string Title = "org.opencontainers.image.title";

    /// <summary>The service's name, as a sign that this module built the image.</summary>
    public const string Service = "pro.dockerversioning.service";

    /// <summary>
    /// The repository that the image was built for, <c>registry/service</c>: tells whose it is once it has lost its names. Two projects on
    /// one engine may both have a service <c>api</c>.
    /// </summary>
    public const string Repository = "pro.dockerversioning.repository";

    /// <summary>
    /// The level of the database's schema that the version needs, as its Dockerfile says it: <c>LABEL</c>, a number mostly.
    /// </summary>
    public const string Schema = "pro.dockerversioning.schema";

    /// <summary>What <c>git describe</c> said of a commit when it was built: its place among the releases.</summary>
    public const string Description = "pro.dockerversioning.description";

    /// <summary>The identity of the build context: see <c>BuildContext.TreeHash</c>.</summary>
    public const string Context = "pro.dockerversioning.context";

    /// <summary>The identity of the build arguments: a version that is built again with others is another image.</summary>
    public const string Arguments = "pro.dockerversioning.arguments";

    /// <summary>The identity of all that went into the build: context, Dockerfile, target, arguments, labels, platform.</summary>
    public const string Inputs = "pro.dockerversioning.inputs";
}
