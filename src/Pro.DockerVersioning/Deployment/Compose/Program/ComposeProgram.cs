namespace Pro.DockerVersioning.Deployment.Compose.Program;

/// <summary>A program that is compose: the plugin of a <c>docker</c>, or a <c>docker-compose</c> of its own.</summary>
/// <param name="Path">The program.</param>
/// <param name="Prefix">What stands before compose's own arguments: <c>compose</c> for the plugin.</param>
/// <param name="VersionText">Its version in full.</param>
/// <param name="Version">The numbers at its head.</param>
internal sealed record ComposeProgram(string Path, IReadOnlyList<string> Prefix, string VersionText, Version Version)
{
    /// <summary>The first docker-compose that knows the files of today and writes all labels.</summary>
    public static readonly Version First = new(1, 27);

    /// <summary>True for the old one, written in Python. Its hashes, names and some options differ from all later ones.</summary>
    public bool IsV1 => Version.Major < 2;

    /// <summary>As a user types it.</summary>
    public string CommandName => Prefix.Count == 0 ? System.IO.Path.GetFileNameWithoutExtension(Path) : "docker compose";

    /// <summary>For the verbose stream.</summary>
    public override string ToString() => $"{CommandName} {VersionText} ({Path})";
}
