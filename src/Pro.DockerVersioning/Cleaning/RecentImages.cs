using System.Globalization;
using System.Text;
using System.Text.Json;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Images;

namespace Pro.DockerVersioning.Cleaning;

/// <summary>
/// Which images came to an engine a short while ago, by its own list of events. An image that was pulled or loaded has no time of tagging,
/// and its own date may be years back; yet somebody may be about to start it. The engine remembers 256 events, so this is a help, no
/// promise.
/// </summary>
internal sealed class RecentImages
{
    private const string Filters = """{"type":["image"],"event":["pull","load","import","tag"]}""";
    private readonly Dictionary<string, DateTimeOffset> _times = new(StringComparer.Ordinal);

    /// <summary>Asks for the events of the last time.</summary>
    /// <exception cref="ProException">The engine can't be reached, or refuses.</exception>
    /// <param name="engine">The engine.</param>
    /// <param name="last">How far back.</param>
    /// <param name="now">The time by the engine's clock, which is what dates its events.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<RecentImages> AskAsync(
        EngineConnection engine, TimeSpan last, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var since = last < now - DateTimeOffset.UnixEpoch ? now - last : DateTimeOffset.UnixEpoch;

        // With an end the engine tells what it remembers and hangs up; in fractions of a second, or what has just come would be missing.
        var path = string.Create(
            CultureInfo.InvariantCulture,
            $"events?since={Seconds(since)}&until={Seconds(now)}&filters={Uri.EscapeDataString(Filters)}");
        return Read(await engine.Http.ReadAsync(HttpMethod.Get, path, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>When an image came, by its id or one of its names; null if no event says so.</summary>
    public DateTimeOffset? TimeOf(EngineImage image) => image.References.Concat(image.Digests)
        .Select(reference => reference.ToString())
        .Append(image.Id)
        .Select(name => _times.TryGetValue(name, out var time) ? time : (DateTimeOffset?)null)
        .Max();

    /// <summary>Reads the events, a line of JSON each. Pure.</summary>
    internal static RecentImages Read(byte[] answer)
    {
        var recent = new RecentImages();
        foreach (var line in Encoding.UTF8.GetString(answer)
            .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            if (root.TryGetProperty("Actor", out var actor)
                && actor.TryGetProperty("ID", out var id)
                && root.TryGetProperty("time", out var time)
                && time.TryGetInt64(out var seconds))
            {
                recent._times[id.GetString() ?? ""] = DateTimeOffset.FromUnixTimeSeconds(seconds);
            }
        }

        return recent;
    }

    private static string Seconds(DateTimeOffset time) =>
        (time.ToUnixTimeMilliseconds() / 1000m).ToString("0.000", CultureInfo.InvariantCulture);
}
