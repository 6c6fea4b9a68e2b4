using Docker.DotNet.Models;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Images;
using Pro.DockerVersioning.Registry;
using Pro.DockerVersioning.Reporting;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Deployment.Strategies;

/// <summary>
/// Where the image of a version comes from: its id on this engine, else what is pulled; and the digest under which a registry has it, if
/// one is known.
/// </summary>
internal sealed record SuppliedImage(ImageReference Reference, string? LocalId, ImageReference? PullFrom, string? Digest)
{
    /// <summary>
    /// True if it is here without that name: what cleaning, or somebody, took the tag of, and the previous version has kept.
    /// </summary>
    public bool LostItsName { get; init; }

    /// <summary>The platform for which it is pulled, as <c>linux/386</c>: the old container's; "" for the engine's own.</summary>
    public string Platform { get; init; } = "";

    /// <summary>Why its registry couldn't be asked for it; null if it was.</summary>
    public string? Unchecked { get; init; }

    public string Description => LocalId is { } id ? $"the image is here ({ShortId.Of(id)})"
        : $"the image is pulled: {PullFrom}{(Platform.Length == 0 ? "" : $" for {Platform}")}"
            + (Unchecked is null ? "" : $" (it could not be looked up, since {Unchecked})");
}

/// <summary>Brings the image of a version onto the engine, before anything is touched.</summary>
internal sealed class ImageSupply(EngineConnection engine, Func<string, string?> environment, IProgress<Report> reports)
{
    // Layers come compressed and are unpacked beside: twice their size is the least that it takes.
    private const long Unpacked = 2;

    private readonly RegistryAccess _registries = new(engine, environment, reports);

    /// <summary>
    /// Finds it: here, by its name or as the one that was verified, else at the registry, by the recorded digest if there is one.
    /// </summary>
    /// <exception cref="ProException">It is nowhere, or isn't what was recorded.</exception>
    public async Task<SuppliedImage> FindAsync(
        ImageReference reference,
        ImageInventory inventory,
        string? verifiedId,
        Func<Task<string?>> recordedDigest,
        bool force,
        CancellationToken cancellationToken)
    {
        if (inventory.Find(reference) is { } here)
        {
            return new SuppliedImage(reference, here.Id, null, DigestOf(here, reference));
        }

        if (verifiedId is not null && inventory.FindById(verifiedId) is { } kept)
        {
            return new SuppliedImage(reference, kept.Id, null, DigestOf(kept, reference)) { LostItsName = true };
        }

        try
        {
            var recorded = await recordedDigest().ConfigureAwait(false);
            if (recorded is not null
                && await DigestAsync(reference.WithDigest(recorded), inventory, cancellationToken).ConfigureAwait(false) is not null)
            {
                return new SuppliedImage(reference, null, reference.WithDigest(recorded), recorded);
            }

            var now = await DigestAsync(reference, inventory, cancellationToken).ConfigureAwait(false)
                ?? throw Nowhere(reference, inventory);
            return recorded is null || force
                ? new SuppliedImage(reference, null, reference.WithDigest(now), now)
                : throw DeploymentErrors.RegistryMoved(reference.ToString(), recorded, now);
        }
        catch (ProException refused) when (IsForWantOfLogin(refused))
        {
            return new SuppliedImage(reference, null, reference, null) { Unchecked = RegistryErrors.NoLoginInPlan };
        }
    }

    /// <summary>
    /// Looks again whether a secured image is there, once the lock is ours, and brings it back if it is gone: until then cleaning may take
    /// it, from then on it leaves the service alone.
    /// </summary>
    /// <exception cref="ProException">It can't be had any more, or what there is now is another image.</exception>
    public async Task<SuppliedImage> RecheckAsync(
        SuppliedImage image,
        ImageInventory now,
        Func<Task<string?>> recordedDigest,
        bool force,
        CancellationToken cancellationToken)
    {
        if (image.LocalId is not { } id)
        {
            return image;
        }

        var named = now.Find(image.Reference);
        if (named is not null && named.Id != id)
        {
            return force ? image with { LocalId = named.Id }
                : throw DeploymentErrors.ImageChanged(image.Reference.ToString(), id, named.Id);
        }

        if (now.FindById(id) is not null)
        {
            return named is not null
                ? image
                : await EnsureAsync(image with { PullFrom = null, LostItsName = true }, force, cancellationToken).ConfigureAwait(false);
        }

        var found = await FindAsync(image.Reference, now, verifiedId: null, recordedDigest, force, cancellationToken).ConfigureAwait(false);
        var again = await EnsureAsync(found with { Platform = image.Platform }, force, cancellationToken).ConfigureAwait(false);
        return again.LocalId == id || force ? again : throw DeploymentErrors.ImageChanged(image.Reference.ToString(), id, again.LocalId!);
    }

    /// <summary>Pulls an image that was here, by its name with a digest, and names it as it was if that name is free.</summary>
    public async Task PullAgainAsync(string reference, string byDigest, CancellationToken cancellationToken)
    {
        var source = ImageReference.Parse(byDigest);
        var isFree = ImageReference.TryParse(reference, out var name) && name.SameRepository(source)
            && await new ContainerApi(engine).FindImageAsync(reference, cancellationToken).ConfigureAwait(false) is null;
        _ = await EnsureAsync(
            new SuppliedImage(isFree ? name! : source, null, source, source.Digest), force: true, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Pulls it if it isn't here, and gives it its id. By force also if the space seems too small: what this engine has of it already isn't
    /// always seen.
    /// </summary>
    public async Task<SuppliedImage> EnsureAsync(SuppliedImage image, bool force, CancellationToken cancellationToken)
    {
        if (image.PullFrom is not { } source)
        {
            if (image.LostItsName)
            {
                await NameAsync(image.LocalId!, image.Reference, cancellationToken).ConfigureAwait(false);
            }

            return image;
        }

        var credential = await CredentialAsync(source, cancellationToken).ConfigureAwait(false);
        await EnsureSpaceAsync(source, force, cancellationToken).ConfigureAwait(false);
        var messages = new PullProgress(image.Reference.ToString(), reports);
        try
        {
            var parameters = new ImagesCreateParameters
            {
                FromImage = source.ToString(),
                Platform = image.Platform.Length == 0 ? null : image.Platform,
            };
            await engine.CallAsync(client =>
                client.Images.CreateImageAsync(parameters, credential?.ToAuthConfig(), messages, cancellationToken)).ConfigureAwait(false);
        }
        finally
        {
            messages.Done();
        }

        if (messages.Error is { } error)
        {
            throw DeploymentErrors.PullFailed(source.ToString(), error);
        }

        var found = await new ContainerApi(engine).InspectImageAsync(source.ToString(), cancellationToken).ConfigureAwait(false);
        if (image.Reference.Digest is null)
        {
            await NameAsync(found.Text("Id"), image.Reference, cancellationToken).ConfigureAwait(false);
        }

        return image with { LocalId = found.Text("Id") };
    }

    /// <summary>A label of an image that is here; null if it has none, or isn't here (a swarm's).</summary>
    public async Task<string?> LabelAsync(SuppliedImage image, string name, CancellationToken cancellationToken)
    {
        var found = image.LocalId is { } id
            ? await new ContainerApi(engine).InspectImageAsync(id, cancellationToken).ConfigureAwait(false) : null;
        return (found?["Config"]?["Labels"]).Text(name) is { Length: > 0 } value ? value : null;
    }

    public Task<RegistryCredential?> CredentialAsync(ImageReference reference, CancellationToken cancellationToken) =>
        _registries.LoginAsync(reference.Registry, cancellationToken);

    /// <summary>The digest under a reference at its registry; null if it has no such thing.</summary>
    public Task<string?> AtRegistryAsync(ImageReference reference, CancellationToken cancellationToken) =>
        _registries.DigestAsync(reference, cancellationToken);

    /// <summary>Whether a registry has refused to answer only because this command sends no login.</summary>
    public bool IsForWantOfLogin(ProException refused) => !engine.Endpoint.MaySeeLogins && RegistryErrors.IsRefusal(refused);

    /// <summary>Lets a tag at the registry name a manifest that is there.</summary>
    public async Task TagAtRegistryAsync(ImageReference tag, string digest, CancellationToken cancellationToken)
    {
        using var registry = await _registries.ClientAsync(tag.Registry, cancellationToken).ConfigureAwait(false);
        await registry.TagManifestAsync(tag.Repository, digest, tag.Tag!, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The newest stable version at the registry; null if it has none, or can't be asked (that is said).</summary>
    public async Task<ProVersion?> NewestAtRegistryAsync(ImageReference repository, CancellationToken cancellationToken)
    {
        try
        {
            using var registry = await _registries.ClientAsync(repository.Registry, cancellationToken).ConfigureAwait(false);
            var tags = await registry.GetTagsAsync(repository.Repository, cancellationToken).ConfigureAwait(false);
            return tags
                .Select(tag => ProVersion.TryFromImageTag(tag, out var version) && version.IsStable ? version : null)
                .OfType<ProVersion>()
                .Max();
        }
        catch (ProException unreachable)
        {
            var why = IsForWantOfLogin(unreachable) ? $"{RegistryErrors.NoLoginInPlan}." : unreachable.Message;
            reports.Report(new WarningReport($"The registry's versions are not known, this engine's only. {why}"));
            return null;
        }
    }

    private static string? DigestOf(EngineImage image, ImageReference reference) =>
        image.Digests.FirstOrDefault(one => one.SameRepository(reference))?.Digest;

    private Task NameAsync(string id, ImageReference reference, CancellationToken cancellationToken) =>
        engine.CallAsync(client => client.Images.TagImageAsync(
            id, new ImageTagParameters { RepositoryName = reference.Name, Tag = reference.Tag }, cancellationToken));

    private async Task EnsureSpaceAsync(ImageReference source, bool force, CancellationToken cancellationToken)
    {
        var root = await DataRoot.FindAsync(engine, cancellationToken).ConfigureAwait(false);
        if (root.Free is not { } free)
        {
            return;
        }

        long size;
        try
        {
            using var registry = await _registries.ClientAsync(source.Registry, cancellationToken).ConfigureAwait(false);
            size = await new PullSize(engine, registry, source).FindAsync(free / Unpacked, cancellationToken).ConfigureAwait(false);
        }
        catch (ProException unknown)
        {
            reports.Report(new VerboseReport($"The size of {source} is not known: {unknown.Message}"));
            return;
        }

        if (size <= free / Unpacked)
        {
            return;
        }

        var error = DeploymentErrors.NoSpace(source.ToString(), ByteSize.Text(size), ByteSize.Text(free), root.Path);
        if (!force)
        {
            throw error;
        }

        reports.Report(new WarningReport(error.Message));
    }

    private async Task<string?> DigestAsync(ImageReference reference, ImageInventory inventory, CancellationToken cancellationToken)
    {
        try
        {
            return await _registries.DigestAsync(reference, cancellationToken).ConfigureAwait(false);
        }
        catch (ProException unreachable) when (unreachable.Category is ProErrorCategory.ObjectNotFound)
        {
            throw Nowhere(reference, inventory);
        }
    }

    private static ProException Nowhere(ImageReference reference, ImageInventory inventory) => DeploymentErrors.ImageNowhere(
        reference.ToString(),
        inventory.TaggedVersionsOf(reference.WithoutTag()).Distinct().OrderDescending().Select(version => version.ToString()));

    /// <summary>The pull's messages as they come. A refusal comes inside the stream, and the call ends well all the same.</summary>
    private sealed class PullProgress(string reference, IProgress<Report> reports) : IProgress<JSONMessage>
    {
        public string? Error { get; private set; }

        public void Report(JSONMessage value)
        {
            Error ??= value.Error?.Message;
            if (value.Status is { Length: > 0 } status)
            {
                reports.Report(new ProgressReport(reference, $"Pulling {reference}", $"{value.ID} {status}".Trim())
                {
                    PercentComplete = value.Progress is { Total: > 0 and var total, Current: { } current }
                        ? (int)Math.Min(100, 100 * current / total) : null,
                });
            }
        }

        public void Done() => reports.Report(new ProgressReport(reference, reference, "") { Completed = true });
    }
}
