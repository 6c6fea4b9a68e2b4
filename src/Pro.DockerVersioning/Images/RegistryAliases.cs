using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Git;
using Pro.DockerVersioning.Registry;
using Pro.DockerVersioning.Reporting;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Images;

/// <summary>Judges and moves the aliases of a repository at its registry, right before they are published.</summary>
internal sealed class RegistryAliases(RegistryClient registry, GitRepository? history)
{
    /// <summary>What happens to each alias at the registry; with the registry out of our reach, each stays.</summary>
    public async Task<IReadOnlyList<AliasDecision>> JudgeAsync(
        PublishItem item,
        string? commit,
        ImageInventory inventory,
        PublishOptions options,
        IProgress<Report> reporter,
        CancellationToken cancellationToken)
    {
        try
        {
            var tags = await registry.FindTagsAsync(item.Reference.Repository, cancellationToken).ConfigureAwait(false) ?? [];
            var versions = tags.Select(tag => ProVersion.TryFromImageTag(tag, out var version) ? version : null).OfType<ProVersion>().ToList();
            var holders = await HoldersAsync(item, tags, inventory, options, cancellationToken).ConfigureAwait(false);
            return AliasPolicy.Plan(new AliasRequest(item.Version, versions, holders.Keys)
            {
                Aliases = options.Aliases,
                Latest = options.Latest,
                Ancestry = holder => Relation(holders[holder], commit),
            });
        }
        catch (ProException unreachable) when (unreachable.Category is ProErrorCategory.ResourceUnavailable
            or ProErrorCategory.ConnectionError or ProErrorCategory.OperationTimeout)
        {
            reporter.Report(new WarningReport(
                $"{item.Reference}: the registry's tags can't be read from here, so no alias moves there. {unreachable.Message}"));
            return [.. Wanted(item, options).Select(alias => new AliasDecision(alias, false, "stays: the registry's tags can't be read from here"))];
        }
    }

    /// <summary>
    /// Lets the aliases name the version's manifest. No layer travels, and the engine's own aliases, which may rightly stand elsewhere, are
    /// left alone.
    /// </summary>
    public async Task MoveAsync(
        PublishItem item,
        string digest,
        IEnumerable<AliasDecision> decisions,
        CancellationToken cancellationToken)
    {
        foreach (var decision in decisions.Where(decision => decision.Moves))
        {
            await registry.TagManifestAsync(item.Reference.Repository, digest, decision.Alias, cancellationToken).ConfigureAwait(false);
        }
    }

    private static IEnumerable<string> Wanted(PublishItem item, PublishOptions options)
    {
        yield return "latest";
        if (item.Version is { Kind: ProVersionKind.Release, Major: { } major, Minor: { } minor })
        {
            if (options.Aliases.HasFlag(ProAlias.Minor))
            {
                yield return $"v{major}.{minor}";
            }

            if (options.Aliases.HasFlag(ProAlias.Major))
            {
                yield return $"v{major}";
            }
        }
    }

    /// <summary>Who holds each alias, with the digest it has; only for a commit's build does it matter who holds latest.</summary>
    private async Task<Dictionary<AliasHolder, string?>> HoldersAsync(
        PublishItem item,
        IReadOnlyList<string> tags,
        ImageInventory inventory,
        PublishOptions options,
        CancellationToken cancellationToken)
    {
        var holders = new Dictionary<AliasHolder, string?>();
        foreach (var alias in Wanted(item, options).Where(alias => tags.Contains(alias, StringComparer.Ordinal)))
        {
            var head = await registry.HeadManifestAsync(item.Reference.Repository, alias, cancellationToken).ConfigureAwait(false);
            var image = head is null ? null : inventory.FindByDigest(item.Reference, head.Digest);
            var version = image is null ? null : ImageInventory.VersionOf(image, item.Reference.WithoutTag());
            var revision = image?.Label(ImageLabels.Revision);
            if (revision is null && head is not null && item.Version.Kind != ProVersionKind.Release)
            {
                revision = await RevisionAsync(item, head.Digest, cancellationToken).ConfigureAwait(false);
            }

            holders.Add(new AliasHolder(alias, version, revision ?? head?.Digest ?? alias), revision);
        }

        return holders;
    }

    /// <summary>The commit of an image that only the registry has, by the label in its configuration.</summary>
    private async Task<string?> RevisionAsync(PublishItem item, string digest, CancellationToken cancellationToken)
    {
        var manifest = await registry.GetManifestAsync(item.Reference.Repository, digest, cancellationToken).ConfigureAwait(false);
        if (manifest?.Config is null && manifest?.Children.FirstOrDefault(child => !child.IsAttestation) is { } child)
        {
            manifest = await registry.GetManifestAsync(item.Reference.Repository, child.Descriptor.Digest, cancellationToken)
                .ConfigureAwait(false);
        }

        return manifest?.Config is { } config
            ? await registry.GetImageLabelAsync(item.Reference.Repository, config, ImageLabels.Revision, cancellationToken).ConfigureAwait(false)
            : null;
    }

    private CommitRelation Relation(string? held, string? commit) =>
        held is not null && commit is not null && history is not null ? history.Relation(held, commit) : CommitRelation.Unknown;
}
