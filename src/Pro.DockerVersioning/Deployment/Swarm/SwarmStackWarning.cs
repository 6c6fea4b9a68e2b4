using System.Globalization;
using System.Text.RegularExpressions;
using Pro.DockerVersioning.Deployment.Swarm.Api;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Deployment.Swarm;

/// <summary>Tells that a stack's next <c>docker stack deploy</c> undoes what is done to its service, and which line to change.</summary>
internal static partial class SwarmStackWarning
{
    /// <summary>The warning for a service of a stack; none for another one, or if its file names the image already.</summary>
    /// <param name="service">The service.</param>
    /// <param name="image">The image that is to run.</param>
    /// <param name="files">The compose files that are known, absolute.</param>
    public static IReadOnlyList<string> For(SwarmServiceState service, ImageReference image, IReadOnlyList<string> files)
    {
        if (service.Labels.GetValueOrDefault(SwarmServices.StackLabel) is not { Length: > 0 } stack)
        {
            return [];
        }

        var lines = files.Where(File.Exists).SelectMany(file => LinesOf(file, image)).ToList();
        if (lines.Count > 0 && lines.TrueForAll(line => line.Value == image.ToString()))
        {
            return [];
        }

        var key = service.Name.StartsWith(stack + "_", StringComparison.Ordinal) ? service.Name[(stack.Length + 1)..] : service.Name;
        var where = lines.Find(line => line.Value != image.ToString()) is { Place: { } place } line
            ? $"{place} ('image: {line.Value}')"
            : $"the image of '{key}' in the stack's file";
        return
        [
            $"{service.Name} belongs to the stack {stack}: the next 'docker stack deploy' starts the image that its file names. "
            + $"To keep {image.Tag}, change {where} to 'image: {image}'"
            + (where.Contains('$', StringComparison.Ordinal) ? ", or set its variable for that command." : "."),
        ];
    }

    private static IEnumerable<(string Place, string Value)> LinesOf(string file, ImageReference image)
    {
        var name = image.Name[(image.Name.LastIndexOf('/') + 1)..];
        var number = 0;
        foreach (var text in File.ReadLines(file))
        {
            number++;
            if (ImageLine().Match(text) is { Success: true } match
                && match.Groups[1].Value is var value
                && Repository().Match(value).Groups[1].Value == name)
            {
                yield return (string.Create(CultureInfo.InvariantCulture, $"{file}:{number}"), value);
            }
        }
    }

    [GeneratedRegex("""^\s+image:\s*["']?([^"'#\s]+)""")]
    private static partial Regex ImageLine();

    // What comes behind the last slash, before a tag, a digest or a variable of the tag.
    [GeneratedRegex("(?:^|/|[}])([a-z0-9._-]+)(?::[^/]*)?(?:@.*)?$")]
    private static partial Regex Repository();
}
