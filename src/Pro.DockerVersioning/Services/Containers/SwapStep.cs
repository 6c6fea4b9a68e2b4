using System.Text.Json.Nodes;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Services.Containers;

/// <summary>A swap under way.</summary>
/// <param name="old">The old one's inspection, before anything was done.</param>
/// <param name="recipe">The old one's.</param>
internal sealed class SwapStep(JsonObject old, ContainerRecipe recipe)
{
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

    /// <summary>How long nobody answered, as far as the calls tell.</summary>
    public TimeSpan Gap { get; set; }

    /// <summary>True where the engine removes it as soon as it has stopped; one that never ran stays.</summary>
    public bool RemovesItself => old["HostConfig"].Flag("AutoRemove") && old["State"].Flag("Running");

    /// <summary>Looks at the old one.</summary>
    public static async Task<SwapStep> OfAsync(ContainerCalls calls, string container, CancellationToken cancellationToken)
    {
        var old = await calls.InspectAsync(container, cancellationToken).ConfigureAwait(false);
        var image = await calls.InspectImageAsync(old.Text("Image"), cancellationToken).ConfigureAwait(false);
        return new SwapStep(old, ContainerRecipe.From(old, image));
    }

    /// <summary>The new one's name and labels: all that the way back needs.</summary>
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
            reports.Report(new WarningReport(
                $"The configuration of {Name} is too large for a label: if a prune takes the kept container, it can't be made again."));
        }

        return new RecipeOptions { Name = SwapNames.Next(Name), Labels = labels };
    }
}
