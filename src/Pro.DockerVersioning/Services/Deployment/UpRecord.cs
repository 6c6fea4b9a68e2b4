using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Docker.DotNet;
using Docker.DotNet.Models;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Services.Containers;
using Pro.DockerVersioning.Services.Locking;

namespace Pro.DockerVersioning.Services.Deployment;

/// <summary>A container as it was before compose's <c>up</c>.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Recipe">All that makes it again; null where it was too large to be kept.</param>
/// <param name="State">How it ran.</param>
internal sealed record RecordedContainer(string Id, string Name, ContainerRecipe? Recipe, PreviousState State);

/// <summary>
/// The way back from compose's <c>up</c>, which removes the old containers before the new ones are proven: a volume whose labels hold all
/// that the old ones were. It is there from before <c>up</c> until the new ones are proven; whoever finds it puts the old ones back.
/// </summary>
/// <param name="Target">The target.</param>
/// <param name="To">The image that was to come.</param>
/// <param name="Containers">The old containers; none before a first start.</param>
internal sealed record UpRecord(string Target, string To, IReadOnlyList<RecordedContainer> Containers)
{
    private const string Label = "pro.dockerversioning.up";

    /// <summary>Writes it.</summary>
    public static async Task<UpRecord> WriteAsync(
        EngineConnection engine, string target, string to, IEnumerable<string> containers, CancellationToken cancellationToken)
    {
        var calls = new ContainerCalls(engine);
        var recorded = new List<RecordedContainer>();
        foreach (var name in containers)
        {
            var old = await calls.InspectAsync(name, cancellationToken).ConfigureAwait(false);
            var image = await calls.InspectImageAsync(old.Text("Image"), cancellationToken).ConfigureAwait(false);
            recorded.Add(new RecordedContainer(
                old.Text("Id"), old.Text("Name").TrimStart('/'), ContainerRecipe.From(old, image), PreviousState.Of(old)));
        }

        var labels = new Dictionary<string, string>(StringComparer.Ordinal) { [Label] = target, [Label + ".to"] = to };
        foreach (var (container, index) in recorded.Select((container, index) => (container, index)))
        {
            var prefix = string.Create(CultureInfo.InvariantCulture, $"{Label}.{index}");
            labels[prefix + ".id"] = container.Id;
            labels[prefix + ".name"] = container.Name;
            labels[prefix + ".state"] = container.State.ToLabel();
            labels[prefix + ".recipe"] = PreviousConfiguration.Encode(container.Recipe!) ?? "";
        }

        _ = await engine.CallAsync(client => client.Volumes.CreateAsync(
            new VolumesCreateParameters { Name = NameOf(target), Labels = labels }, cancellationToken)).ConfigureAwait(false);
        return new UpRecord(target, to, recorded);
    }

    /// <summary>Finds it; null where no <c>up</c> was cut off.</summary>
    public static Task<UpRecord?> FindAsync(EngineConnection engine, string target, CancellationToken cancellationToken) =>
        engine.CallAsync(async client =>
        {
            try
            {
                var volume = await client.Volumes.InspectAsync(NameOf(target), cancellationToken).ConfigureAwait(false);
                return volume.Labels is { } labels && labels.TryGetValue(Label, out var of) && of == target ? Read(target, labels) : null;
            }
            catch (DockerApiException missing) when (missing.StatusCode == HttpStatusCode.NotFound)
            {
                return null;
            }
        });

    /// <summary>Takes it away: there is no way back any more, or the old ones are back.</summary>
    public Task RemoveAsync(EngineConnection engine) => engine.CallAsync(async client =>
    {
        try
        {
            await client.Volumes.RemoveAsync(NameOf(Target), force: false, CancellationToken.None).ConfigureAwait(false);
        }
        catch (DockerApiException missing) when (missing.StatusCode == HttpStatusCode.NotFound)
        {
            // Gone.
        }
    });

    private static UpRecord Read(string target, IDictionary<string, string> labels)
    {
        var containers = new List<RecordedContainer>();
        for (var index = 0; ; index++)
        {
            var prefix = string.Create(CultureInfo.InvariantCulture, $"{Label}.{index}");
            if (!labels.TryGetValue(prefix + ".id", out var id))
            {
                return new UpRecord(target, labels.TryGetValue(Label + ".to", out var to) ? to : "", containers);
            }

            var name = labels[prefix + ".name"];
            var recipe = labels[prefix + ".recipe"];
            var state = PreviousState.FromSuccessor(new JsonObject
            {
                ["Config"] = new JsonObject { ["Labels"] = new JsonObject { [ContainerLabels.State] = labels[prefix + ".state"] } },
            });
            containers.Add(new RecordedContainer(
                id, name, recipe.Length == 0 ? null : PreviousConfiguration.Decode(name, recipe), state));
        }
    }

    private static string NameOf(string target) => LockNames.Lock(target).Replace("pro-lock-", "pro-up-", StringComparison.Ordinal);
}
