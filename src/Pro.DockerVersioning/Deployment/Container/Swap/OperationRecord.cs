using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Pro.DockerVersioning.Deployment.Container.Recipe;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Deployment.Container.Swap;

/// <summary>An old container as it was before the operation.</summary>
internal sealed record SavedContainer(
    string Id, string Name, [property: JsonRequired] ContainerRecipe Recipe, string Status, JsonObject? RestartPolicy)
    : SavedRunState(Status, RestartPolicy)
{
    /// <summary>True if the engine removes it as soon as it has stopped; one that never ran stays.</summary>
    public bool RemovesItself => Recipe.HostConfig.Flag("AutoRemove") && Ran;
}

/// <summary>What an operation record's labels say: names only, since everybody who may list volumes can read them.</summary>
internal sealed record OperationInfo
{
    public required string Target { get; init; }

    /// <summary>Tells this operation from any other. The containers that it makes have it in a label.</summary>
    public required string Nonce { get; init; }

    public required string To { get; init; }

    public IReadOnlyList<string> OldImages { get; init; } = [];

    /// <summary>Compose's labels that say whose containers they are, as an <c>up</c> may have left none; empty without compose.</summary>
    public IReadOnlyDictionary<string, string> Owner { get; init; } = new Dictionary<string, string>();

    /// <summary>True if compose's <c>up</c> makes the new containers.</summary>
    public bool IsComposeUp { get; init; }
}

/// <summary>
/// All that an operation needs to be undone or finished by whoever comes next. It is written before anything is touched and deleted at the
/// commit: see <see cref="OperationRecords"/>. The process that runs the operation works from its copy in memory.
/// </summary>
/// <param name="Info">Whose it is.</param>
/// <param name="Containers">The old containers, followers behind those that they follow; none before a first start.</param>
/// <param name="Note">For the history: see <see cref="Strategies.OperationNote"/>.</param>
internal sealed record OperationRecord(OperationInfo Info, IReadOnlyList<SavedContainer> Containers, string? Note)
{
    private const int Format = 1;

    public byte[] ToFile() =>
        JsonSerializer.SerializeToUtf8Bytes(new RecordFile(Format, Note, Containers), RecordFileContext.Default.RecordFile);

    /// <summary>Reads the content; null if it was never written to its end.</summary>
    /// <exception cref="ProException"><c>OperationRecordUnreadable</c>: another version of this module has written it.</exception>
    public static OperationRecord? Read(OperationInfo info, byte[] file)
    {
        JsonNode? json;
        try
        {
            json = JsonNode.Parse(file);
        }
        catch (JsonException)
        {
            return null;
        }

        try
        {
            return json.Deserialize(RecordFileContext.Default.RecordFile) is { Format: Format } read
                ? new OperationRecord(info, read.Containers, read.Note)
                : throw new JsonException($"its format is {json?["Format"]}");
        }
        catch (JsonException other)
        {
            throw ContainerErrors.OperationRecordUnreadable(info.Target, other);
        }
    }
}

/// <summary>The file of a record. The names of its members, and of all that is in them, are names in the file.</summary>
internal sealed record RecordFile(int Format, string? Note, [property: JsonRequired] IReadOnlyList<SavedContainer> Containers);

[JsonSourceGenerationOptions(IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(RecordFile))]
internal sealed partial class RecordFileContext : JsonSerializerContext;
