using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pro.DockerVersioning.Deployment.Container.Recipe;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Deployment.Container.Swap;

/// <summary>An old container as it was before the operation.</summary>
/// <param name="Id">Its full id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Recipe">All that makes it again.</param>
/// <param name="State">How it ran.</param>
/// <param name="IsFollower">True if it is re-created only because it shares the network, IPC or processes of another one.</param>
internal sealed record SavedContainer(string Id, string Name, SavedRecipe Recipe, SavedRunState State, bool IsFollower = false)
{
    /// <summary>True if the engine removes it as soon as it has stopped; one that never ran stays.</summary>
    public bool RemovesItself => Recipe.Recipe.HostConfig.Flag("AutoRemove") && State.Ran;
}

/// <summary>What an operation record's labels say: names only, since everybody who may list volumes can read them.</summary>
internal sealed record OperationInfo
{
    /// <summary>The target.</summary>
    public required string Target { get; init; }

    /// <summary>Tells this operation from any other. The containers that it makes have it in a label.</summary>
    public required string Nonce { get; init; }

    /// <summary>The reference of the image that is to run.</summary>
    public required string To { get; init; }

    /// <summary>The ids of the images that ran before.</summary>
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

    /// <summary>The content as a file.</summary>
    public byte[] ToFile() => JsonSerializer.SerializeToUtf8Bytes(new JsonObject
    {
        ["Format"] = Format,
        ["Note"] = Note,
        ["Containers"] = new JsonArray([.. Containers.Select(container => new JsonObject
        {
            ["Id"] = container.Id,
            ["Name"] = container.Name,
            ["Recipe"] = container.Recipe.ToJson(),
            ["Status"] = container.State.Status,
            ["RestartPolicy"] = container.State.RestartPolicy?.DeepClone(),
            ["IsFollower"] = container.IsFollower,
        })]),
    });

    /// <summary>Reads the content; null if it was never written to its end.</summary>
    /// <exception cref="ProException"><c>OperationRecordUnreadable</c>: another version of this module has written it.</exception>
    public static OperationRecord? Read(OperationInfo info, byte[] file)
    {
        JsonObject json;
        try
        {
            json = JsonNode.Parse(Encoding.UTF8.GetString(file)) as JsonObject ?? [];
        }
        catch (JsonException)
        {
            return null;
        }

        try
        {
            return (int?)json["Format"] is not Format ? throw new FormatException($"its format is {json["Format"]}") : new OperationRecord(
                info,
                [.. json.Elements("Containers").OfType<JsonObject>().Select(container => new SavedContainer(
                    container.Text("Id"),
                    container.Text("Name"),
                    SavedRecipe.Read(container["Recipe"] as JsonObject ?? []),
                    new SavedRunState(container.Text("Status"), container["RestartPolicy"]?.DeepClone() as JsonObject),
                    container.Flag("IsFollower")))],
                (string?)json["Note"]);
        }
        catch (Exception other) when (other is FormatException or InvalidOperationException)
        {
            throw ContainerErrors.OperationRecordUnreadable(info.Target, other);
        }
    }
}
