using System.Text.Json;
using System.Text.Json.Serialization;
using Pro.DockerVersioning.Machine;

namespace Pro.DockerVersioning.Deployment.Strategies;

/// <summary>
/// What a deployment or rollback is about, as it stands on the engine while it is done: on its lock, and on the containers that a swap
/// makes. Where its process dies after the new version was verified, whoever repairs writes the line that it would have written, and keeps
/// the previous version that it would have kept: without them "previous" could be the very version that a rollback has left.
/// </summary>
internal sealed record OperationNote
{
    public required ProHistoryKind Kind { get; init; }

    /// <summary>The version that ran before; null if none did, or nothing says which.</summary>
    public ProVersion? From { get; init; }

    public required ProVersion Version { get; init; }

    /// <summary>Its image's name with the version's tag.</summary>
    public required string Reference { get; init; }

    /// <summary>Its image's id; null if it isn't on this engine (a swarm's other nodes).</summary>
    public string? ImageId { get; init; }

    /// <summary>The digest under which a registry knows it; null if none does.</summary>
    public string? Digest { get; init; }

    /// <summary>The image that ran before; null if it was the same one, or none.</summary>
    public string? OldImageId { get; init; }

    public bool WasWell { get; init; }

    public required string Strategy { get; init; }

    public string? Reason { get; init; }

    public string User { get; init; } = ProOperator.User;

    public string Host { get; init; } = ProOperator.Host;

    public DateTimeOffset Since { get; init; } = Clock.Now;

    /// <summary>Reads it; null if it is none, or of a version of this module that writes it in another way.</summary>
    public static OperationNote? Read(string? text)
    {
        try
        {
            return string.IsNullOrEmpty(text) ? null : JsonSerializer.Deserialize(text, OperationNoteContext.Default.OperationNote);
        }
        catch (JsonException)
        {
            // Somebody else's label.
            return null;
        }
    }

    public string ToLabel() => JsonSerializer.Serialize(this, OperationNoteContext.Default.OperationNote);
}

[JsonSourceGenerationOptions(UseStringEnumConverter = true, Converters = [typeof(VersionConverter)])]
[JsonSerializable(typeof(OperationNote))]
internal sealed partial class OperationNoteContext : JsonSerializerContext;

internal sealed class VersionConverter : JsonConverter<ProVersion>
{
    public override ProVersion Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        ProVersion.TryParse(reader.GetString(), out var version) ? version : throw new JsonException();

    public override void Write(Utf8JsonWriter writer, ProVersion value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}
