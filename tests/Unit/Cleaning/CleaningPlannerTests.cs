using Docker.DotNet.Models;
using Pro.DockerVersioning.Cleaning;
using Pro.DockerVersioning.Deployment;
using Pro.DockerVersioning.Deployment.Strategies;
using Pro.DockerVersioning.Images;
using Pro.DockerVersioning.Versions;
using Xunit;

namespace Pro.DockerVersioning.Tests.Cleaning;

public sealed class CleaningPlannerTests
{
    private const string Api = "reg.example/pro/api";
    private static readonly DateTimeOffset Now = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);
    private readonly List<ImagesListResponse> _images = [];
    private readonly List<ContainerListResponse> _containers = [];
    private readonly Dictionary<string, DateTimeOffset> _tagged = [];
    private readonly Dictionary<string, DateTimeOffset> _used = [];

    [Fact]
    public void Prereleases_and_commits_have_counts_of_their_own()
    {
        foreach (var version in new[] { "v1.0.0", "v1.1.0", "v1.2.0-rc.1", "v1.2.0-rc.2", "aaaaaaaaaaaa", "bbbbbbbbbbbb",
            "v1.1.0-1-gcccccccccccc" })
        {
            Image(version);
        }

        // The youngest commit is bbbbbbbbbbbb, by its time.
        Assert.Equal(["v1.1.0-1-gcccccccccccc", "v1.2.0-rc.1", "aaaaaaaaaaaa"], Gone(new RetentionPolicy(2, 1, 1)));
    }

    [Fact]
    public void A_description_that_is_younger_than_a_bare_commit_stays_before_it()
    {
        Image("v1.0.0-3-gcccccccccccc", day: 2);
        Image("aaaaaaaaaaaa", day: 9);
        Assert.Equal(["v1.0.0-3-gcccccccccccc"], Gone(new RetentionPolicy(1, 1, 1)));
    }

    [Fact]
    public void An_image_that_a_container_holds_by_id_after_its_tag_moved_on_is_in_use()
    {
        var old = Image("v1.0.0");
        Image("v1.1.0");
        Container(old, "running", image: old);
        Assert.Equal("runs in c1", Reason("v1.0.0", new RetentionPolicy(0, 0, 0)));
        Assert.Equal(["v1.1.0"], Gone(new RetentionPolicy(0, 0, 0)));
    }

    [Fact]
    public void A_container_started_from_latest_does_not_cost_the_version_its_tag()
    {
        var id = Image("v1.0.0");
        _images[0].RepoTags.Add($"{Api}:latest");
        Container(id, "exited", image: $"{Api}:latest");
        Assert.Empty(Gone(new RetentionPolicy(0, 0, 0)));
    }

    [Fact]
    public void The_way_back_is_the_next_lower_release_here_where_nothing_else_says_it()
    {
        Image("v1.0.0");
        Image("v1.1.0");
        Image("v1.2.0-rc.1");
        Container(Image("v1.2.0"), "running");
        Image("v2.0.0");
        Assert.Equal(["v1.0.0", "v2.0.0"], Gone(new RetentionPolicy(0, 0, 0)));
        Assert.Equal("the previous version of v1.2.0", Reason("v1.1.0", new RetentionPolicy(0, 0, 0)));
    }

    [Fact]
    public void A_tag_on_the_engine_or_the_history_of_the_target_says_the_way_back_better()
    {
        Image("v1.0.0");
        Image("v1.1.0");
        Container(Image("v1.2.0"), "running");
        _images[0].RepoTags.Add($"{Api}:{PreviousTag.TagFor("container.c1")}");
        Assert.Equal(["v1.1.0"], Gone(new RetentionPolicy(0, 0, 0)));
        _images[0].RepoTags.RemoveAt(1);
        Assert.Equal(
            ["v1.1.0"], Gone(new RetentionPolicy(0, 0, 0), [Past("container.c1", Deploy("v1.2.0", "v1.0.0"), Deploy("v1.0.0", null))]));
    }

    [Fact]
    public void What_another_target_has_for_a_way_back_is_none_of_this_one()
    {
        Image("v1.0.0");
        Image("v1.1.0");
        Container(Image("v1.2.0"), "running");
        _images[0].RepoTags.Add($"{Api}:{PreviousTag.TagFor("container.elsewhere")}");
        Assert.Empty(Gone(new RetentionPolicy(0, 0, 0)));
        _images[0].RepoTags.RemoveAt(1);
        Assert.Empty(Gone(new RetentionPolicy(0, 0, 0), [Past("container.elsewhere", Deploy("v2.0.0", "v1.0.0"), Deploy("v1.0.0", null))]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void After_a_rollback_the_way_back_is_what_was_before_the_version_that_runs_again(bool isHistoryKnown)
    {
        Image("v1.0.0");
        Container(Image("v2.0.0"), "running");
        Image("v3.0.0");

        // The tag still says v2, which the deployment of v3 made the way back: it runs now.
        _images[1].RepoTags.Add($"{Api}:{PreviousTag.TagFor("container.c1")}");
        TargetPast[] past = isHistoryKnown
            ? [Past(
                "container.c1",
                Rollback("v2.0.0", "v3.0.0"), Deploy("v3.0.0", "v2.0.0"), Deploy("v2.0.0", "v1.0.0"), Deploy("v1.0.0", null))]
            : [];
        Assert.Equal(["v3.0.0"], Gone(new RetentionPolicy(0, 0, 0), past));
    }

    [Fact]
    public void What_another_operator_would_roll_back_to_stays_though_ones_own_history_knows_nothing_of_it()
    {
        Image("v1.0.0");
        var previous = Image("v1.1.0");
        Image("v1.2.0");
        Container(Image("v1.3.0"), "running");
        VerifiedDeployment[] verified =
        [
            Deploy("v1.3.0", "v1.2.0") with { Target = "container.c1", Repository = Api },
            Deploy("v1.1.0", null) with { Target = "container.c1", Repository = Api, ImageId = previous },
            Deploy("v9.0.0", null) with { Target = "container.c1", Repository = Api + "-other" },
        ];
        var past = TargetPast.With([Past("container.c1", Deploy("v1.2.0", "v1.0.0"))], verified, ImageReference.Parse(Api));
        Assert.Equal(["v1.0.0", "v1.2.0"], Gone(new RetentionPolicy(0, 0, 0), past).Order());
        var draft = CleaningPlanner.Draft(World(past), new CleaningPolicy { Retention = new RetentionPolicy(0, 0, 0) });
        Assert.Equal("the previous version, by this engine", draft.Decided.Single(line => line.Version!.ToString() == "v1.1.0").Reason);
    }

    [Fact]
    public void A_way_back_that_has_lost_its_name_is_not_dangling()
    {
        Container(Image("v1.1.0"), "running");
        var proven = Image(null);
        var world = World([Past("container.c1", Deploy("v1.1.0", "v1.0.0"), Deploy("v1.0.0", null) with { ImageId = proven })]);
        var draft = CleaningPlanner.Draft(
            world, new CleaningPolicy { Mode = CleaningMode.Dangling, Retention = new RetentionPolicy(0, 0, 0) });
        Assert.Empty(draft.Candidates);
        Assert.Equal("the previous version, by the history", draft.Decided.Single().Reason);
    }

    [Fact]
    public void An_image_dated_1970_is_young_when_it_was_tagged_just_now()
    {
        var id = Image("v1.0.0");
        _images[0].Created = DateTime.UnixEpoch;
        _tagged[id] = Now.AddMinutes(-59);
        Assert.Empty(Gone(new RetentionPolicy(0, 0, 0)));
        Assert.Equal("built or tagged 59 minutes ago (within the grace period of 1 hour)", Reason("v1.0.0", new RetentionPolicy(0, 0, 0)));
    }

    [Fact]
    public void What_the_history_saw_of_use_just_now_is_young_though_it_was_tagged_long_ago()
    {
        _tagged[Image("v1.0.0")] = Now.AddDays(-20);
        _used[$"{Api}:v1.0.0"] = Now.AddMinutes(-30);
        Assert.Equal("last used 30 minutes ago (within the grace period of 1 hour)", Reason("v1.0.0", new RetentionPolicy(0, 0, 0)));
    }

    [Fact]
    public void OlderThan_goes_by_the_last_sign_of_use()
    {
        _tagged[Image("v1.0.0")] = Now.AddDays(-20);
        _tagged[Image("v1.1.0")] = Now.AddDays(-40);
        _tagged[Image("v1.2.0")] = Now.AddDays(-40);
        _used[$"{Api}:v1.2.0"] = Now.AddDays(-5);
        Assert.Equal(["v1.1.0"], Gone(new RetentionPolicy(0, 0, 0), olderThan: TimeSpan.FromDays(30)));
    }

    [Fact]
    public void By_last_use_the_longest_unused_goes_first_and_not_the_lowest()
    {
        Image("v1.0.0");
        Image("v1.1.0");
        _used[$"{Api}:v1.0.0"] = Now.AddDays(-5);
        _used[$"{Api}:v1.1.0"] = Now.AddDays(-50);
        Assert.Equal(["v1.1.0", "v1.0.0"], Gone(new RetentionPolicy(0, 0, 0), byLastUse: true));
    }

    [Fact]
    public void A_name_of_an_image_with_other_names_or_children_is_only_untagged_and_promises_no_space()
    {
        Image("v1.0.0");
        _images[0].RepoTags.Add("other/thing:1");
        var parent = Image("v1.1.0");
        Image("v1.2.0");
        _images[2].ParentID = parent;
        var lines = Plan(new RetentionPolicy(1, 1, 1)).Going.ToList();
        Assert.All(lines, line => Assert.Equal((CleaningStep.Untag, 0L), (line.Step, line.Bytes)));
        Assert.Contains("the image has other names", lines[0].Reason, StringComparison.Ordinal);
        Assert.Contains("other images are built on it", lines[1].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Digests_of_the_repository_go_with_its_last_tag()
    {
        Image("v1.0.0");
        _images[0].RepoDigests.Add($"{Api}@sha256:{new string('a', 64)}");
        Assert.Equal(CleaningStep.Remove, Plan(new RetentionPolicy(0, 0, 0)).Going.Single().Step);
    }

    [Fact]
    public void Dangling_images_of_a_repository_that_is_not_ours_stay()
    {
        Image(null);
        Image(null);
        _images[1].RepoDigests.Add($"foreign.example/x@sha256:{new string('a', 64)}");
        var draft = CleaningPlanner.Draft(World([]),
            new CleaningPolicy { Mode = CleaningMode.Dangling, Retention = new RetentionPolicy(5, 5, 5) });
        Assert.Equal([_images[0].ID], draft.Candidates.Select(candidate => candidate.Line.Reference));
    }

    /// <summary>-Unused is for the services; -Dangling and -AnyRepository are for all.</summary>
    [Fact]
    public void Unused_leaves_nameless_images_alone_that_no_label_gives_to_a_service()
    {
        Image(null);
        Image(null);
        Image(null);
        _images[1].Labels[ImageLabels.Service] = "api";
        _images[1].Labels[ImageLabels.Repository] = "foreign.example/api";
        _images[2].Labels[ImageLabels.Repository] = Api;
        Image(null);
        _images[3].RepoDigests.Add($"{Api}@sha256:{new string('a', 64)}");
        var policy = new CleaningPolicy { Mode = CleaningMode.Unused, Retention = new RetentionPolicy(0, 0, 0) };
        Assert.Equal([_images[2].ID, _images[3].ID], Candidates(policy));
        Assert.Equal(_images.Select(image => image.ID), Candidates(policy with { AnyRepository = true }));
        Assert.Equal(_images.Select(image => image.ID), Candidates(policy with { Mode = CleaningMode.Dangling }));

        IEnumerable<string> Candidates(CleaningPolicy of) =>
            CleaningPlanner.Draft(World([]), of).Candidates.Select(candidate => candidate.Image.Id);
    }

    [Fact]
    public void A_version_that_is_written_out_to_be_protected_must_be_here_and_a_pattern_may_find_nothing()
    {
        Image("v1.0.0");
        Image("aaaaaaaaaaaa");
        Image(null);
        _images[2].Labels[ImageLabels.Version] = "v0.9.0";
        var policy = new CleaningPolicy { Retention = new RetentionPolicy(0, 0, 0) };
        CleaningPlanner.EnsureKnown(World([]), policy, ["v1.0.0", "V1.0.0", "v0.9.0", "aaaaaaaaaaaa", "v7.*"]);
        var unknown = Assert.Throws<ProException>(() => CleaningPlanner.EnsureKnown(World([]), policy, ["v1.0.0", "v1.O.0"]));
        Assert.Equal("VersionNotFound", unknown.Id);
        Assert.Contains("'v1.O.0'", unknown.Message, StringComparison.Ordinal);
        Assert.Contains("v1.0.0", unknown.RecommendedAction, StringComparison.Ordinal);
    }

    /// <summary>Whose lock speaks against its removal is told by both: our own api's doesn't, and theirs does.</summary>
    [Fact]
    public void A_dangling_image_of_another_projects_service_is_theirs_by_name_and_repository()
    {
        Image(null);
        _images[0].Labels[ImageLabels.Service] = "api";
        _images[0].Labels[ImageLabels.Repository] = "foreign.example/api";
        var policy = new CleaningPolicy { Mode = CleaningMode.Dangling, Retention = new RetentionPolicy(5, 5, 5) };
        var world = World([]);
        world = world with { Services = [world.Services[0] with { LockedBy = "the service is locked" }] };
        var line = CleaningPlanner.Draft(world, policy).Candidates.Single().Line;
        Assert.Equal(("api", "foreign.example/api"), (line.Service, line.Repository?.NormalizedName));
        Assert.Empty(CleaningPlanner.Draft(world, policy with { DanglingOf = new HashSet<string> { "api" } }).Candidates);

        _images[0].Labels[ImageLabels.Repository] = ImageReference.Parse(Api).NormalizedName;
        Assert.Equal("the service is locked", CleaningPlanner.Draft(world, policy).Decided.Single().Reason);
    }

    [Fact]
    public void Of_a_dangling_chain_only_its_end_is_listed_and_goes()
    {
        Image(null);
        _images[0].Labels[ImageLabels.Version] = "v1.0.0";
        _images[0].Labels[ImageLabels.Service] = "api";
        var policy = new CleaningPolicy
        {
            Mode = CleaningMode.Dangling,
            Retention = new RetentionPolicy(5, 5, 5),
            Protect = [VersionPattern.Parse("v1.*")],
        };
        Assert.Empty(CleaningPlanner.Draft(World([]), policy).Candidates);
        Assert.Equal("protected by 'v1.*'", CleaningPlanner.Draft(World([]), policy).Decided.Single().Reason);
    }

    [Fact]
    public void A_named_version_of_another_repository_or_one_that_is_gone_is_skipped_and_says_so()
    {
        Image("v1.0.0");
        var policy = new CleaningPolicy
        {
            Mode = CleaningMode.Named,
            Retention = new RetentionPolicy(0, 0, 0),
            Named = new[] { $"{Api}:v9.0.0", "foreign.example/api:v1.0.0", $"{Api}:v1.0.0" }.Select(ImageReference.Parse).ToHashSet(),
        };
        var draft = CleaningPlanner.Draft(World([]), policy);
        Assert.Equal(["gone already", "its repository is not one of the catalogue's"], draft.Decided.Select(line => line.Reason).Order());
        Assert.Equal($"{Api}:v1.0.0", draft.Candidates.Single().Line.Reference);
    }

    [Fact]
    public void The_prompt_shows_each_line_with_its_reason_and_the_sum()
    {
        Image("v1.0.0");
        Image("v1.1.0");
        _images[1].RepoTags.Add("other/thing:1");
        var plan = Plan(new RetentionPolicy(0, 0, 0));
        Assert.Equal(
            [$"Remove {Api}:v1.0.0, 0.99KB: releases are not kept (-Keep 0)",
                $"Untag {Api}:v1.1.0: releases are not kept (-Keep 0); the image has other names"],
            CleaningText.Lines(plan));
        Assert.Equal("Remove 1 image and take away 1 name of images that stay? At most 0.99KB come free.", CleaningText.Question(plan));
    }

    [Theory]
    [InlineData("20240131")]
    [InlineData("1234567")]
    [InlineData("5471674518")]
    [InlineData("decade0")]
    [InlineData("deadbeefcafe")]
    [InlineData("1234567-dirty")]
    public void A_tag_that_only_looks_like_a_hash_is_foreign_and_stays(string tag)
    {
        Image("v1.0.0");
        Image(tag);
        _images[1].Labels.Clear();
        _images[1].Labels[ImageLabels.Version] = tag;
        _images[1].Labels[ImageLabels.Revision] = "00112233445566778899aabbccddeeff00112233";
        Assert.Equal(["v1.0.0"], Gone(new RetentionPolicy(0, 0, 0)));
        Assert.Equal(["v1.0.0"], World([]).Inventory.VersionsOf("api", ImageReference.Parse(Api)).Select(version => version.Tag));
        foreach (var mode in new[] { CleaningMode.Named, CleaningMode.Unused })
        {
            var policy = new CleaningPolicy
            {
                Mode = mode,
                Retention = new RetentionPolicy(0, 0, 0),
                Named = new HashSet<ImageReference> { ImageReference.Parse($"{Api}:{tag}") },
            };
            Assert.DoesNotContain(
                CleaningPlanner.Draft(World([]), policy).Candidates, one => one.Line.Reference.EndsWith(tag, StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData(ImageLabels.Revision, "1234567000000000000000000000000000000000")]
    [InlineData(ImageLabels.Version, "v1.0.0-3-g1234567")]
    public void A_tag_of_hex_digits_is_a_commit_when_a_label_says_so(string label, string value)
    {
        Image("1234567");
        _images[0].Labels.Clear();
        _images[0].Labels[label] = value;
        Assert.Equal(["1234567"], Gone(new RetentionPolicy(0, 0, 0)));
    }

    [Fact]
    public void A_tag_of_hex_digits_is_a_commit_when_git_says_so()
    {
        Image("1234567");
        _images[0].Labels.Clear();
        var world = World([]) with { IsCommit = hash => hash == "1234567" };
        var policy = new CleaningPolicy { Retention = new RetentionPolicy(0, 0, 0) };
        Assert.Single(CleaningPlanner.Draft(world, policy).Candidates);
        Assert.Empty(CleaningPlanner.Draft(world with { IsCommit = _ => false }, policy).Candidates);
    }

    [Fact]
    public void A_commit_is_right_after_its_release_by_its_description_and_else_by_its_time()
    {
        Image("v1.0.0", day: 2);
        Image("v1.1.0", day: 5);
        Image("v2.0.0", day: 9);

        // A back-port, tagged last.
        Image("v1.0.1", day: 12);
        Image("aaaaaaaaaaaa", day: 14);
        Image("cccccccccccc", day: 6);
        Image("dddddddddddd", day: 1);
        Image("eeeeeeeeeeee", day: 14);
        _images[^1].Labels[ImageLabels.Description] = "v1.0.1-2-geeeeeeeeeeee";
        Image("v1.0.1-1-gffffffffffff", day: 13);
        Assert.Equal(
            ["aaaaaaaaaaaa", "v2.0.0", "cccccccccccc", "v1.1.0", "eeeeeeeeeeee", "v1.0.1-1-gffffffffffff", "v1.0.1", "v1.0.0",
                "dddddddddddd"],
            World([]).Inventory.VersionsOf("api", ImageReference.Parse(Api)).Select(version => version.Tag));
    }

    [Fact]
    public void An_alias_goes_with_its_version_and_keeps_none()
    {
        Image("v1.2.0");
        _images[0].RepoTags.Add($"{Api}:v1.2");
        Image("v1.3.0");
        _images[1].RepoTags.Add($"{Api}:v1.3");
        _images[1].RepoTags.Add($"{Api}:v1");
        Image("v2.0.0");
        _images[2].RepoTags.Add($"{Api}:latest");
        var plan = Plan(new RetentionPolicy(1, 0, 0));
        Assert.Equal(
            [
                (CleaningStep.Untag, $"{Api}:v1.2", "goes with v1.2.0"),
                (CleaningStep.Remove, $"{Api}:v1.2.0", "older than the newest release"),
                (CleaningStep.Untag, $"{Api}:v1.3", "goes with v1.3.0"),
                (CleaningStep.Untag, $"{Api}:v1", "goes with v1.3.0"),
                (CleaningStep.Remove, $"{Api}:v1.3.0", "older than the newest release"),
            ],
            plan.Going.Select(line => (line.Step, line.Reference, line.Reason)));
        Assert.StartsWith("Remove 2 images? ", CleaningText.Question(plan), StringComparison.Ordinal);

        // Within the count they stay, and latest keeps its version in any case.
        Assert.Equal(["v1.2.0", "v1.2.0"], Gone(new RetentionPolicy(2, 0, 0)));
        Assert.Equal("latest points at it", Reason("v2.0.0", new RetentionPolicy(0, 0, 0)));
    }

    [Fact]
    public void A_tag_that_only_looks_like_an_alias_is_foreign_and_stays_with_its_image()
    {
        Image("v1.0.0");
        _images[0].RepoTags.Add($"{Api}:v20240115");
        _images[0].RepoTags.Add($"{Api}:v2");
        var line = Assert.Single(Plan(new RetentionPolicy(0, 0, 0)).Going);
        Assert.Equal((CleaningStep.Untag, $"{Api}:v1.0.0"), (line.Step, line.Reference));
    }

    [Fact]
    public void An_alias_that_another_version_of_the_image_keeps_stays()
    {
        Image("v1.2.0");
        foreach (var tag in new[] { "v1.3.0", "v1", "v1.2" })
        {
            _images[0].RepoTags.Add($"{Api}:{tag}");
        }

        Assert.Equal([$"{Api}:v1.2", $"{Api}:v1.2.0"], Plan(new RetentionPolicy(1, 0, 0)).Going.Select(line => line.Reference));
    }

    /// <summary>Two versions of one image, the older one of which was used: what its alias leads to stays too.</summary>
    [Fact]
    public void An_alias_stays_with_the_version_that_was_used_last()
    {
        Image("v1.2.0");
        foreach (var tag in new[] { "v1.2.1", "v1.2" })
        {
            _images[0].RepoTags.Add($"{Api}:{tag}");
        }

        _used[$"{Api}:v1.2.0"] = Now.AddDays(-1);
        Assert.Equal(
            [$"{Api}:v1.2.1"], Plan(new RetentionPolicy(0, 0, 0), olderThan: TimeSpan.FromDays(10)).Going.Select(line => line.Reference));
        Assert.Equal(
            [$"{Api}:v1.2.1", $"{Api}:v1.2", $"{Api}:v1.2.0"],
            Plan(new RetentionPolicy(0, 0, 0), olderThan: TimeSpan.FromHours(1), byLastUse: true).Going.Select(line => line.Reference));
    }

    [Theory]
    [InlineData("v1.0.0", 1, 1, "older than the newest release")]
    [InlineData("v1.0.0", 2, 1, "older than the newest 2 releases")]
    [InlineData("v1.0.0", 3, 1, "among the newest 3 releases")]
    [InlineData("v1.0.1-rc.1", 3, 0, "pre-releases are not kept (-KeepPrerelease 0)")]
    [InlineData("aaaaaaaaaaaa", 3, 0, "commit builds are not kept (-KeepCommit 0)")]
    public void A_reason_says_what_happens(string version, int keep, int others, string reason)
    {
        foreach (var one in new[] { "v1.0.0", "v1.0.1-rc.1", "v1.1.0", "v1.2.0", "aaaaaaaaaaaa" })
        {
            Image(one);
        }

        Assert.Equal(reason, Reason(version, new RetentionPolicy(keep, others, others)));
    }

    [Fact]
    public void A_named_version_that_has_lost_its_tag_says_why_it_stays_with_service_and_version()
    {
        var id = Image(null);
        Container(id, "running", image: id);
        _images[0].Labels[ImageLabels.Service] = "api";
        _images[0].Labels[ImageLabels.Repository] = ImageReference.Parse(Api).NormalizedName;
        _images[0].Labels[ImageLabels.Version] = "v1.1.0";
        var world = World([]);
        var version = Assert.Single(world.Inventory.VersionsOf("api", ImageReference.Parse(Api)));
        var policy = new CleaningPolicy { Mode = CleaningMode.Named, Retention = new RetentionPolicy(0, 0, 0), WithoutTag = [version] };
        var line = Assert.Single(CleaningPlanner.Draft(world, policy).Decided);
        Assert.Equal(
            ("api", "v1.1.0", "the container c1 uses it, and its version's tag is gone already"),
            (line.Service, line.Version?.ToString(), line.Reason));
        Assert.Equal($"{id[..19]} (api v1.1.0)", CleaningText.Name(line));
    }

    /// <summary>The tag has moved on, and another name of the repository is left: the container still runs that version.</summary>
    [Theory]
    [InlineData("latest")]
    [InlineData("v1.1")]
    [InlineData("pro-previous-0a1b2c3d")]
    public void A_running_image_that_lost_its_versions_tag_is_listed_by_its_label(string left)
    {
        var id = Image(null);
        _images[0].RepoTags.Add($"{Api}:{left}");
        _images[0].Labels[ImageLabels.Service] = "api";
        _images[0].Labels[ImageLabels.Version] = "v1.1.0";
        Container(id, "running", image: id);
        var version = Assert.Single(World([]).Inventory.VersionsOf("api", ImageReference.Parse(Api)));
        Assert.Equal(("v1.1.0", null, true), (version.Version.ToString(), version.Tag, version.IsCurrent));
    }

    [Fact]
    public void Any_repository_takes_what_nothing_needs_and_keeps_what_the_services_need()
    {
        Image("v1.0.0");
        Container(Image("v1.1.0"), "running");
        Image("20240131");
        _images[2].Labels.Clear();
        Image(null);
        _images[3].RepoTags.Add("postgres:16");
        _images[3].RepoTags.Add("postgres:latest");
        Image(null);
        _images[4].RepoTags.Add("redis:7");
        Container(_images[4].ID, "exited", image: "redis:7");
        Image(null);
        _images[5].RepoTags.Add($"{Api}:latest");
        Image(null);
        _images[6].RepoDigests.Add($"foreign.example/x@sha256:{new string('a', 64)}");
        var policy = new CleaningPolicy { Mode = CleaningMode.Unused, AnyRepository = true, Retention = new RetentionPolicy(0, 0, 0) };
        var draft = CleaningPlanner.Draft(World([]), policy);
        Assert.Equal(
            [$"{Api}:20240131", "docker.io/library/postgres:16", "docker.io/library/postgres:latest",
                $"foreign.example/x@sha256:{new string('a', 64)}"],
            draft.Candidates.Select(candidate => Full(candidate.Line.Reference)).Order(StringComparer.Ordinal)
                .OrderBy(name => name[0] == 'r' ? 0 : 1));
        var kept = draft.Decided.ToDictionary(line => line.Reference, line => line.Reason);
        Assert.Equal("the previous version of v1.1.0", kept[$"{Api}:v1.0.0"]);
        Assert.Equal("runs in c1", kept[$"{Api}:v1.1.0"]);
        Assert.Equal("the stopped container c2 uses it", kept["redis:7"]);
        Assert.Equal("latest points at it", kept[$"{Api}:latest"]);

        // Who deploys api may run the tag that is no version; postgres is nobody's.
        var world = World([]);
        draft = CleaningPlanner.Draft(world with { Services = [world.Services[0] with { LockedBy = "the service is locked" }] }, policy);
        Assert.DoesNotContain(draft.Candidates, candidate => candidate.Line.Reference.StartsWith(Api, StringComparison.Ordinal));
        Assert.Contains(draft.Candidates, candidate => Full(candidate.Line.Reference) == "docker.io/library/postgres:16");
        var skipped = draft.Decided.Single(line => line.Reference == $"{Api}:20240131");
        Assert.Equal((CleaningStep.Skip, "the service is locked"), (skipped.Step, skipped.Reason));

        static string Full(string name) => name.Contains('/', StringComparison.Ordinal) ? name : "docker.io/library/" + name;
    }

    [Fact]
    public void Any_repository_takes_only_what_was_not_used_for_as_long_as_OlderThan_says()
    {
        foreach (var (name, days) in new (string?, int)[] { ("postgres:15", 40), ("postgres:16", 20), ("redis:7", 40), ($"{Api}:edge", 20),
            (null, 40), (null, 20) })
        {
            var id = Image(null);
            _tagged[id] = Now.AddDays(-days);
            if (name is not null)
            {
                _images[^1].RepoTags.Add(name);
            }
        }

        _used["redis:7"] = Now.AddDays(-5);
        _tagged[Image("v1.0.0")] = Now.AddDays(-40);
        _tagged[Image("v1.1.0")] = Now.AddDays(-20);
        var plan = Plan(new CleaningPolicy
        {
            Mode = CleaningMode.Unused, AnyRepository = true, OlderThan = TimeSpan.FromDays(30), Retention = new RetentionPolicy(0, 0, 0),
        });
        Assert.Equal([$"{Api}:v1.0.0", "postgres:15", _images[4].ID], plan.Going.Select(line => line.Reference));
        Assert.Equal(
            "last used 5 days ago, not more than 30 days (-OlderThan)", plan.Lines.Single(line => line.Reference == "redis:7").Reason);
    }

    [Fact]
    public void MaxSize_lets_the_longest_unused_go_until_all_versions_together_fit()
    {
        foreach (var (version, days) in new[] { ("v1.0.0", 5), ("v1.1.0", 50), ("v1.2.0", 20), ("v1.3.0", 1) })
        {
            Image(version);
            _used[$"{Api}:{version}"] = Now.AddDays(-days);
        }

        // Each image has 1,010 bytes of its own.
        Assert.Equal(["v1.1.0"], Until(3030).Going.Select(line => line.Version!.ToString()));
        Assert.Equal(3030, Until(3030).SizeAfter);
        Assert.Equal(["v1.1.0", "v1.2.0"], Until(3029).Going.Select(line => line.Version!.ToString()));
        Assert.Empty(Until(4040).Going);
        Assert.Equal(3, Until(0).Going.Count());
        Assert.Equal(1010, Until(0).SizeAfter);
        Assert.Contains(Until(3030).Lines, line => line.Reason == "the versions fit into 2.96KB with it (-MaxSize)");

        CleaningPlan Until(long most) => Plan(new RetentionPolicy(1, 0, 0), byLastUse: true, maxSize: most);
    }

    private static TargetPast Past(string target, params VerifiedDeployment[] steps) => new(target, steps[0].Version, steps);

    private static VerifiedDeployment Deploy(string version, string? from) => new(
        ProHistoryKind.Deploy, ProVersion.Parse(version), from is null ? null : ProVersion.Parse(from), null, Now);

    private static VerifiedDeployment Rollback(string version, string from) =>
        Deploy(version, from) with { Kind = ProHistoryKind.Rollback };

    private string Image(string? version, int day = 1)
    {
        var id = $"sha256:{_images.Count + 1:d64}";
        _images.Add(new ImagesListResponse
        {
            ID = id,
            RepoTags = version is null ? [] : [$"{Api}:{version}"],
            RepoDigests = [],
            Labels = version is not null && ProVersion.TryFromImageTag(version, out var one) && one.CommitHash is { } hash
                ? new Dictionary<string, string> { [ImageLabels.Revision] = hash }
                : [],
            Created = new DateTime(2026, 1, version?.Contains("bbb", StringComparison.Ordinal) == true ? 5
                : day, 0, 0, _images.Count, DateTimeKind.Utc),
        });
        return id;
    }

    private void Container(string id, string state, string? image = null) => _containers.Add(new ContainerListResponse
    {
        ID = "c",
        Names = [$"/c{_containers.Count + 1}"],
        ImageID = id,
        Image = image ?? _images.Single(one => one.ID == id).RepoTags[0],
        State = state,
    });

    private CleaningInput World(IReadOnlyList<TargetPast> past) =>
        new(new ImageInventory(_images, _containers), [new CleaningService("api", ImageReference.Parse(Api)) { Past = past }])
        {
            IsPreviousTag = PreviousTag.IsPreviousTag,
            LastUse = reference => _used.TryGetValue(reference.ToString(), out var time) ? time : null,
        };

    private CleaningPlan Plan(
        RetentionPolicy retention, IReadOnlyList<TargetPast>? past = null, TimeSpan? olderThan = null, bool byLastUse = false,
        long? maxSize = null) =>
        Plan(new CleaningPolicy { Retention = retention, OlderThan = olderThan, ByLastUse = byLastUse, MaxSize = maxSize }, past);

    private CleaningPlan Plan(CleaningPolicy policy, IReadOnlyList<TargetPast>? past = null)
    {
        var draft = CleaningPlanner.Draft(World(past ?? []), policy);
        var facts = _images.ToDictionary(image => image.ID, image => new ImageFacts(
            _tagged.TryGetValue(image.ID, out var time) ? time
                : null, ImageLayers.From(
                    ["sha256:base" + image.ID, "sha256:" + image.ID], [new ImageStep("COPY", 10), new ImageStep("COPY", 1000)])));
        return CleaningPlanner.Finish(draft, facts, Now);
    }

    private List<string> Gone(
        RetentionPolicy retention, IReadOnlyList<TargetPast>? past = null, TimeSpan? olderThan = null, bool byLastUse = false) =>
        [.. Plan(retention, past, olderThan, byLastUse).Going.Select(line => line.Version!.ToString())];

    private string Reason(string version, RetentionPolicy retention) =>
        Plan(retention).Lines.Single(line => line.Version!.ToString() == version).Reason;
}
