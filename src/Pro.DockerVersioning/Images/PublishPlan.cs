using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Images;

/// <summary>What a publication will do: the same plan for -WhatIf and for the run.</summary>
/// <param name="Item">What is published.</param>
/// <param name="Image">The image on the engine.</param>
/// <param name="Inventory">What the engine had when the plan was made.</param>
/// <param name="RemoteDigest">What the registry has under that version; null if it has nothing.</param>
/// <param name="IsSame">True if that is the same content.</param>
/// <param name="Aliases">What happens to each alias, judged over the registry's tags.</param>
internal sealed record PublishPlan(
    PublishItem Item,
    EngineImage Image,
    ImageInventory Inventory,
    string? RemoteDigest,
    bool IsSame,
    IReadOnlyList<AliasDecision> Aliases)
{
    /// <summary>Why the registry couldn't be asked for what it has under the version; null if it could.</summary>
    public string? Unchecked { get; init; }

    /// <summary>The plan in lines, each with its reason.</summary>
    public IEnumerable<string> Describe()
    {
        yield return (RemoteDigest, IsSame) switch
        {
            (_, false) when Unchecked is not null => $"push {Item.Reference}: {Unchecked}",
            (null, _) => $"push {Item.Reference}: the registry hasn't got it",
            ({ } digest, true) => $"{Item.Reference} is at the registry already, with the same content ({digest})",
            ({ } digest, false) => $"push {Item.Reference} over another content ({digest}): -Force",
        };
        foreach (var alias in Aliases)
        {
            yield return $"at the registry, {alias}";
        }
    }
}
