using FsCheck.Xunit;
using Pro.DockerVersioning.Cleaning;
using Pro.DockerVersioning.Deployment;
using Pro.DockerVersioning.Deployment.Strategies;
using Pro.DockerVersioning.Versions;
using Xunit;

namespace Pro.DockerVersioning.Tests.Cleaning;

/// <summary>What cleaning promises, over random engines and policies. The checks read the raw lists, not the planner's own idea of
/// them.</summary>
public sealed class CleaningPropertyTests
{
    private const int Worlds = 200;
    private static readonly CleaningMode[] Modes = Enum.GetValues<CleaningMode>();

    [Property(Arbitrary = [typeof(RandomWorlds)], MaxTest = Worlds)]
    public void Nothing_that_a_container_uses_goes_running_or_stopped_by_whatever_name(RandomWorld world) => ForAllModes(world, line =>
        Assert.DoesNotContain(world.Containers, container => container.ImageID == line.ImageId));

    [Property(Arbitrary = [typeof(RandomWorlds)], MaxTest = Worlds)]
    public void Nothing_goes_that_latest_or_a_previous_versions_tag_points_at_nor_these_themselves(RandomWorld world) =>
        ForAllModes(world, line =>
    {
        var tags = world.Images.Single(image => image.ID == line.ImageId).RepoTags;
        Assert.DoesNotContain(tags, tag => tag.Contains(":pro-previous", StringComparison.Ordinal));
        var repository = line.Reference[..line.Reference.LastIndexOf(':')];
        Assert.DoesNotContain($"{repository}:latest", tags);
    });

    [Property(Arbitrary = [typeof(RandomWorlds)], MaxTest = Worlds)]
    public void An_alias_goes_with_the_last_version_of_its_line_on_the_image_and_only_then(RandomWorld world)
    {
        foreach (var mode in Modes)
        {
            var going = world.Plan(mode).Going.Select(line => line.Reference).ToHashSet();
            foreach (var image in world.Images)
            {
                foreach (var tag in image.RepoTags.Where(tag => !tag.StartsWith(RandomWorld.Foreign, StringComparison.Ordinal)))
                {
                    var colon = tag.LastIndexOf(':');
                    if (AliasName.TryParse(tag[(colon + 1)..], out var alias) && alias != AliasName.Latest)
                    {
                        var covered = image.RepoTags.Where(other => other.StartsWith(tag[..(colon + 1)], StringComparison.Ordinal)
                            && ProVersion.TryFromImageTag(other[(colon + 1)..], out var version) && alias.Covers(version)).ToList();

                        // For all repositories a name goes by itself if it covers nothing.
                        if (covered.Count > 0 || !world.IsForAll(mode))
                        {
                            Assert.Equal(covered.Count > 0 && covered.TrueForAll(going.Contains), going.Contains(tag));
                        }
                    }
                }
            }
        }
    }

    [Property(Arbitrary = [typeof(RandomWorlds)], MaxTest = Worlds)]
    public void Nothing_protected_proven_last_or_locked_goes(RandomWorld world) => ForAllModes(world, line =>
    {
        if (line.Version is { } version)
        {
            Assert.DoesNotContain(world.Protect, pattern => VersionPattern.Parse(pattern).IsMatch(version));
            Assert.DoesNotContain(
                world.Steps.Where(one => one.Service == line.Service).DistinctBy(one => one.Target),
                one => one.Version == version.ToString());
            Assert.NotEqual(world.Locked, line.Service);
        }

        // With any repository also by a name that is no version.
        Assert.False(world.Locked is { } locked
            && line.Reference.StartsWith((locked == "api" ? RandomWorld.Api : RandomWorld.Web) + ":", StringComparison.Ordinal));
    });

    [Property(Arbitrary = [typeof(RandomWorlds)], MaxTest = Worlds)]
    public void Nothing_younger_than_the_grace_period_goes(RandomWorld world) => ForAllModes(world, line =>
        Assert.False(world.TagTimes[line.ImageId] > RandomWorld.Now - TimeSpan.FromHours(1)));

    [Property(Arbitrary = [typeof(RandomWorlds)], MaxTest = Worlds)]
    public void Nothing_goes_that_was_of_use_since_the_age_that_was_asked_for(RandomWorld world) => ForAllModes(world, line =>
    {
        if (world.OlderThan is { } age)
        {
            var since = RandomWorld.Now - age;
            Assert.False(world.TagTimes[line.ImageId] > since);
            Assert.False(world.Images.Single(image => image.ID == line.ImageId).Created > since);
            Assert.False(world.Uses.TryGetValue(line.Reference, out var use) && use > since);
        }
    });

    [Property(Arbitrary = [typeof(RandomWorlds)], MaxTest = Worlds)]
    public void Where_space_is_short_the_longest_unused_go_first_whatever_their_service(RandomWorld world)
    {
        if (world.ByLastUse)
        {
            var uses = world.Plan(CleaningMode.ByCount).Going
                .Where(line => !AliasPolicy.IsAlias(line.Reference.Split(':')[^1])).Select(LastUse).ToList();
            Assert.Equal(uses.Order(), uses);
        }

        // Who used it by an alias used the version.
        DateTimeOffset LastUse(CleaningPlanItem line)
        {
            var image = world.Images.Single(image => image.ID == line.ImageId);
            var repository = line.Reference[..line.Reference.LastIndexOf(':')] + ":";
            var uses = (image.RepoTags ?? [])
                .Where(name => name == line.Reference
                    || (name.StartsWith(repository, StringComparison.Ordinal) && AliasPolicy.IsAlias(name[repository.Length..])))
                .Where(world.Uses.ContainsKey).Select(name => world.Uses[name]).ToList();
            return uses.Count > 0 ? uses.Max() : new[] { world.TagTimes[line.ImageId], image.Created }.Max()!.Value;
        }
    }

    [Property(Arbitrary = [typeof(RandomWorlds)], MaxTest = Worlds)]
    public void Only_versions_in_repositories_of_the_catalogue_go_and_by_id_only_what_has_no_name(RandomWorld world) =>
        ForAllModes(world, (mode, line) =>
    {
        if (world.IsForAll(mode))
        {
            return;
        }

        if (line.Reference == line.ImageId)
        {
            Assert.Empty(world.Images.Single(image => image.ID == line.ImageId).RepoTags);
            return;
        }

        var colon = line.Reference.LastIndexOf(':');
        Assert.False(line.Reference.EndsWith(":ffffffffffff", StringComparison.Ordinal));
        Assert.Contains(line.Reference[..colon], new[] { RandomWorld.Api, RandomWorld.Web });
        Assert.True(ProVersion.TryFromImageTag(line.Reference[(colon + 1)..], out _) || AliasPolicy.IsAlias(line.Reference[(colon + 1)..]));
    });

    [Property(Arbitrary = [typeof(RandomWorlds)], MaxTest = Worlds)]
    public void By_name_nothing_goes_that_was_not_named(RandomWorld world) =>
        Assert.Subset(
            world.Named.ToHashSet(),
            world.Plan(CleaningMode.Named).Going.Select(line => line.Reference)
                .Where(reference => !AliasPolicy.IsAlias(reference.Split(':')[^1])).ToHashSet());

    [Property(Arbitrary = [typeof(RandomWorlds)], MaxTest = Worlds)]
    public void Exactly_the_oldest_go_of_each_kind_and_each_that_stays_says_why(RandomWorld world)
    {
        var plan = world.Plan(CleaningMode.ByCount);
        foreach (var repository in new[] { RandomWorld.Api, RandomWorld.Web })
        {
            var versions = VersionsOf(world, repository);
            var places = world.Inventory.VersionsOf("", ImageReference.Parse(repository), RandomWorld.IsCommit)
                .ToDictionary(one => one.Reference, one => one.Version);
            foreach (var (kind, keep) in new[] { ("release", world.Keep), ("pre", world.KeepPrerelease), ("commit", world.KeepCommit) })
            {
                var newestFirst = versions.Where(one => KindOf(one.Version) == kind)
                    .OrderByDescending(one => kind == "commit" ? one.Time : default)
                    .ThenByDescending(one => places[one.Reference]).ToList();
                var going = plan.Going.Where(line => line.Reference.StartsWith(repository + ":", StringComparison.Ordinal)
                    && !AliasPolicy.IsAlias(line.Reference.Split(':')[^1]) && KindOf(line.Version!) == kind)
                        .Select(line => line.Reference).ToHashSet();
                Assert.DoesNotContain(newestFirst.Take(keep), one => going.Contains(one.Reference));
                foreach (var beyond in newestFirst.Skip(keep).Where(one => !going.Contains(one.Reference)))
                {
                    var line = plan.Lines.Single(line => line.Reference == beyond.Reference);
                    Assert.True(line.WasCandidate);
                    Assert.Contains(Reasons, reason => line.Reason.Contains(reason, StringComparison.Ordinal));
                }
            }
        }
    }

    [Property(Arbitrary = [typeof(RandomWorlds)], MaxTest = Worlds)]
    public void Running_the_plan_twice_removes_nothing_more(RandomWorld world)
    {
        foreach (var mode in Modes.Where(mode => mode is CleaningMode.ByCount or CleaningMode.Named))
        {
            Assert.Empty(world.After(world.Plan(mode)).Plan(mode).Going);
        }
    }

    [Property(Arbitrary = [typeof(RandomWorlds)], MaxTest = Worlds)]
    public void What_runs_has_its_way_back_afterwards(RandomWorld world)
    {
        foreach (var mode in Modes)
        {
            var after = world.After(world.Plan(mode));
            foreach (var (service, repository, target) in Targets(world))
            {
                // What Invoke-ProRollback -Previous would take, it still takes, and it is here if it was here before.
                var before = WayBack(world, service, repository, target);
                var then = WayBack(after, service, repository, target);
                Assert.Equal(before?.Version, then?.Version);
                if (before is not null)
                {
                    var reference = $"{repository}:{before.Version.ImageTag}";
                    Assert.Equal(
                        world.Images.Exists(image => image.ID == before.ImageId || image.RepoTags.Contains(reference)),
                        after.Images.Exists(image => image.ID == before.ImageId || image.RepoTags.Contains(reference)));
                }
            }
        }
    }

    [Property(Arbitrary = [typeof(RandomWorlds)], MaxTest = Worlds)]
    public void Where_nothing_but_a_tag_on_what_runs_is_known_the_next_lower_release_stays(RandomWorld world)
    {
        foreach (var mode in Modes)
        {
            var after = world.After(world.Plan(mode));
            foreach (var (service, repository, target) in Targets(world)
                .Where(one => !world.Steps.Exists(step => step.Target == one.Target.TargetId)))
            {
                var running = target.Containers.Single();
                var previous = $"{repository}:{PreviousTag.TagFor(target.TargetId)}";
                if (!running.IsRunning || running.Version is not { IsStable: true } current
                    || world.Images.Exists(image => image.ID != running.ImageId && image.RepoTags.Contains(previous)))
                {
                    continue;
                }

                var lower = VersionsOf(world, repository)
                    .Where(one => one.Version.IsStable && one.ImageId != running.ImageId && one.Version.CompareTo(current) < 0)
                    .OrderByDescending(one => one.Version)
                    .FirstOrDefault();
                if (lower.Reference is not null)
                {
                    Assert.Contains(after.Images, image => image.RepoTags.Contains(lower.Reference));
                }
            }
        }
    }

    [Property(Arbitrary = [typeof(RandomWorlds)], MaxTest = Worlds)]
    public void An_image_goes_with_its_last_name_only_and_no_byte_is_counted_twice(RandomWorld world)
    {
        foreach (var plan in Modes.Select(world.Plan))
        {
            var after = world.After(plan).Images.Select(image => image.ID).ToHashSet();
            var removed = plan.Going.Where(line => line.Step == CleaningStep.Remove).ToList();
            Assert.Equal(removed.Count, removed.Select(line => line.ImageId).Distinct().Count());
            Assert.All(removed, line => Assert.DoesNotContain(line.ImageId, after));
            Assert.All(plan.Going.Where(line => line.Step == CleaningStep.Untag), line => Assert.Equal(0, line.Bytes));
            Assert.InRange(plan.Bytes, removed.Count * 1000L, (removed.Count * 1000L) + 10);
        }
    }

    private static readonly string[] Reasons =
    [
        "runs in", "stopped container", "points at it", "previous version", "deployed last", "protected by", "within the grace period",
            "locked", "use it", "(-OlderThan)",
    ];

    private static void ForAllModes(RandomWorld world, Action<CleaningPlanItem> check) => ForAllModes(world, (_, line) => check(line));

    private static void ForAllModes(RandomWorld world, Action<CleaningMode, CleaningPlanItem> check)
    {
        foreach (var mode in Modes)
        {
            Assert.All(world.Plan(mode).Going, line => check(mode, line));
        }
    }

    private static IEnumerable<(string Service, string Repository, ServiceTarget Target)> Targets(RandomWorld world) =>
        from service in new[] { ("api", RandomWorld.Api), ("web", RandomWorld.Web) }
        from target in ContainerTargets.Find(world.Inventory, service.Item1, ImageReference.Parse(service.Item2))
        select (service.Item1, service.Item2, target);

    private static PreviousChoice? WayBack(RandomWorld world, string service, string repository, ServiceTarget target)
    {
        var reference = ImageReference.Parse(repository);
        var current = target.CurrentVersions.Max() ?? target.Containers[0].Version;
        return PreviousVersionRule.Find(
            world.Inventory,
            reference,
            [.. world.Inventory.TaggedVersionsOf(reference)],
            TargetNow.Of(target, current),
            world.StepsOf(service, target.TargetId));
    }

    private static string KindOf(ProVersion version) =>
        version.Kind != ProVersionKind.Release || version.IsDirty ? "commit" : version.Prerelease is null ? "release" : "pre";

    private static List<(string Reference, string ImageId, ProVersion Version, DateTimeOffset Time)> VersionsOf(RandomWorld world,
        string repository) =>
        [.. from image in world.Images
            from tag in image.RepoTags
            where tag.StartsWith(repository + ":", StringComparison.Ordinal)
            let version = ProVersion.TryFromImageTag(tag[(repository.Length + 1)..], out var parsed) ? parsed : null
            where version is not null
                && (version.CommitHash is not { } hash || version.Kind != ProVersionKind.Commit || RandomWorld.IsCommit(hash))
            let time = new DateTimeOffset(image.Created)
            select (tag, image.ID, version.WithTime(time), time)];
}
