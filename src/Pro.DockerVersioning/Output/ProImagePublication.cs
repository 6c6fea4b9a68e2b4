using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning;

/// <summary>What a publication came to.</summary>
public sealed class ProImagePublication
{
    internal ProImagePublication()
    {
    }

    /// <summary>The service.</summary>
    public required string Service { get; init; }

    /// <summary>The version.</summary>
    public required ProVersion Version { get; init; }

    /// <summary>The image's name with the version's tag.</summary>
    public required string Reference { get; init; }

    /// <summary>Pushed, or there already.</summary>
    public required ProPublicationOutcome Outcome { get; init; }

    /// <summary>The digest under which the registry knows it.</summary>
    public required string Digest { get; init; }

    /// <summary>The aliases that point at it at the registry now.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>Why each alias moved or stayed at the registry, a sentence each.</summary>
    public IReadOnlyList<string> AliasReasons { get; init; } = [];

    /// <summary>What more there is to say; null if there is nothing: "could not check for other content: …".</summary>
    public string? Message { get; init; }

    /// <summary>The aliases that stayed although such a version may move them.</summary>
    internal IReadOnlyList<AliasDecision> HeldBack { get; init; } = [];

    /// <summary>What the user should hear of an alias that was held back.</summary>
    internal string WarningOf(AliasDecision heldBack) => heldBack.WarningFor($"{Service} {Version}: at the registry");

    /// <summary>What the user should hear, the message first.</summary>
    internal IEnumerable<string> WarningsWith(IEnumerable<AliasDecision> heldBack) =>
        [.. Message is null ? Array.Empty<string>() : [$"{Service} {Version}: {Message}"], .. heldBack.Select(WarningOf)];

    /// <summary>The image id on the engine that pushed it.</summary>
    public required string ImageId { get; init; }

    /// <summary>How long it took.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>The reference with its digest: what names this content for ever.</summary>
    /// <returns>The reference.</returns>
    public override string ToString() => $"{Reference}@{Digest}";
}
