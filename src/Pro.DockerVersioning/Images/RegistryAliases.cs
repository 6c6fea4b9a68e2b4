using Pro.DockerVersioning.Git;
using Pro.DockerVersioning.Registry;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Images;

/// <summary>Judges and moves the aliases of a repository at its registry, right before they are published.</summary>
internal sealed class RegistryAliases(RegistryClient registry, GitRepository? history)
{
    /// <summary>Judges and moves in one turn: what is judged is still so when it is moved, for all that this process publishes.</summary>
    /// <param name="item">The version.</param>
    /// <param name="digest">Its manifest at the registry.</param>
    /// <param name="commit">Its commit, where that is known.</param>
    /// <param name="inventory">The engine's images: they know versions by their digests.</param>
    /// <param name="options">Which aliases.</param>
    /// <param name="without">Why they stay without being judged; null: they are judged.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<IReadOnlyList<AliasDecision>> CarryOutAsync(
        PublishItem item,
        string digest,
        string? commit,
        ImageInventory inventory,
        PublishOptions options,
        string? without,
        CancellationToken cancellationToken)
    {
        using var turn = await AliasMutex.TakeAsync("registry", item.Reference, cancellationToken).ConfigureAwait(false);
        var decisions = without is null
            ? await JudgeAsync(item, commit, inventory, options, isThere: true, cancellationToken).ConfigureAwait(false)
            : Hold(item, options, without);
        return await MoveAsync(item, digest, decisions, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The aliases stay, for one reason; but what is asked for by -Latest Always needs no judging.</summary>
    public static IReadOnlyList<AliasDecision> Hold(PublishItem item, PublishOptions options, string why) =>
        [.. Judged(item, options).Select(alias => alias == AliasName.Latest.ToString() && options.Latest == ProLatestPolicy.Always
            ? new AliasDecision(alias, true, $"moves to {item.Version}: asked for by -Latest Always")
            : new AliasDecision(alias, false, $"stays: {why}") { IsHeldBack = AliasPolicy.MayMove(alias, item.Version, options.Latest) })];

    /// <summary>In a plan that couldn't see what the registry has.</summary>
    public static IReadOnlyList<AliasDecision> Later(PublishItem item, PublishOptions options, string why) =>
        [.. Judged(item, options).Select(alias => new AliasDecision(alias, false, $"decided when it is pushed: {why}"))];

    /// <summary>What happens to each alias at the registry; if the registry doesn't tell what it has, each stays.</summary>
    /// <param name="item">The version.</param>
    /// <param name="commit">Its commit, where that is known.</param>
    /// <param name="inventory">The engine's images: they know versions by their digests.</param>
    /// <param name="options">Which aliases.</param>
    /// <param name="isThere">Whether the registry has the version: a list without it isn't the whole list.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<IReadOnlyList<AliasDecision>> JudgeAsync(
        PublishItem item,
        string? commit,
        ImageInventory inventory,
        PublishOptions options,
        bool isThere,
        CancellationToken cancellationToken)
    {
        try
        {
            // Only before the first push is there no repository.
            var tags = isThere
                ? await registry.GetTagsWithAsync(item.Reference.Repository, item.Reference.Tag!, cancellationToken).ConfigureAwait(false)
                : await registry.FindTagsAsync(item.Reference.Repository, cancellationToken).ConfigureAwait(false) ?? [];
            var versions = tags.Select(tag => ProVersion.TryFromImageTag(tag, out var version) ? version : null)
                .OfType<ProVersion>().ToList();
            var holders = await HoldersAsync(item, tags, inventory, options, cancellationToken).ConfigureAwait(false);
            return AliasPolicy.Plan(new AliasRequest(item.Version, versions, holders.Keys)
            {
                Aliases = options.Aliases,
                Latest = options.Latest,
                Ancestry = holder => Relation(holders[holder], commit),
            });
        }
        catch (ProException unreadable)
        {
            // Unreachable from here, or read only by others: a push needs no such right, and what is newest can't be told without.
            return Hold(item, options, $"the registry's tags can't be read from here ({unreadable.Message.TrimEnd('.')})");
        }
    }

    /// <summary>
    /// Lets the aliases name the version's manifest. No layer travels, and the engine's own aliases, which may rightly stand elsewhere, are
    /// left alone. One that the registry refuses to move, as an immutable tag, stays; the version is published all the same.
    /// </summary>
    private async Task<IReadOnlyList<AliasDecision>> MoveAsync(
        PublishItem item,
        string digest,
        IEnumerable<AliasDecision> decisions,
        CancellationToken cancellationToken)
    {
        var done = new List<AliasDecision>();
        foreach (var decision in decisions)
        {
            done.Add(decision.Moves ? await MoveAsync(item, digest, decision, cancellationToken).ConfigureAwait(false) : decision);
        }

        return done;
    }

    private async Task<AliasDecision> MoveAsync(
        PublishItem item, string digest, AliasDecision decision, CancellationToken cancellationToken)
    {
        try
        {
            await registry.TagManifestAsync(item.Reference.Repository, digest, decision.Alias, cancellationToken).ConfigureAwait(false);
            return decision;
        }
        catch (ProException refused)
        {
            return new AliasDecision(decision.Alias, false, $"stays: it could not be moved ({refused.Message.TrimEnd('.')})")
            {
                IsHeldBack = true,
                IsRefused = true,
            };
        }
    }

    private static IReadOnlyList<string> Judged(PublishItem item, PublishOptions options) =>
        AliasPolicy.Judged(item.Version, options.Aliases);

    /// <summary>Who holds each alias, with the digest it has; only for a commit's build does it matter who holds latest.</summary>
    private async Task<Dictionary<AliasHolder, string?>> HoldersAsync(
        PublishItem item,
        IReadOnlyList<string> tags,
        ImageInventory inventory,
        PublishOptions options,
        CancellationToken cancellationToken)
    {
        var holders = new Dictionary<AliasHolder, string?>();
        foreach (var alias in Judged(item, options).Where(alias => tags.Contains(alias, StringComparer.Ordinal)))
        {
            var head = await registry.HeadManifestAsync(item.Reference.Repository, alias, cancellationToken).ConfigureAwait(false);
            var image = head is null ? null : inventory.FindByDigest(item.Reference, head.Digest);
            var version = image is null ? null : ImageInventory.VersionOf(image, item.Reference.WithoutTag());
            var revision = image?.Label(ImageLabels.Revision);
            if (revision is null && head is not null && item.Version.Kind != ProVersionKind.Release)
            {
                // Only the registry may have the image: its configuration says of which commit it is.
                revision = await registry.FindImageLabelAsync(
                    item.Reference.Repository, head.Digest, ImageLabels.Revision, cancellationToken).ConfigureAwait(false);
            }

            holders.Add(new AliasHolder(alias, version, revision ?? head?.Digest ?? alias), revision);
        }

        return holders;
    }

    private CommitRelation Relation(string? held, string? commit) =>
        held is not null && commit is not null && history is not null ? history.Relation(held, commit) : CommitRelation.Unknown;
}
