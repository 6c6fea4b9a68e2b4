using System.Text.Json.Nodes;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Services.Containers;

/// <summary>A swap under way.</summary>
/// <param name="old">The old one's inspection, before anything was done.</param>
/// <param name="recipe">The old one's.</param>
internal sealed class SwapStep(JsonObject old, ContainerRecipe recipe)
{
    private const string Always = "always";
    private const string Never = "no";

    private bool _hasRestarts;

    /// <summary>The old one's inspection, before anything was done.</summary>
    public JsonObject Old => old;

    /// <summary>The old one's.</summary>
    public ContainerRecipe Recipe => recipe;

    /// <summary>The name that both want.</summary>
    public string Name => recipe.Name;

    /// <summary>The old one.</summary>
    public string OldId => old.Text("Id");

    /// <summary>The new one, or "" while there is none.</summary>
    public string NewId { get; set; } = "";

    /// <summary>How long nobody answered.</summary>
    public Outage Outage { get; } = new();

    /// <summary>True where the engine removes it as soon as it has stopped; one that never ran stays.</summary>
    public bool RemovesItself => old["HostConfig"].Flag("AutoRemove") && old["State"].Flag("Running");

    /// <summary>The restart policy that both are to have, or null where there is none.</summary>
    private JsonObject? RestartPolicy =>
        old["HostConfig"]?["RestartPolicy"] is JsonObject policy && policy.Text("Name") is not ("" or "no") ? policy : null;

    /// <summary>Looks at the old one.</summary>
    public static async Task<SwapStep> OfAsync(ContainerCalls calls, string container, CancellationToken cancellationToken)
    {
        var old = await calls.InspectAsync(container, cancellationToken).ConfigureAwait(false);
        var image = await calls.InspectImageAsync(old.Text("Image"), cancellationToken).ConfigureAwait(false);
        return new SwapStep(old, ContainerRecipe.From(old, image));
    }

    /// <summary>
    /// Lets the engine bring the old one back by itself, should it be started anew while the old one is stopped: nobody has proven
    /// the new one. "unless-stopped" would not.
    /// </summary>
    public async Task KeepOldAliveAsync(ContainerCalls calls)
    {
        if (RestartPolicy is { } policy && policy.Text("Name") != Always && PreviousState.Of(old).Ran)
        {
            await calls.SetRestartPolicyAsync(OldId, Policy(Always), CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Gives the old one another name. The engine can't rename one that has ended and waits for its restart: it has no network
    /// then, and nothing is lost by stopping it.
    /// </summary>
    public async Task RenameOldAsync(ContainerCalls calls, string name)
    {
        try
        {
            await calls.RenameAsync(OldId, name, CancellationToken.None).ConfigureAwait(false);
        }
        catch (ProException)
        {
            if (await calls.FindAsync(OldId, CancellationToken.None).ConfigureAwait(false) is not { } now || !EndsOverAndOver(now))
            {
                throw;
            }

            await calls.StopAsync(OldId, CancellationToken.None).ConfigureAwait(false);
            await calls.RenameAsync(OldId, name, CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// From now on the engine brings the new one back. Up to then it had no restart policy, for the verification looks at one start
    /// only; and a network that is connected in the moment of a restart is lost to the engine with its ports.
    /// </summary>
    public async Task GiveRestartsAsync(ContainerCalls calls)
    {
        if (RestartPolicy is { } policy && !_hasRestarts)
        {
            await calls.SetRestartPolicyAsync(NewId, policy, CancellationToken.None).ConfigureAwait(false);
            _hasRestarts = true;
        }
    }

    /// <summary>The new one is proven: it is the one that the engine brings back, and the old one isn't any more.</summary>
    public async Task HandRestartsOverAsync(ContainerCalls calls)
    {
        await GiveRestartsAsync(calls).ConfigureAwait(false);
        if (RestartPolicy is not null)
        {
            await calls.SetRestartPolicyAsync(OldId, Policy(Never), CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>Refuses, before anything is touched, one that is gone as soon as it stops, where nothing could hold what makes it again.</summary>
    /// <exception cref="ProException"><c>ConfigurationTooLarge</c>.</exception>
    public void MustHaveAWayBack()
    {
        if (RemovesItself && PreviousConfiguration.Encode(recipe) is null)
        {
            throw ContainerErrors.ConfigurationTooLarge(Name);
        }
    }

    /// <summary>The new one's name and labels: all that the way back needs.</summary>
    /// <exception cref="ProException"><c>ConfigurationTooLarge</c>: see <see cref="MustHaveAWayBack"/>.</exception>
    public RecipeOptions Options(IReadOnlyDictionary<string, string?> added, SwapFlow flow, IProgress<Report> reports)
    {
        var labels = new Dictionary<string, string?>(added, StringComparer.Ordinal)
        {
            [ContainerLabels.Flow] = flow.ToString(),
            [ContainerLabels.State] = PreviousState.Of(old).ToLabel(),
            [ContainerLabels.Previous] = PreviousConfiguration.Encode(recipe),
        };
        if (labels[ContainerLabels.Previous] is null)
        {
            MustHaveAWayBack();
            reports.Report(new WarningReport(
                $"The configuration of {Name} is too large for a label: if a prune takes the kept container, it can't be made again."));
        }

        return new RecipeOptions { Name = SwapNames.Next(Name), Labels = labels, RestartPolicy = RestartPolicy is null ? null : Never };
    }

    // It may have been started again since the engine refused, and even have ended again.
    private bool EndsOverAndOver(JsonObject now) =>
        now["State"].Flag("Restarting") || old["State"].Flag("Restarting")
        || !JsonNode.DeepEquals(now["RestartCount"], old["RestartCount"]);

    private static JsonObject Policy(string name) => new() { ["Name"] = name };
}
