using Pro.DockerVersioning.Images;

namespace Pro.DockerVersioning.Cleaning;

/// <summary>Says of each reference that goes whether the image goes with it, and how much space that may free. Pure.</summary>
internal static class RemovalSizing
{
    /// <summary>The lines, in the order of the candidates.</summary>
    public static IReadOnlyList<CleaningPlanItem> Assign(
        IReadOnlyList<CleaningCandidate> going, IReadOnlyList<EngineImage> images, IReadOnlyDictionary<string, ImageFacts> facts)
    {
        var names = going.ToLookup(candidate => candidate.Image.Id, candidate => candidate.Line.Reference, StringComparer.Ordinal);
        var parents = images.Select(image => image.ParentId).OfType<string>().ToHashSet(StringComparer.Ordinal);
        var lines = new List<CleaningPlanItem>(going.Count);
        foreach (var candidate in going)
        {
            var image = candidate.Image;
            var all = names[image.Id].ToHashSet(StringComparer.Ordinal);
            lines.Add(KeepsAName(image, all) ? Untag(candidate, "the image has other names")
                : parents.Contains(image.Id) ? Untag(candidate, "other images are built on it")
                : names[image.Id].Last() == candidate.Line.Reference ? candidate.Line
                : candidate.Line with { Step = CleaningStep.Untag });
        }

        return Weigh(lines, facts);
    }

    private static CleaningPlanItem Untag(CleaningCandidate candidate, string why) =>
        candidate.Line with { Step = CleaningStep.Untag, Reason = $"{candidate.Line.Reason}; {why}" };

    /// <summary>The digests of a repository go with its last tag.</summary>
    private static bool KeepsAName(EngineImage image, HashSet<string> going)
    {
        var tagsStay = image.References.Where(reference => !going.Contains(reference.ToString())).ToList();
        return tagsStay.Count > 0
            || image.Digests.Any(digest => !going.Contains(digest.ToString())
                && !image.References.Any(reference => reference.SameRepository(digest)));
    }

    /// <summary>A layer comes free with the last image that has it, if no image that stays has it as well.</summary>
    private static List<CleaningPlanItem> Weigh(List<CleaningPlanItem> lines, IReadOnlyDictionary<string, ImageFacts> facts)
    {
        var leaving = lines.Where(line => line.Step == CleaningStep.Remove).Select(line => line.ImageId).ToHashSet(StringComparer.Ordinal);
        var counted = facts
            .Where(one => !leaving.Contains(one.Key))
            .SelectMany(one => one.Value.Layers.All)
            .Select(layer => layer.ChainId)
            .ToHashSet(StringComparer.Ordinal);
        for (var index = lines.Count - 1; index >= 0; index--)
        {
            if (lines[index].Step == CleaningStep.Remove)
            {
                var layers = facts[lines[index].ImageId].Layers.All;
                lines[index] = lines[index] with { Bytes = layers.Where(layer => counted.Add(layer.ChainId)).Sum(layer => layer.Size) };
            }
        }

        return lines;
    }
}
