namespace Pro.DockerVersioning.Cleaning;

/// <summary>How much the services' images take together: a layer that several have counts once. Pure.</summary>
internal static class CleaningSize
{
    /// <summary>How many of the candidates have to go until the images take no more than so much, and how much they take then.</summary>
    /// <param name="draft">The first half of the plan.</param>
    /// <param name="going">What may go, in that order.</param>
    /// <param name="facts">What is known of the services' images.</param>
    /// <param name="most">How many bytes may be left.</param>
    public static (int Enough, long Left) Cut(
        CleaningCandidates draft, IReadOnlyList<CleaningCandidate> going, IReadOnlyDictionary<string, ImageFacts> facts, long most)
    {
        var layers = draft.ServiceImageIds
            .Where(facts.ContainsKey)
            .SelectMany(id => facts[id].Layers.All.DistinctBy(layer => layer.ChainId))
            .GroupBy(layer => layer.ChainId, StringComparer.Ordinal)
            .ToDictionary(layer => layer.Key, layer => (layer.First().Size, Images: layer.Count()), StringComparer.Ordinal);
        var left = layers.Values.Sum(layer => layer.Size);
        var steps = RemovalSizing.Assign(going, draft.World.Inventory.Images, facts);
        for (var index = 0; index < steps.Count; index++)
        {
            if (left <= most)
            {
                return (index, left);
            }

            if (steps[index].Step == CleaningStep.Remove)
            {
                foreach (var layer in facts[steps[index].ImageId].Layers.All.DistinctBy(layer => layer.ChainId))
                {
                    var (size, images) = layers[layer.ChainId];
                    layers[layer.ChainId] = (size, images - 1);
                    left -= images == 1 ? size : 0;
                }
            }
        }

        return (steps.Count, left);
    }
}
