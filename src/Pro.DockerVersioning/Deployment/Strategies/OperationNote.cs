using System.Text.Json;
using System.Text.Json.Nodes;
using Pro.DockerVersioning.Machine;

namespace Pro.DockerVersioning.Deployment.Strategies;

/// <summary>
/// What a deployment or rollback is about, as it stands on the engine while it is done: on its lock, and on the containers that a swap
/// makes. Where its process dies after the new version was verified, whoever repairs writes the line that it would have written, and keeps
/// the previous version that it would have kept: without them "previous" could be the very version that a rollback has left.
/// </summary>
internal sealed record OperationNote
{
    /// <summary>Deploy or Rollback.</summary>
    public required ProHistoryKind Kind { get; init; }

    /// <summary>The version that ran before; null if none did, or nothing says which.</summary>
    public ProVersion? From { get; init; }

    /// <summary>The version that is to run.</summary>
    public required ProVersion Version { get; init; }

    /// <summary>Its image's name with the version's tag.</summary>
    public required string Reference { get; init; }

    /// <summary>Its image's id; null if it isn't on this engine (a swarm's other nodes).</summary>
    public string? ImageId { get; init; }

    /// <summary>The digest under which a registry knows it; null if none does.</summary>
    public string? Digest { get; init; }

    /// <summary>The image that ran before; null if it was the same one, or none.</summary>
    public string? OldImageId { get; init; }

    /// <summary>Whether what ran before was well.</summary>
    public bool WasWell { get; init; }

    /// <summary>Container, Compose or Swarm.</summary>
    public required string Strategy { get; init; }

    /// <summary>Why, as -Reason said it.</summary>
    public string? Reason { get; init; }

    /// <summary>Who does it.</summary>
    public string User { get; init; } = ProOperator.User;

    /// <summary>On which machine.</summary>
    public string Host { get; init; } = ProOperator.Host;

    /// <summary>Since when.</summary>
    public DateTimeOffset Since { get; init; } = DateTimeOffset.UtcNow;

    /// <summary>Reads it; null if it is none, or of a version of this module that writes it in another way.</summary>
    public static OperationNote? Read(string? text)
    {
        try
        {
            if (text is { Length: > 0 } && JsonNode.Parse(text) is JsonObject json
                && Enum.TryParse<ProHistoryKind>((string?)json["Kind"], out var kind)
                && ProVersion.TryParse((string?)json["Version"], out var version)
                && (string?)json["Reference"] is { } reference)
            {
                return new OperationNote
                {
                    Kind = kind,
                    From = ProVersion.TryParse((string?)json["From"], out var from) ? from : null,
                    Version = version,
                    Reference = reference,
                    ImageId = (string?)json["ImageId"],
                    Digest = (string?)json["Digest"],
                    OldImageId = (string?)json["OldImageId"],
                    WasWell = (bool?)json["WasWell"] ?? false,
                    Strategy = (string?)json["Strategy"] ?? "",
                    Reason = (string?)json["Reason"],
                    User = (string?)json["User"] ?? "",
                    Host = (string?)json["Host"] ?? "",
                    Since = (DateTimeOffset?)json["Since"] ?? default,
                };
            }
        }
        catch (Exception other) when (other is JsonException or InvalidOperationException or FormatException)
        {
            // Somebody else's label.
        }

        return null;
    }

    /// <summary>A label's value.</summary>
    public string ToLabel() => new JsonObject
    {
        ["Kind"] = Kind.ToString(),
        ["From"] = From?.ToString(),
        ["Version"] = Version.ToString(),
        ["Reference"] = Reference,
        ["ImageId"] = ImageId,
        ["Digest"] = Digest,
        ["OldImageId"] = OldImageId,
        ["WasWell"] = WasWell,
        ["Strategy"] = Strategy,
        ["Reason"] = Reason,
        ["User"] = User,
        ["Host"] = Host,
        ["Since"] = Since,
    }.ToJsonString();
}
