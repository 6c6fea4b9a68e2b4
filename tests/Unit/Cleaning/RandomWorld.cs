using System.Diagnostics.CodeAnalysis;
using Docker.DotNet.Models;
using FsCheck;
using FsCheck.Fluent;
using Pro.DockerVersioning.Cleaning;
using Pro.DockerVersioning.Deployment;
using Pro.DockerVersioning.Deployment.Strategies;
using Pro.DockerVersioning.Images;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Tests.Cleaning;

/// <summary>An engine's images and containers and a policy, small enough that all rules meet, as plain data.</summary>
[SuppressMessage("Design", "CA1002:Do not expose generic lists", Justification = "Plain data of a test.")]
public sealed class RandomWorld
{
    public const string Api = "reg.example:5000/pro/api";
    public const string Web = "reg.example:5000/pro/web";
    public const string Foreign = "reg.example:5000/other/api";

    public static readonly DateTimeOffset Now = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);

    public required List<ImagesListResponse> Images { get; init; }

    public required List<ContainerListResponse> Containers { get; init; }

    /// <summary>By image id; null: the engine doesn't know.</summary>
    public required Dictionary<string, DateTimeOffset?> TagTimes { get; init; }

    /// <summary>What the history says was proven, newest first.</summary>
    public required List<(string Service, string Target, bool IsRollback, string Version, string From)> Steps { get; init; }

    public required string? Locked { get; init; }

    public required int Keep { get; init; }

    public required int KeepPrerelease { get; init; }

    public required int KeepCommit { get; init; }

    public required List<string> Protect { get; init; }

    public required bool ByLastUse { get; init; }

    /// <summary>When the history saw a version last; the others it doesn't know.</summary>
    public required Dictionary<string, DateTimeOffset> Uses { get; init; }

    /// <summary>Null: whatever its age.</summary>
    public required TimeSpan? OlderThan { get; init; }

    /// <summary>Whether -Unused is for all repositories of the engine.</summary>
    public required bool AnyRepository { get; init; }

    /// <summary>References of versions that are named.</summary>
    public required List<string> Named { get; init; }

    /// <summary>What git knows; the other hashes are dates or words of somebody else.</summary>
    internal static bool IsCommit(string hash) => hash != "ffffffffffff";

    internal ImageInventory Inventory => new(Images, Containers);

    internal CleaningInput World => new(Inventory,
        [Service("api", Api), Service("web", Web)]) 
        {
            IsPreviousTag = PreviousTag.IsPreviousTag,
            IsCommit = IsCommit,
            LastUse = reference => Uses.TryGetValue(reference.ToString(), out var time) ? time : null,
        };

    internal CleaningPolicy Policy(CleaningMode mode) => new()
    {
        Mode = mode,
        Retention = new RetentionPolicy(Keep, KeepPrerelease, KeepCommit),
        Named = Named.Select(ImageReference.Parse).ToHashSet(),
        Protect = [.. Protect.Select(VersionPattern.Parse)],
        ByLastUse = ByLastUse,
        OlderThan = OlderThan,
        AnyRepository = IsForAll(mode),
    };

    /// <summary>Whether a plan is for all repositories of the engine.</summary>
    internal bool IsForAll(CleaningMode mode) => AnyRepository && mode == CleaningMode.Unused;

    internal CleaningPlan Plan(CleaningMode mode)
    {
        var draft = CleaningPlanner.Draft(World, Policy(mode));
        var facts = Images.ToDictionary(image => image.ID, image => new ImageFacts(
            TagTimes[image.ID],
            ImageLayers.From(["sha256:base", "sha256:of-" + image.ID], [new ImageStep("COPY", 1000), new ImageStep("COPY", 10)])));
        return CleaningPlanner.Finish(draft, facts, Now);
    }

    /// <summary>The engine after a plan has been carried out.</summary>
    internal RandomWorld After(CleaningPlan plan)
    {
        var gone = plan.Going.Select(line => line.Reference).ToHashSet();
        var left = new List<ImagesListResponse>();
        foreach (var image in Images)
        {
            var tags = image.RepoTags.Where(tag => !gone.Contains(tag)).ToList();
            var isUntagged = tags.Count == 0 && image.RepoTags.Count > 0;
            var isParent = Images.Any(other => other.ParentID == image.ID);
            if (!gone.Contains(image.ID) && (!isUntagged || isParent))
            {
                left.Add(new ImagesListResponse
                {
                    ID = image.ID,
                    ParentID = image.ParentID,
                    RepoTags = tags,
                    RepoDigests = image.RepoDigests,
                    Labels = image.Labels,
                    Created = image.Created,
                });
            }
        }

        return new RandomWorld
        {
            // Unnamed parents don't list.
            Images = [.. left.Where(image => image.RepoTags.Count > 0 || !left.Exists(other => other.ParentID == image.ID))],
            Containers = Containers,
            TagTimes = TagTimes,
            Steps = Steps,
            Locked = Locked,
            Keep = Keep,
            KeepPrerelease = KeepPrerelease,
            KeepCommit = KeepCommit,
            Protect = Protect,
            ByLastUse = ByLastUse,
            Uses = Uses,
            OlderThan = OlderThan,
            AnyRepository = AnyRepository,
            Named = Named,
        };
    }

    public override string ToString() => string.Join(Environment.NewLine,
    [
        $"keep {Keep}/{KeepPrerelease}/{KeepCommit}, protect [{string.Join(' ', Protect)}], locked {Locked}, "
            + $"any repository {AnyRepository}, older than {OlderThan}, named [{string.Join(' ', Named)}]",
        .. Images.Select(image => $"{image.ID} < {image.ParentID}: {string.Join(' ', image.RepoTags)} tagged {TagTimes[image.ID]:u}"),
        .. Containers.Select(container => $"{container.Names[0]} ({container.State}) of {container.ImageID} by {container.Image}"),
        .. Steps.Select(one => $"proven {one}"),
    ]);

    private CleaningService Service(string name, string repository) => new(name, ImageReference.Parse(repository))
    {
        LockedBy = Locked == name ? "the service is locked: a deployment" : null,
        Past = [.. Steps.Where(one => one.Service == name)
            .GroupBy(one => one.Target)
            .Select(target => new TargetPast(target.Key, ProVersion.Parse(target.First().Version), StepsOf(name, target.Key)))],
    };

    /// <summary>What was proven at a target, as the history gives it.</summary>
    internal IReadOnlyList<VerifiedDeployment> StepsOf(string service, string target) =>
        [.. Steps.Where(one => one.Service == service && one.Target == target).Select(one => new VerifiedDeployment(
            one.IsRollback ? ProHistoryKind.Rollback : ProHistoryKind.Deploy,
            ProVersion.Parse(one.Version),
            ProVersion.Parse(one.From),
            null,
            Now))];
}

public static class RandomWorlds
{
    private static readonly string[] Versions =
    [
        "v1.0.0", "v1.0.1", "v1.1.0", "v1.2.0", "v1.10.0", "v2.0.0", "v1.0.0_7", "v1.2.0-rc.1", "v1.2.0-rc.2", "v2.0.0-beta",
        "abcdef012345", "012345abcdef", "ffffffffffff", "v1.1.0-3-gabcdef012345", "v1.2.0-dirty.abcdef012345",
    ];

    // Containers of the world, and one that is gone.
    private static readonly string[] Targets = ["container.c0", "container.c1", "container.c2", "container.c3", "container.gone"];

    private static readonly Gen<string> Tag = Gen.Frequency(
        (12, from version in Gen.Elements(Versions)
             from repository in Gen.Elements(RandomWorld.Api, RandomWorld.Api, RandomWorld.Web, RandomWorld.Foreign)
             select $"{repository}:{version}"),
        (2, from alias in Gen.Elements("latest", "v1", "v1.2")
            from repository in Gen.Elements(RandomWorld.Api, RandomWorld.Web)
            select $"{repository}:{alias}"),
        (1, Gen.Elements($"{RandomWorld.Web}:pro-previous", $"{RandomWorld.Api}:dev")),
        (2, from target in Gen.Elements(Targets)
            from repository in Gen.Elements(RandomWorld.Api, RandomWorld.Web)
            select $"{repository}:{PreviousTag.TagFor(target)}"));

    private static readonly Gen<Draw> Draws =
        from tags in Gen.ListOf(Tag, 3)
        from names in Gen.Choose(0, 3)
        from age in Gen.Elements(0, 30, 59, 61, 5000, 90000, -1)
        from parent in Gen.Choose(0, 7)
        from use in Gen.Frequency((5, Gen.Constant(0)), (1, Gen.Constant(1)), (1, Gen.Constant(2)))
        from day in Gen.Choose(1, 20)
        select new Draw([.. tags.Take(names)], age, parent, use, day);

    public static Arbitrary<RandomWorld> Worlds() =>
        (from draws in Gen.ListOf(Draws, 12)
         from count in Gen.Choose(0, 12)
         from steps in Gen.ListOf(
             from service in Gen.Elements("api", "web")
             from target in Gen.Elements(Targets)
             from rollback in Gen.Elements(true, false)
             from version in Gen.Elements("v1.0.0", "v1.0.1", "v1.1.0", "v1.2.0", "v1.2.0-rc.1")
             from before in Gen.Elements("v1.0.0", "v1.1.0", "v1.2.0", "v2.0.0")
             select (service, target, rollback, version, before), 6)
         from stepCount in Gen.Frequency((3, Gen.Constant(0)), (2, Gen.Choose(1, 6)))
         from locked in Gen.Frequency((5, Gen.Constant<string?>(null)), (1, Gen.Elements<string?>("api", "web")))
         from keeps in Gen.ArrayOf(Gen.Choose(0, 3), 3)
         from protect in Gen.Elements<string[]>([], [], ["v1.0.*"], ["v2*", "abc*"])
         from byLastUse in Gen.Elements(true, false)
         from older in Gen.Elements<int?>(null, null, 3, 60)
         from any in Gen.Elements(true, false)
         from uses in Gen.ArrayOf(Gen.Choose(0, 120), 36)
         from named in Gen.ArrayOf(Gen.Elements(true, false), 36)
         select Make([.. draws.Take(count)], [.. steps.Take(stepCount)], locked, keeps, protect, byLastUse, older, any, uses, named))
             .ToArbitrary();

    private static RandomWorld Make(
        List<Draw> draws,
        List<(string, string, bool, string, string)> steps,
        string? locked,
        int[] keeps,
        string[] protect,
        bool byLastUse,
        int? older,
        bool any,
        int[] uses,
        bool[] named)
    {
        var images = new List<ImagesListResponse>();
        var containers = new List<ContainerListResponse>();
        var times = new Dictionary<string, DateTimeOffset?>();
        var taken = new HashSet<string>();
        foreach (var (draw, index) in draws.Select((draw, index) => (draw, index)))
        {
            var id = $"sha256:{index:d64}";
            var tags = draw.Tags.Where(taken.Add).ToList();
            images.Add(new ImagesListResponse
            {
                ID = id,
                ParentID = draw.Parent < index && draw.Parent < 4 ? $"sha256:{draw.Parent:d64}" : "",
                RepoTags = tags,
                RepoDigests = [],
                Labels = new Dictionary<string, string>(),
                Created = new DateTime(2026, 1, draw.Day, 0, 0, 0, DateTimeKind.Utc),
                Size = 1010,
            });
            times[id] = draw.Age < 0 ? null : RandomWorld.Now - TimeSpan.FromMinutes(draw.Age);
            if (draw.Use > 0)
            {
                containers.Add(new ContainerListResponse
                {
                    ID = $"c{index}",
                    Names = [$"/c{index}"],
                    ImageID = id,
                    Image = tags.FirstOrDefault() ?? id,
                    State = draw.Use == 1 ? "running" : "exited",
                });
            }
        }

        // As the engine lists: no unnamed image in the middle of a chain.
        var listed = images.Where(image => image.RepoTags.Count > 0 || !images.Exists(other => other.ParentID == image.ID)).ToList();
        return new RandomWorld
        {
            Images = listed,
            Containers = containers,
            TagTimes = times,
            Steps = steps,
            Locked = locked,
            Keep = keeps[0],
            KeepPrerelease = keeps[1],
            KeepCommit = keeps[2],
            Protect = [.. protect],
            ByLastUse = byLastUse,
            OlderThan = older is { } days ? TimeSpan.FromDays(days) : null,
            AnyRepository = any,

            // The history knows of two in three.
            Uses = listed.SelectMany(image => image.RepoTags)
                .Select((tag, index) => (tag, ago: uses[index % uses.Length]))
                .Where(one => one.ago % 3 > 0)
                .ToDictionary(one => one.tag, one => RandomWorld.Now - TimeSpan.FromDays(one.ago)),
            Named = [.. listed.SelectMany(image => image.RepoTags)
                .Where((tag, index) => named[index % named.Length] && ProVersion.TryFromImageTag(tag.Split(':')[^1], out _))],
        };
    }

    private sealed record Draw(List<string> Tags, int Age, int Parent, int Use, int Day);
}
