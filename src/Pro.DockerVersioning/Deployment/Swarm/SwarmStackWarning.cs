using System.Globalization;
using Pro.DockerVersioning.Configuration.Compose;
using Pro.DockerVersioning.Deployment.Compose.Project;
using Pro.DockerVersioning.Deployment.Swarm.Api;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Deployment.Swarm;

/// <summary>Tells that a stack's next <c>docker stack deploy</c> undoes what is done to its service, and which line to change.</summary>
internal static class SwarmStackWarning
{
    /// <summary>The warning for a service of a stack; none for another one, or if its file names the image already.</summary>
    public static IReadOnlyList<string> For(SwarmServiceState service, ImageReference image, Lazy<IReadOnlyList<string>> files)
    {
        if (service.Labels.GetValueOrDefault(SwarmServices.StackLabel) is not { Length: > 0 } stack)
        {
            return [];
        }

        var key = service.Name.StartsWith(stack + "_", StringComparison.Ordinal) ? service.Name[(stack.Length + 1)..] : null;
        var lines = FilesOf(files).SelectMany(file => LinesOf(file, key, image)).ToList();
        if (lines.Count > 0 && lines.TrueForAll(line => line.Value == image.ToString()))
        {
            return [];
        }

        var where = lines.Find(line => line.Value != image.ToString()) is { Place: { } place } line
            ? $"{place} ('image: {line.Value}')"
            : $"the image of '{key ?? service.Name}' in the stack's file";
        return
        [
            $"{service.Name} belongs to the stack {stack}: the next 'docker stack deploy' starts the image that its file names. "
            + $"To keep {image.Tag}, change {where} to 'image: {image}'"
            + (where.Contains('$', StringComparison.Ordinal) ? ", or set its variable for that command." : "."),
        ];
    }

    // Nothing is started from them here: a file that is wrong is none that could be named.
    private static IReadOnlyList<string> FilesOf(Lazy<IReadOnlyList<string>> files)
    {
        try
        {
            return files.Value;
        }
        catch (ProException)
        {
            return [];
        }
    }

    /// <summary>
    /// The image of the service as a file writes it. If it holds variables, the service's name alone says whose it is. Without a name (the
    /// key in the file) the image has to say it.
    /// </summary>
    private static IEnumerable<(string Place, string Value)> LinesOf(string file, string? key, ImageReference image) =>
        from document in ProjectFiles.DocumentsOf(file)
        from service in (document["services"] as ComposeMapping)?.Entries ?? []
        where key is null || service.Key == key
        let written = (service.Value as ComposeMapping)?["image"] as ComposeScalar
        where written is not null && ((key is not null && written.Text.Contains('$', StringComparison.Ordinal))
            || (ImageReference.TryParse(written.Text, out var named) && named.SameRepository(image)))
        select (string.Create(CultureInfo.InvariantCulture, $"{file}:{written.At.Line}"), written.Text);
}
