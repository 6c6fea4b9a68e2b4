using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using Pro.DockerVersioning.Engine;

namespace Pro.DockerVersioning.Cleaning;

/// <summary>
/// What an engine says of one image, as far as cleaning needs it. Asked twice for each image that goes, so read from the engine's own JSON:
/// a model of all its fields costs more than the answer.
/// </summary>
/// <param name="Id">The image id.</param>
/// <param name="Tags">Its names with tags.</param>
/// <param name="Digests">Its names with digests.</param>
/// <param name="Contents">The digests of its layers' contents, lowest first.</param>
/// <param name="LastTagTime">When a name was last given to it here; null if the engine doesn't know.</param>
internal sealed record ImageDescription(
    string Id, IReadOnlyList<string> Tags, IReadOnlyList<string> Digests, IReadOnlyList<string> Contents, DateTimeOffset? LastTagTime)
{
    /// <summary>Asks for it.</summary>
    /// <exception cref="ProException">There is no such image, or the engine can't be reached.</exception>
    public static async Task<ImageDescription> AskAsync(EngineConnection engine, string name, CancellationToken cancellationToken) =>
        Read(await engine.Http.GetAsync($"images/{name}/json", cancellationToken).ConfigureAwait(false));

    /// <summary>Asks for the steps that made it, last step first.</summary>
    /// <exception cref="ProException">There is no such image, or the engine can't be reached.</exception>
    public static async Task<IReadOnlyList<ImageStep>> AskStepsAsync(
        EngineConnection engine, string name, CancellationToken cancellationToken)
    {
        var steps = await engine.Http.GetListAsync($"images/{name}/history", cancellationToken).ConfigureAwait(false);
        return [.. steps.Select(step => new ImageStep(
            step?["CreatedBy"]?.GetValue<string>() ?? "", step?["Size"]?.GetValue<long>() ?? 0))];
    }

    /// <summary>Reads the engine's answer. Pure.</summary>
    [SuppressMessage("Maintainability", "CA1507:Use nameof to express symbol names", Justification = "These are the engine's names.")]
    internal static ImageDescription Read(JsonObject answer) => new(
        answer["Id"]?.GetValue<string>() ?? "",
        Texts(answer["RepoTags"]),
        Texts(answer["RepoDigests"]),
        Texts((answer["RootFS"] as JsonObject)?["Layers"]),
        // Engines write the year 1 for "never".
        (answer["Metadata"] as JsonObject)?["LastTagTime"]?.GetValue<DateTimeOffset>() is { Year: > 1 } time ? time : null);

    private static IReadOnlyList<string> Texts(JsonNode? list) =>
        list is JsonArray texts ? [.. texts.Select(text => text?.GetValue<string>()).OfType<string>()] : [];
}
