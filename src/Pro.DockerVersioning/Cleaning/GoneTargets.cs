using System.Globalization;
using Pro.DockerVersioning.Deployment.Strategies;

namespace Pro.DockerVersioning.Cleaning;

/// <summary>
/// Targets that the history knows and the engine hasn't got any more. They protect for some time, from the first clean-up that saw it: a
/// target may only be away. Pure.
/// </summary>
/// <param name="isHere">Whether the engine has a target, by its id; true if that can't be told.</param>
/// <param name="keep">For how long they protect.</param>
/// <param name="now">The time.</param>
internal sealed class GoneTargets(Func<string, bool> isHere, TimeSpan keep, DateTimeOffset now)
{
    private readonly List<string> _notes = [];
    private readonly List<ProHistoryEntry> _marks = [];

    /// <summary>What the plan says of them.</summary>
    public IReadOnlyList<string> Notes => _notes;

    /// <summary>What the history is to be told, without the engine.</summary>
    public IReadOnlyList<ProHistoryEntry> Marks => _marks;

    /// <summary>The service, with the targets that still protect something.</summary>
    public CleaningService Apply(CleaningService service)
    {
        var past = new List<TargetPast>();
        var tags = new HashSet<string>(StringComparer.Ordinal);
        foreach (var target in service.Past)
        {
            if (isHere(target.TargetId))
            {
                past.Add(target with { GoneSince = null });
                if (target.GoneSince is not null)
                {
                    Mark(service, target, CleaningHistory.TargetFound, null);
                }
            }
            else if (target.GoneSince is { } since && since + keep <= now)
            {
                _ = tags.Add(PreviousTag.TagFor(target.TargetId));
                _notes.Add(
                    $"{service.Name}: the target {target.TargetId} is gone since {Day(since)} and protects nothing any more.");
            }
            else
            {
                var until = (target.GoneSince ?? now) + keep;
                past.Add(target with { GoneUntil = until });
                _notes.Add(
                    $"{service.Name}: the target {target.TargetId} is gone. {target.Last} and its previous version "
                    + $"are kept until {Day(until)} (retention.goneTargets).");
                if (target.GoneSince is null)
                {
                    Mark(service, target, CleaningHistory.TargetGone, $"its versions are kept until {Day(until)}");
                }
            }
        }

        // A name that another repository's line has as well may still be somebody's here.
        tags.ExceptWith(past.Select(target => PreviousTag.TagFor(target.TargetId)));
        return service with { Past = past, GoneTags = tags };
    }

    private static string Day(DateTimeOffset time) => time.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private void Mark(CleaningService service, TargetPast target, string outcome, string? message) => _marks.Add(new ProHistoryEntry
    {
        Kind = ProHistoryKind.Clean,
        Service = service.Name,
        Target = target.TargetId,
        Version = target.Last,
        Reference = service.Repository.WithTag(target.Last.ImageTag).ToString(),
        Outcome = outcome,
        Message = message,
    });
}
