namespace Pro.DockerVersioning.Deployment.Compose.Program;

/// <summary>
/// A program that is compose: the plugin of a <c>docker</c>, with the prefix <c>compose</c>, or a <c>docker-compose</c> of its own.
/// </summary>
internal sealed record ComposeProgram(string Path, IReadOnlyList<string> Prefix, string VersionText, Version Version)
{
    /// <summary>The first docker-compose that knows the files of today and writes all labels.</summary>
    public static readonly Version First = new(1, 27);

    /// <summary>True for the old one, written in Python. Its hashes, names and some options differ from all later ones.</summary>
    public bool IsV1 => Version.Major < 2;

    /// <summary>As a user types it.</summary>
    public string CommandName => Prefix.Count == 0 ? System.IO.Path.GetFileNameWithoutExtension(Path) : "docker compose";

    public override string ToString() => $"{CommandName} {VersionText} ({Path})";
}
