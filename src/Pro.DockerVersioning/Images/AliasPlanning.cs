using Pro.DockerVersioning.Git;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Images;

/// <summary>Puts the question about aliases to <see cref="AliasPolicy"/>, over what is on an engine.</summary>
internal static class AliasPlanning
{
    /// <summary>What happens to each alias on this engine.</summary>
    /// <param name="inventory">The engine's images.</param>
    /// <param name="repository">The service's repository.</param>
    /// <param name="version">The version that is being built.</param>
    /// <param name="commit">Its commit.</param>
    /// <param name="options">Which aliases, and how latest goes.</param>
    /// <param name="history">Says which commit is whose ancestor.</param>
    public static IReadOnlyList<AliasDecision> OnEngine(
        ImageInventory inventory,
        ImageReference repository,
        ProVersion version,
        string commit,
        ImageBuildOptions options,
        GitRepository history)
    {
        var decisions = AliasPolicy.Plan(new AliasRequest(
            version,
            [.. inventory.TaggedVersionsOf(repository)],
            inventory.AliasHolders(repository))
        {
            Aliases = options.Aliases,
            Latest = options.Latest,
            Ancestry = holder => inventory.Find(repository.WithTag(holder.Alias))?.Label(ImageLabels.Revision) is { } held
                ? history.Relation(held, commit)
                : CommitRelation.Unknown,
        });
        return [.. decisions.Select(decision => Held(inventory, repository, version, options, decision))];
    }

    /// <summary>A tag that names what is deployed is moved by the next deployment, and by no build.</summary>
    private static AliasDecision Held(
        ImageInventory inventory, ImageReference repository, ProVersion version, ImageBuildOptions options, AliasDecision decision)
    {
        var alias = repository.WithTag(decision.Alias);
        if (!decision.Moves || options.Latest == ProLatestPolicy.Always
            || !options.Deployed.TryGetValue($"{alias.NormalizedName}:{alias.Tag}", out var target)
            || inventory.Find(alias) is not { } holder)
        {
            return decision;
        }

        var held = ImageInventory.VersionOf(holder, repository);
        return version.Equals(held) ? decision : new AliasDecision(
            decision.Alias, false, $"stays at {held?.ToString() ?? holder.Id}: it names what {target} runs, and Deploy-ProService moves it")
        {
            IsHeldBack = true,
            IsDeployed = true,
        };
    }

    /// <summary>How the commit of an alias's holder stands to another; unknown where the repository hasn't got it.</summary>
    public static CommitRelation Relation(this GitRepository history, string held, string commit) =>
        history.Knows(held)
            ? history.IsAncestor(held, commit) ? CommitRelation.Ancestor : CommitRelation.NotAncestor
            : CommitRelation.Unknown;
}
