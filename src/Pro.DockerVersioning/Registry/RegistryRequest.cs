namespace Pro.DockerVersioning.Registry;

/// <summary>A question to a registry about one repository.</summary>
/// <param name="Method">GET, HEAD, PUT or DELETE.</param>
/// <param name="Path">Path and query below the registry's address.</param>
/// <param name="Repository">Without the registry.</param>
/// <param name="Actions">What right it takes: <c>pull</c>, <c>pull,delete</c>.</param>
/// <param name="Target">How messages name what it is about: <c>host/repository:tag</c>.</param>
internal sealed record RegistryRequest(HttpMethod Method, string Path, string Repository, string Actions, string Target)
{
    /// <summary>What is sent along, or null.</summary>
    public byte[]? Body { get; init; }

    /// <summary>The media type of <see cref="Body"/>.</summary>
    public string? ContentType { get; init; }

    /// <summary>The scope in the token specification's words.</summary>
    public string Scope => $"repository:{Repository}:{Actions}";
}
