namespace Pro.DockerVersioning.Configuration;

/// <summary>Why a service can't be built as it is declared.</summary>
/// <param name="Key">The key that is in the way. A parameter may settle it: "platforms", "platform", "secrets", "ssh".</param>
/// <param name="Reason">The reason, with the place.</param>
internal sealed record ServiceRefusal(string Key, string Reason)
{
    /// <summary>Whether <c>pro.json</c> can say it another way. The other keys have to go out of the compose file.</summary>
    public bool IsAnswerable => Key is "context" or "dockerfile" or "dockerfile_inline" or "folder" or "image";
}
