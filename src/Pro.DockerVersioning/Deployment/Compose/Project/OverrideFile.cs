using System.Diagnostics.CodeAnalysis;
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
    /// The file's text with a service's image set, or without the service; null if no service is left. What it says of other services
    /// stays, and the file may be missing. 1.x wants the project's <c>version:</c> to be the same in all files.
    /// </summary>
    /// <exception cref="ProException">The file is there and is not a compose file of ours.</exception>
    [return: NotNullIfNotNull(nameof(image))]
    public static string? With(string path, string? versionKey, string service, ImageReference? image)
    {
        if (File.Exists(path) && !IsOurs(path))
        {
            throw ComposeErrors.OverrideIsTheUsers(path, $"{service}: {image}");
        }

        var images = Read(path);
        _ = images.Remove(service);
        if (image is not null)
        {
            images[service] = image.ToString();
        }

        var version = versionKey is null ? "" : $"version: {Quote(versionKey)}\n";
        return images.Count == 0 ? null : $"{Head}{version}services:\n" + string.Concat(images
            .OrderBy(static one => one.Key, StringComparer.Ordinal)
            .Select(one => $"  {Quote(one.Key)}:\n    image: {Quote(one.Value)}\n"));
    }

    /// <summary>The image that the file sets for a service; null if it sets none, or if it isn't ours.</summary>
    public static string? ImageOf(string path, string service) => IsOurs(path) ? Read(path).GetValueOrDefault(service) : null;

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
