using System.Globalization;
using System.Net;
using Docker.DotNet;
using Docker.DotNet.Models;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Services.Compose;
using Pro.DockerVersioning.Services.Containers;
using Pro.DockerVersioning.Services.Locking;

namespace Pro.DockerVersioning.Services.Deployment;

/// <summary>A container as it was before compose's <c>up</c>.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Recipe">All that makes it again; null in a record of a module that kept none as large.</param>
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
    private const string Owner = Label + ".owner.";

    /// <summary>How the volumes' names begin.</summary>
    public const string NamePrefix = "pro-up-";

    /// <summary>Compose's labels that say whose it is: an <c>up</c> that was cut off may have left no container that has them.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Writes it.</summary>
    public static async Task<UpRecord> WriteAsync(
        EngineConnection engine,
        string target,
        string to,
        ComposeSite site,
        IEnumerable<string> containers,
        CancellationToken cancellationToken)
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
        var owner = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [ComposeLabels.Project] = site.Client.Project.Name,
            [ComposeLabels.Service] = site.Service,
            [ComposeLabels.Files] = string.Join(',', site.Client.Project.Files),
            [ComposeLabels.WorkingDirectory] = site.Client.Project.WorkingDirectory,
        };
        foreach (var (name, value) in owner)
        {
            // Not under compose's own names: "down" would take the volume for its own.
            labels[Owner + name[ComposeLabels.Prefix.Length..]] = value;
        }

        foreach (var (container, index) in recorded.Select((container, index) => (container, index)))
        {
            var prefix = string.Create(CultureInfo.InvariantCulture, $"{Label}.{index}");
            labels[prefix + ".id"] = container.Id;
            labels[prefix + ".name"] = container.Name;
            labels[prefix + ".state"] = container.State.ToLabel();
            labels[prefix + ".recipe"] = PreviousConfiguration.Pack(container.Recipe!);
        }

        _ = await engine.CallAsync(client => client.Volumes.CreateAsync(
            new VolumesCreateParameters { Name = NameOf(target), Labels = labels }, cancellationToken)).ConfigureAwait(false);
        return new UpRecord(target, to, recorded) { Labels = owner };
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

    /// <summary>All records of an engine.</summary>
    public static Task<IReadOnlyList<UpRecord>> FindAllAsync(EngineConnection engine, CancellationToken cancellationToken) =>
        engine.CallAsync<IReadOnlyList<UpRecord>>(async client =>
        {
            var filters = new Dictionary<string, IDictionary<string, bool>> { ["label"] = new Dictionary<string, bool> { [Label] = true } };
            var found = await client.Volumes
                .ListAsync(new VolumesListParameters { Filters = filters }, cancellationToken).ConfigureAwait(false);
            return From(found.Volumes ?? []);
        });

    /// <summary>The records among volumes. Pure.</summary>
    public static IReadOnlyList<UpRecord> From(IEnumerable<VolumeResponse> volumes) =>
        [.. volumes
            .Where(volume => volume.Labels is { } labels && labels.TryGetValue(Label, out var target) && volume.Name == NameOf(target))
            .Select(volume => Read(volume.Labels[Label], volume.Labels))];

    /// <summary>Takes it away: there is no way back any more, or the old ones are back.</summary>
    public async Task RemoveAsync(EngineConnection engine)
    {
        try
        {
            await DeleteAsync(engine).ConfigureAwait(false);
        }
        catch (ProException lost) when (lost.Id == EngineErrors.UnreachableId)
        {
            // The engine may have done it, and only its answer is lost: to go back now would give up what is proven.
            if (await FindAsync(engine, Target, CancellationToken.None).ConfigureAwait(false) is not null)
            {
                throw;
            }
        }
    }

    private Task DeleteAsync(EngineConnection engine) => engine.CallAsync(async client =>
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
                return new UpRecord(target, labels.TryGetValue(Label + ".to", out var to) ? to : "", containers)
                {
                    Labels = labels.Where(label => label.Key.StartsWith(Owner, StringComparison.Ordinal)).ToDictionary(
                        label => ComposeLabels.Prefix + label.Key[Owner.Length..], label => label.Value, StringComparer.Ordinal),
                };
            }

            var name = labels[prefix + ".name"];
            var recipe = labels[prefix + ".recipe"];
            var state = PreviousState.FromLabel(labels[prefix + ".state"]);
            containers.Add(new RecordedContainer(
                id, name, recipe.Length == 0 ? null : PreviousConfiguration.Decode(name, recipe), state));
        }
    }

    private static string NameOf(string target) => LockNames.Lock(target).Replace(LockNames.LockPrefix, NamePrefix, StringComparison.Ordinal);
}
