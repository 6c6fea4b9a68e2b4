using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Images;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Cleaning;

/// <summary>
/// Decides what goes and what stays, and why. Pure: no engine, no clock. In two halves, see <see cref="CleaningCandidates"/>.
/// </summary>
internal static class CleaningPlanner
{
    /// <summary>Throws if a version that is written out, to be protected, isn't here: a typing error would protect nothing.</summary>
    /// <param name="world">What is here.</param>
    /// <param name="policy">What may go.</param>
    /// <param name="protect">What was typed; patterns may find nothing.</param>
    /// <exception cref="ProException">One isn't here.</exception>
    public static void EnsureKnown(CleaningInput world, CleaningPolicy policy, IEnumerable<string> protect)
    {
        var literals = protect.Where(text => !NamePattern.IsWildcard(text)).ToList();
        if (literals.Count == 0)
        {
            return;
        }

        var versions = world.Services
            .SelectMany(service => world.Inventory.VersionsOf(service.Name, service.Repository, world.IsCommit))
            .Select(version => version.Version)
            .Concat(world.Inventory.Images
                .Where(image => policy.AnyRepository || image.References.Count == 0)
                .Select(image => ProVersion.TryParse(image.Label(ImageLabels.Version), out var version) ? version : null)
                .OfType<ProVersion>())
            .Distinct()
            .ToList();
        if (literals.Find(text => !versions.Exists(VersionPattern.Parse(text).IsMatch)) is { } unknown)
        {
            throw CleaningErrors.ProtectedNotFound(unknown, versions.OrderDescending().Select(version => version.ToString()));
        }
    }

    /// <summary>The first half.</summary>
    public static CleaningCandidates Draft(CleaningInput world, CleaningPolicy policy)
    {
        var guards = new KeepRules(world, policy);
        var decided = new List<CleaningPlanItem>();
        var candidates = new List<CleaningCandidate>();
        if (policy.Mode != CleaningMode.Dangling)
        {
            foreach (var service in Merge(world.Services))
            {
                AddVersions(world, policy, guards, service, decided, candidates);
            }
        }

        if (policy.Mode == CleaningMode.Named)
        {
            AddStrangers(world, policy, decided);
        }

        if (policy.AnyRepository)
        {
            AddOthers(world, guards, decided, candidates);
        }

        if (policy.Mode is CleaningMode.Dangling or CleaningMode.Unused)
        {
            AddDangling(world, policy, guards, decided, candidates);
        }

        return new CleaningCandidates(world, policy) { Decided = decided, Candidates = candidates };
    }

    /// <summary>The second half.</summary>
    /// <param name="draft">The first half.</param>
    /// <param name="facts">What was asked, by image id; an image that is missing is gone.</param>
    /// <param name="now">The time, by the engine's clock.</param>
    public static CleaningPlan Finish(CleaningCandidates draft, IReadOnlyDictionary<string, ImageFacts> facts, DateTimeOffset now)
    {
        var guards = new KeepRules(draft.World, draft.Policy);
        var stays = new List<CleaningPlanItem>(draft.Decided);
        var going = new List<CleaningCandidate>();
        foreach (var candidate in draft.Candidates)
        {
            if (!facts.TryGetValue(candidate.Image.Id, out var known))
            {
                stays.Add(candidate.Line with { Step = CleaningStep.Skip, Reason = "gone already" });
            }
            else if ((guards.Young(candidate.Image, known, candidate.LastUse, now)
                ?? guards.NotOld(candidate.Image, known, candidate.LastUse, now)) is { } reason)
            {
                stays.Add(candidate.Line with { Step = CleaningStep.Keep, Reason = reason });
            }
            else
            {
                going.Add(candidate);
            }
        }

        if (draft.Policy.ByLastUse)
        {
            going = [.. going.OrderBy(candidate => candidate.LastUse
                ?? facts[candidate.Image.Id].Since(candidate.Image))];
        }

        long? sizeAfter = null;
        if (draft.Policy.MaxSize is { } most)
        {
            (var enough, sizeAfter) = CleaningSize.Cut(draft, going, facts, most);
            stays.AddRange(going.Skip(enough).Select(candidate =>
                candidate.Line with
                {
                    Step = CleaningStep.Keep,
                    Reason = $"the versions fit into {ByteSize.Text(most)} with it (-MaxSize)",
                }));
            going = [.. going.Take(enough)];
        }

        return new CleaningPlan([.. RemovalSizing.Assign(going, draft.World.Inventory.Images, facts), .. stays])
        {
            Notes = draft.World.Notes,
            SizeAfter = sizeAfter,
            LayerSizes = going
                .SelectMany(candidate => facts[candidate.Image.Id].Layers.All)
                .DistinctBy(layer => layer.ChainId)
                .ToDictionary(layer => layer.ChainId, layer => layer.Size, StringComparer.Ordinal),
        };
    }

    /// <summary>Two services may have one repository: what either needs stays.</summary>
    private static IEnumerable<CleaningService> Merge(IEnumerable<CleaningService> services) => services
        .GroupBy(service => service.Repository.NormalizedName, StringComparer.Ordinal)
        .Select(group => group.First() with
        {
            LockedBy = group.Select(service => service.LockedBy).FirstOrDefault(locked => locked is not null),
            Past = [.. group.SelectMany(service => service.Past)],
            GoneTags = group.SelectMany(service => service.GoneTags).ToHashSet(StringComparer.Ordinal),
        });

    private static void AddVersions(
        CleaningInput world,
        CleaningPolicy policy,
        KeepRules guards,
        CleaningService service,
        List<CleaningPlanItem> decided,
        List<CleaningCandidate> candidates)
    {
        var versions = world.Inventory.VersionsOf(service.Name, service.Repository, world.IsCommit);
        var own = new List<CleaningCandidate>();
        var kept = guards.Of(service, versions);
        var verdicts = policy.Mode == CleaningMode.ByCount
            ? policy.Retention.Judge(versions.Where(version => version.Tag is not null).Select(version => version.Version))
            : null;

        // Newest first is how they list; the oldest go first.
        foreach (var version in versions.Where(version => version.Tag is not null).Reverse())
        {
            var reference = ImageReference.Parse(version.Reference);
            if (policy.Mode == CleaningMode.Named && !policy.Named.Contains(reference))
            {
                continue;
            }

            var line = new CleaningPlanItem
            {
                Reference = version.Reference,
                ImageId = version.ImageId,
                Service = service.Name,
                Repository = service.Repository,
                Version = version.Version,
                Step = CleaningStep.Remove,
                Reason = policy.Mode switch
                {
                    CleaningMode.ByCount => verdicts![version.Version].Rule,
                    CleaningMode.Named => "asked for by name",
                    _ => "no container uses it",
                },
                WasCandidate = true,
                IsShown = policy.Mode == CleaningMode.Named,
            };
            var isAmongNewest = verdicts?[version.Version].Stays == true;
            if (isAmongNewest || kept.ContainsKey(version.Reference))
            {
                decided.Add(line with
                {
                    Step = CleaningStep.Keep,
                    Reason = kept.GetValueOrDefault(version.Reference, line.Reason),
                    WasCandidate = !isAmongNewest,
                });
            }
            else if (service.LockedBy is { } locked)
            {
                decided.Add(line with { Step = CleaningStep.Skip, Reason = locked });
            }
            else
            {
                var image = world.Inventory.FindById(version.ImageId)!;

                // Who used it by an alias used the version.
                var names = image.References.Where(name => name.SameRepository(service.Repository) && AliasPolicy.IsAlias(name.Tag));
                own.Add(new CleaningCandidate(line, image, names.Append(reference).Select(world.LastUse).Max()));
            }
        }

        candidates.AddRange(WithFollowers(service, own, versions));
    }

    /// <summary>
    /// An alias's tag goes with its version, before it: else the image would stay by that name. So does the tag by which a target that has
    /// been gone for long kept its previous version. A tag that merely looks like an alias (v2024) covers no version.
    /// </summary>
    private static IEnumerable<CleaningCandidate> WithFollowers(
        CleaningService service, List<CleaningCandidate> going, IReadOnlyList<ProImageVersion> versions)
    {
        var names = going.Select(candidate => candidate.Line.Reference).ToHashSet(StringComparer.Ordinal);
        var followers = new Dictionary<CleaningCandidate, List<CleaningCandidate>>(ReferenceEqualityComparer.Instance);
        foreach (var leaving in going.GroupBy(candidate => candidate.Image.Id, StringComparer.Ordinal))
        {
            var staying = versions.Where(other => other.ImageId == leaving.Key && other.Tag is not null && !names.Contains(other.Reference))
                .Select(other => other.Version).ToList();
            foreach (var reference in leaving.First().Image.References.Where(reference => reference.SameRepository(service.Repository)))
            {
                IEnumerable<CleaningCandidate> covered =
                    AliasName.TryParse(reference.Tag, out var alias) && alias != AliasName.Latest && !staying.Exists(alias.Covers)
                        ? leaving.Where(candidate => alias.Covers(candidate.Line.Version!))
                        : staying.Count == 0 && service.GoneTags.Contains(reference.Tag!) ? leaving : [];

                // It goes only if all that it covers go: with the one that was used last.
                if (covered.Reverse().MaxBy(candidate => candidate.LastUse ?? DateTimeOffset.MinValue) is { } leader)
                {
                    var line = leader.Line with { Reference = reference.ToString(), Reason = $"goes with {leader.Line.Version}" };
                    followers.TryAdd(leader, []);
                    followers[leader].Add(leader with { Line = line });
                }
            }
        }

        return going.SelectMany(candidate => followers.GetValueOrDefault(candidate, []).Append(candidate));
    }

    /// <summary>Every name that is not a version of a service: of other repositories, and foreign tags in ours.</summary>
    private static void AddOthers(
        CleaningInput world, KeepRules guards, List<CleaningPlanItem> decided, List<CleaningCandidate> candidates)
    {
        var known = decided.Concat(candidates.Select(candidate => candidate.Line)).Select(line => line.Reference)
            .ToHashSet(StringComparer.Ordinal);
        var staying = decided.Where(line => !line.Goes).DistinctBy(line => line.ImageId)
            .ToDictionary(line => line.ImageId, line => line.Reason, StringComparer.Ordinal);
        foreach (var image in world.Inventory.Images)
        {
            var lastUse = image.References.Select(world.LastUse).Max();
            var guard = staying.GetValueOrDefault(image.Id) ?? guards.OfOther(image);
            foreach (var reference in image.References.Where(reference => !known.Contains(reference.ToString())))
            {
                var line = Unnamed(world, image, reference.ToString()) with { Reason = "no container uses it" };
                if (guard is not null)
                {
                    decided.Add(line with { Step = CleaningStep.Keep, Reason = guard });
                }
                else if (LockedBy(image, reference) is { } locked)
                {
                    decided.Add(line with { Step = CleaningStep.Skip, Reason = locked });
                }
                else
                {
                    candidates.Add(new CleaningCandidate(line, image, lastUse));
                }
            }
        }

        // A foreign tag in a service's repository has no label of ours, and may be what its operation runs.
        string? LockedBy(EngineImage image, ImageReference reference) =>
            world.Services.FirstOrDefault(service => service.LockedBy is not null
                && (service.Repository.SameRepository(reference) || image.BelongsTo(service.Name, service.Repository)))?.LockedBy;
    }

    private static CleaningPlanItem Unnamed(CleaningInput world, EngineImage image, string name)
    {
        var service = world.Services.FirstOrDefault(one => image.BelongsTo(one.Name, one.Repository));
        return new CleaningPlanItem
        {
            Reference = name,
            ImageId = image.Id,
            // Also of another project's: nobody's operation is raced.
            Service = service?.Name ?? image.Label(ImageLabels.Service),
            Repository = service?.Repository
                ?? (ImageReference.TryParse(image.Label(ImageLabels.Repository), out var repository) ? repository : null),
            Version = ProVersion.TryParse(image.Label(ImageLabels.Version), out var version) ? version : null,
            Step = CleaningStep.Remove,
            Reason = "no name points at it",
            WasCandidate = true,
        };
    }

    /// <summary>What was named and isn't there, or isn't ours to remove.</summary>
    private static void AddStrangers(CleaningInput world, CleaningPolicy policy, List<CleaningPlanItem> decided)
    {
        foreach (var reference in policy.Named)
        {
            var image = world.Inventory.Find(reference);
            var reason = !world.Services.Any(service => service.Repository.SameRepository(reference))
                ? "its repository is not one of the catalogue's"
                : image is null ? "gone already"
                : ImageInventory.VersionOfTag(image, reference, world.IsCommit) is not null ? null
                : "its tag is not a version, and neither its label nor git says that it is a commit";
            if (reason is not null)
            {
                var (service, version) = policy.NamedAs.GetValueOrDefault(reference);
                decided.Add(new CleaningPlanItem
                {
                    Reference = reference.ToString(),
                    ImageId = image?.Id ?? "",
                    Service = service,
                    Version = version,
                    Step = CleaningStep.Skip,
                    Reason = reason,
                    WasCandidate = true,
                });
            }
        }

        foreach (var version in policy.WithoutTag)
        {
            decided.Add(new CleaningPlanItem
            {
                Reference = version.ImageId,
                ImageId = version.ImageId,
                Service = version.Service,
                Version = version.Version,
                Step = CleaningStep.Keep,
                Reason = world.Inventory.ContainersOf(version.ImageId) is [var user, ..]
                    ? $"the container {user.Name} uses it, and its version's tag is gone already"
                    : "its version's tag is gone already: -Dangling removes what has no name",
                WasCandidate = true,
                IsShown = true,
            });
        }
    }

    private static void AddDangling(
        CleaningInput world,
        CleaningPolicy policy,
        KeepRules guards,
        List<CleaningPlanItem> decided,
        List<CleaningCandidate> candidates)
    {
        foreach (var image in world.Inventory.Images)
        {
            // One with a digest belongs to that repository: it goes by this name, and only where the repository is ours.
            if (image.References.Count > 0
                || (!policy.AnyRepository
                    && !image.Digests.All(digest => world.Services.Any(one => one.Repository.SameRepository(digest)))))
            {
                continue;
            }

            // -Unused is for the services: what no label gives to one of their repositories may be anybody's. -Dangling is for all.
            if (policy is { Mode: CleaningMode.Unused, AnyRepository: false } && image.Digests.Count == 0
                && !world.Services.Any(one => image.Label(ImageLabels.Repository) == one.Repository.NormalizedName))
            {
                continue;
            }

            var service = world.Services.FirstOrDefault(one => image.BelongsTo(one.Name, one.Repository));
            if (policy.DanglingOf is { } only && (service is null || !only.Contains(service.Name)))
            {
                continue;
            }

            IEnumerable<string> names = image.Digests.Count > 0 ? image.Digests.Select(digest => digest.ToString()) : [image.Id];
            foreach (var name in names)
            {
                var line = Unnamed(world, image, name);
                if (guards.OfUnnamed(image) is { } guard)
                {
                    decided.Add(line with { Step = CleaningStep.Keep, Reason = guard });
                }
                else if (service?.LockedBy is { } locked)
                {
                    decided.Add(line with { Step = CleaningStep.Skip, Reason = locked });
                }
                else
                {
                    candidates.Add(new CleaningCandidate(line, image, null));
                }
            }
        }
    }
}
