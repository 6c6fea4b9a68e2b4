namespace Pro.DockerVersioning.Images.Building;

/// <summary>All that a builder needs to make one image.</summary>
internal sealed record BuildRequest
{
    /// <summary>How messages name what is built: "api v1.2.3".</summary>
    public required string Subject { get; init; }

    /// <summary>The Dockerfile's path inside the tar, with forward slashes.</summary>
    public required string Dockerfile { get; init; }

    /// <summary>The Dockerfile's text: the Engine API's builders look in it for the base images they must pull first.</summary>
    public required string DockerfileText { get; init; }

    /// <summary>Writes the context as a tar into the stream. Called once at most.</summary>
    public required Func<Stream, CancellationToken, Task> WriteContext { get; init; }

    /// <summary>Set if COPY must not see the Dockerfile: an ignored one, or one outside of the context.</summary>
    public HiddenDockerfile? Hidden { get; init; }

    /// <summary>The stage to build; null for the last one.</summary>
    public string? Target { get; init; }

    /// <summary>Build arguments. Their values never are in an argument list.</summary>
    public IReadOnlyDictionary<string, string> BuildArgs { get; init; } = new Dictionary<string, string>();

    /// <summary>Labels of the image.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Platforms as <c>os/arch[/variant]</c>; none means the engine's own.</summary>
    public IReadOnlyList<string> Platforms { get; init; } = [];

    /// <summary>Secrets in Docker's own form: <c>id=x,src=PATH</c> or <c>id=x,env=NAME</c>.</summary>
    public IReadOnlyList<string> Secrets { get; init; } = [];

    /// <summary>SSH agents or keys in Docker's own form: <c>default</c> or <c>id=PATH</c>.</summary>
    public IReadOnlyList<string> Ssh { get; init; } = [];

    /// <summary>Where cached layers may come from, in Docker's own form.</summary>
    public IReadOnlyList<string> CacheFrom { get; init; } = [];

    /// <summary>Where cached layers go, in Docker's own form.</summary>
    public IReadOnlyList<string> CacheTo { get; init; } = [];

    /// <summary>Every step runs again.</summary>
    public bool NoCache { get; init; }

    /// <summary>Base images are asked for at their registry even where the engine has them.</summary>
    public bool Pull { get; init; }

    /// <summary>
    /// References that the builder itself pushes: the only way for several platforms. The result then has a digest and no id (buildx's
    /// docker driver leaves the tags on the engine as well). Empty: the image stays on the engine without a tag, and the caller tags it.
    /// </summary>
    public IReadOnlyList<string> PushTags { get; init; } = [];
}

/// <summary>How a Dockerfile that COPY must not see travels apart from the context.</summary>
/// <param name="FileName">Its own file name, for the builder's messages.</param>
/// <param name="WriteFolder">Writes what COPY sees into a folder.</param>
/// <param name="ClassicName">Its path in the tar for the classic builder.</param>
/// <param name="WriteClassicContext">Writes the tar for the classic builder, which takes the Dockerfile out of the context itself.</param>
internal sealed record HiddenDockerfile(
    string FileName,
    Func<string, CancellationToken, Task> WriteFolder,
    string ClassicName,
    Func<Stream, CancellationToken, Task> WriteClassicContext);

/// <summary>What came out.</summary>
/// <param name="ImageId">The id on the engine (<c>sha256:…</c>); null if the builder pushed.</param>
/// <param name="Digest">The digest of the pushed manifest or index; null if nothing was pushed.</param>
internal sealed record BuildOutcome(string? ImageId, string? Digest);
