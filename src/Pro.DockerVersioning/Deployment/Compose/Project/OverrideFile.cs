using System.Text;
using Pro.DockerVersioning.Configuration.Compose;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Git;
using Pro.DockerVersioning.Machine;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Deployment.Compose.Project;

/// <summary>
/// The compose file that pins services whose image is written out: <c>docker-compose.PROJECT.pro.yml</c> beside the project's first file.
/// It is named in the container's labels, where the next operation finds it. The project's name keeps two projects of one folder apart. Its
/// first line tells it from a file of the user's with such a name.
/// </summary>
internal static class OverrideFile
{
    private const string FirstLine = "# Written by Pro.DockerVersioning:";

    private const string Head =
        FirstLine + " the versions that were deployed or rolled back to.\n" +
        "# Compose reads it when it is named with -f after the other files. To go back to what those say, delete it.\n";

    /// <summary>Where a project's file is, or would be.</summary>
    public static string PathFor(RunningComposeProject project)
    {
        var first = project.Files[0];
        var ending = OwnFiles.OverrideEnding;
        var name = Path.GetFileNameWithoutExtension(first);
        return Path.Combine(
            Path.GetDirectoryName(first)!,
            ending.StartsWith($".{project.Name}.", StringComparison.Ordinal) ? name + ending : $"{name}.{project.Name}{ending}");
    }

    /// <summary>True for such a file. One that is missing was removed by a user, who wants its pins gone.</summary>
    public static bool IsOurs(string path) => path.EndsWith(OwnFiles.OverrideEnding, StringComparison.Ordinal) && File.Exists(path)
        && RegularFile.Read(path).AsSpan().StartsWith(Encoding.UTF8.GetBytes(FirstLine));

    /// <summary>
    /// The file's text with a service's image set; what it says of other services stays, and the file may be missing. 1.x wants the
    /// project's <c>version:</c> to be the same in all files.
    /// </summary>
    /// <exception cref="ProException">The file is there and is not a compose file.</exception>
    public static string With(string path, string? versionKey, string service, ImageReference image)
    {
        if (File.Exists(path) && !IsOurs(path))
        {
            throw ComposeErrors.OverrideIsTheUsers(path, $"{service}: {image}");
        }

        return Text(new Dictionary<string, string>(Read(path), StringComparer.Ordinal) { [service] = image.ToString() }, versionKey);
    }

    /// <summary>The file's text without a service; null if it names no other one.</summary>
    public static string? Without(string path, string? versionKey, string service)
    {
        var images = Read(path);
        _ = images.Remove(service);
        return images.Count == 0 ? null : Text(images, versionKey);
    }

    /// <summary>The image that the file sets for a service; null if it sets none, or if it isn't ours.</summary>
    public static string? ImageOf(string path, string service) => IsOurs(path) ? Read(path).GetValueOrDefault(service) : null;

    private static string Text(Dictionary<string, string> images, string? versionKey)
    {
        var text = new StringBuilder(Head);
        if (versionKey is not null)
        {
            text.Append("version: ").Append(Quote(versionKey)).Append('\n');
        }

        text.Append("services:\n");
        foreach (var (name, reference) in images.OrderBy(static one => one.Key, StringComparer.Ordinal))
        {
            text.Append("  ").Append(Quote(name)).Append(":\n    image: ").Append(Quote(reference)).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>The first <c>version:</c> of a project's files; null if none has one.</summary>
    public static string? VersionKey(RunningComposeProject project) => project.Files
        .Where(File.Exists)
        .SelectMany(file => ComposeYaml.ReadFile(file))
        .Select(document => (document["version"] as ComposeScalar)?.Text)
        .FirstOrDefault(version => version is not null);

    private static Dictionary<string, string> Read(string path) => File.Exists(path)
        ? ComposeYaml.ReadFile(path)
            .Select(document => document["services"])
            .OfType<ComposeMapping>()
            .SelectMany(services => services.Entries)
            .Select(entry => (entry.Key, Image: (entry.Value as ComposeMapping)?["image"] as ComposeScalar))
            .Where(entry => entry.Image is not null)
            .ToDictionary(entry => entry.Key, entry => entry.Image!.Text, StringComparer.Ordinal)
        : [];

    /// <summary>Names and references hold neither quotes nor backslashes.</summary>
    private static string Quote(string text) => $"\"{text}\"";
}
