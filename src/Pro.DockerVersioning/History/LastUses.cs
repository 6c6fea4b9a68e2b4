using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.History;

/// <summary>When each version was last used on an engine: built, started, or running until another one took its place.</summary>
internal sealed class LastUses
{
    private readonly Dictionary<string, DateTimeOffset> _times = new(StringComparer.Ordinal);

    /// <summary>When a version was last used; null if the history doesn't know it.</summary>
    /// <param name="reference">The image's name with the version's tag.</param>
    public DateTimeOffset? Of(ImageReference reference) =>
        _times.TryGetValue(Key(reference.NormalizedName, reference.Tag), out var time) ? time : null;

    /// <summary>Counts an entry in. Pure; the order of entries doesn't matter.</summary>
    public void Add(ProHistoryEntry entry)
    {
        if (entry.Kind is ProHistoryKind.Clean or ProHistoryKind.Drill || !ImageReference.TryParse(entry.Reference, out var reference))
        {
            return;
        }

        Count(Key(reference.NormalizedName, reference.Tag), entry.Time);

        // What ran before ran until then; after a failure it runs on.
        if (entry.From is { } from)
        {
            Count(Key(reference.NormalizedName, from.ImageTag), entry.Time);
        }
    }

    private void Count(string key, DateTimeOffset time)
    {
        if (!_times.TryGetValue(key, out var known) || known < time)
        {
            _times[key] = time;
        }
    }

    private static string Key(string repository, string? tag) => $"{repository}:{tag}";
}
