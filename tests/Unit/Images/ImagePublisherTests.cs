using Pro.DockerVersioning.Images;
using Xunit;

namespace Pro.DockerVersioning.Tests.Images;

/// <summary>What is at the registry already, and who may move an alias there.</summary>
public sealed class ImagePublisherTests
{
    private static readonly PublishOptions Usual = new(ProAlias.Minor, ProLatestPolicy.Auto, Force: false);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_a_builder_pushed_is_known_again_by_what_it_was_made_from(bool severalPlatforms)
    {
        await using var scene = new PublishingScene();
        var digest = severalPlatforms ? scene.PublishIndex("v1.0.0", "inputs") : scene.Publish("v1.0.0", "inputs");
        using var publisher = await scene.OpenAsync(Token);
        var item = scene.Item("v1.0.0");

        Assert.Equal((digest, null), await publisher.FindPublishedAsync(item, "inputs", Usual, Token));
        Assert.Equal((null, null), await publisher.FindPublishedAsync(scene.Item("v1.1.0"), "inputs", Usual, Token));
        Assert.Equal((null, null), await publisher.FindPublishedAsync(item, "inputs", Usual with { Force = true }, Token));

        var other = await Assert.ThrowsAsync<ProException>(() => publisher.FindPublishedAsync(item, "other", Usual, Token));
        Assert.Equal("PublishedOtherwise", other.Id);

        // Without an identity it is to be built anew in any case, and what comes out is another image.
        var anew = await Assert.ThrowsAsync<ProException>(() => publisher.FindPublishedAsync(item, null, Usual, Token));
        Assert.Equal("PublishedOtherwise", anew.Id);
    }

    [Fact]
    public async Task The_aliases_of_what_is_published_already_are_judged_again_right_before_they_move()
    {
        await using var scene = new PublishingScene();
        var old = scene.Build("v1.0.0");
        _ = scene.Publish("v1.0.0");
        using var publisher = await scene.OpenAsync(Token);
        var plan = await publisher.PlanAsync(scene.Item("v1.0.0"), scene.Inventory, Usual, Token);
        Assert.True(plan.IsSame);
        Assert.All(plan.Aliases, alias => Assert.True(alias.Moves));

        _ = scene.Publish("v1.1.0");
        var publication = await publisher.RunAsync(plan, Usual, scene, Token);

        Assert.Equal(["v1.0"], publication.Aliases);
        Assert.Equal("latest", Assert.Single(publication.HeldBack).Alias);
        Assert.Equal(old, scene.Tags["v1.0"]);
        Assert.DoesNotContain("latest", scene.Tags.Keys);
    }

    /// <summary>Who can't see the registry's tags can't know whether a newer version holds the alias.</summary>
    [Fact]
    public async Task Where_the_registry_does_not_tell_its_tags_the_version_is_pushed_and_its_aliases_stay_with_the_reason()
    {
        await using var scene = new PublishingScene();
        var newer = scene.Publish("v1.1.0");
        _ = scene.Publish("latest");
        var before = scene.Tags["latest"];
        var pushed = scene.Build("v1.0.0");
        using var publisher = await scene.OpenAsync(Token);
        scene.TellsItsTags = false;
        var plan = await publisher.PlanAsync(scene.Item("v1.0.0"), scene.Inventory, Usual, Token);
        var publication = await publisher.RunAsync(plan, Usual, scene, Token);

        Assert.Equal((newer, pushed, before), (scene.Tags["v1.1.0"], scene.Tags["v1.0.0"], scene.Tags["latest"]));
        Assert.Empty(publication.Aliases);
        Assert.Equal(["latest", "v1.0"], publication.HeldBack.Select(one => one.Alias));
        Assert.All(publication.HeldBack, one => Assert.StartsWith(
            "stays: the registry's tags can't be read from here", one.Reason, StringComparison.Ordinal));
        Assert.DoesNotContain("v1.0", scene.Tags.Keys);
    }

    /// <summary>Virtual repositories answer so for what is absent, and registries to robots that may only push.</summary>
    [Theory]
    [InlineData(401, "unauthorized: authentication required")]
    [InlineData(403, "denied: requested access to the resource is denied")]
    [InlineData(500, "unexpected status from HEAD request to https://x/v2/api/manifests/v1.0.0: 403 Forbidden")]
    [InlineData(500, "unknown: unexpected http status: 401 Unauthorized")]
    public async Task A_refused_look_up_does_not_end_a_publication_which_says_that_it_could_not_check(int status, string message)
    {
        await using var scene = new PublishingScene();
        var pushed = scene.Build("v1.0.0");
        scene.LookUp = _ => ScriptedResponse.Json($$"""{"message":"{{message}}"}""", status);
        using var publisher = await scene.OpenAsync(Token);
        var plan = await publisher.PlanAsync(scene.Item("v1.0.0"), scene.Inventory, Usual, Token);
        Assert.Contains(": could not check for other content (", plan.Describe().First(), StringComparison.Ordinal);
        var publication = await publisher.RunAsync(plan, Usual, scene, Token);

        Assert.Equal((ProPublicationOutcome.Published, pushed, pushed), (publication.Outcome, publication.Digest, scene.Tags["v1.0.0"]));
        Assert.StartsWith("could not check for other content (", publication.Message, StringComparison.Ordinal);
        Assert.Contains(
            publication.WarningsWith([]), warning => warning.StartsWith("api v1.0.0: could not check", StringComparison.Ordinal));
        Assert.Equal(["latest", "v1.0"], publication.HeldBack.Select(one => one.Alias));
        Assert.Equal(["v1.0.0"], scene.Tags.Keys);

        // Who asks for it gets it: latest needs no judging then.
        var always = Usual with { Latest = ProLatestPolicy.Always };
        plan = await publisher.PlanAsync(scene.Item("v1.0.0"), scene.Inventory, always, Token);
        Assert.Equal(["latest"], (await publisher.RunAsync(plan, always, scene, Token)).Aliases);

        // Who forces it overwrites whatever is there: nothing was to be checked.
        var forced = Usual with { Force = true };
        plan = await publisher.PlanAsync(scene.Item("v1.0.0"), scene.Inventory, forced, Token);
        var overwritten = await publisher.RunAsync(plan, forced, scene, Token);
        Assert.Null(overwritten.Message);
        Assert.Equal(["latest", "v1.0"], overwritten.Aliases);
    }

    [Fact]
    public async Task A_refused_look_up_does_not_keep_a_builder_from_pushing()
    {
        await using var scene = new PublishingScene();
        scene.LookUp = _ => ScriptedResponse.Json("""{"message":"denied: no"}""", 403);
        using var publisher = await scene.OpenAsync(Token);
        var (digest, notChecked) = await publisher.FindPublishedAsync(scene.Item("v1.0.0"), "inputs", Usual, Token);
        Assert.Null(digest);
        Assert.StartsWith("could not check for other content (", notChecked, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    public async Task Where_the_tags_may_not_be_read_the_version_is_published_and_its_aliases_stay(int status)
    {
        await using var scene = new PublishingScene();
        _ = scene.Build("v1.0.0");
        using var publisher = await scene.OpenAsync(Token);
        scene.Registry = request => request.Path.EndsWith("/tags/list", StringComparison.Ordinal)
            ? ScriptedResponse.Json("""{"errors":[{"code":"DENIED","message":"no"}]}""", status) : null;
        var plan = await publisher.PlanAsync(scene.Item("v1.0.0"), scene.Inventory, Usual, Token);
        var publication = await publisher.RunAsync(plan, Usual, scene, Token);
        Assert.Equal(ProPublicationOutcome.Published, publication.Outcome);
        Assert.Null(publication.Message);
        Assert.Equal(["latest", "v1.0"], publication.HeldBack.Select(one => one.Alias));
    }

    /// <summary>After a push a registry without the repository, or without that tag, tells something else than it has.</summary>
    [Theory]
    [InlineData(false, "has {0}/api:v1.0.0, and lists no tags")]
    [InlineData(true, "lists the tags of {0}/api without v1.0.0")]
    public async Task A_list_without_what_was_pushed_says_nothing_of_what_is_newest(bool isKnown, string why)
    {
        await using var scene = new PublishingScene();
        var newest = scene.Publish("v1.10.0");
        _ = scene.Publish("latest");
        var before = scene.Tags["latest"];
        var pushed = scene.Build("v1.0.0");
        using var publisher = await scene.OpenAsync(Token);
        scene.Registry = request => !request.Path.EndsWith("/tags/list", StringComparison.Ordinal) ? null
            : isKnown ? ScriptedResponse.Json("""{"name":"api","tags":[]}""")
            : ScriptedResponse.Json("""{"errors":[{"code":"NAME_UNKNOWN"}]}""", 404);
        var plan = await publisher.PlanAsync(scene.Item("v1.0.0"), scene.Inventory, Usual, Token);
        var publication = await publisher.RunAsync(plan, Usual, scene, Token);

        Assert.Equal(ProPublicationOutcome.Published, publication.Outcome);
        Assert.Equal((newest, pushed, before), (scene.Tags["v1.10.0"], scene.Tags["v1.0.0"], scene.Tags["latest"]));
        Assert.Empty(publication.Aliases);
        Assert.Equal(["latest", "v1.0"], publication.HeldBack.Select(one => one.Alias));
        var host = scene.Item("v1.0.0").Reference.Registry;
        Assert.All(publication.HeldBack, one => Assert.Contains(
            why.Replace("{0}", host, StringComparison.Ordinal), one.Reason, StringComparison.Ordinal));

        // What is published already is judged over the same list, in the plan too.
        plan = await publisher.PlanAsync(scene.Item("v1.0.0"), scene.Inventory, Usual, Token);
        Assert.All(plan.Aliases, alias => Assert.True(!alias.Moves && alias.IsHeldBack));
    }

    [Fact]
    public async Task A_list_that_is_late_after_the_push_is_asked_for_again()
    {
        await using var scene = new PublishingScene();
        var pushed = scene.Build("v1.0.0");
        using var publisher = await scene.OpenAsync(Token);
        var plan = await publisher.PlanAsync(scene.Item("v1.0.0"), scene.Inventory, Usual, Token);
        var asked = 0;
        scene.Registry = request => request.Path.EndsWith("/tags/list", StringComparison.Ordinal) && ++asked == 1
            ? ScriptedResponse.Json("""{"errors":[{"code":"NAME_UNKNOWN"}]}""", 404) : null;
        Assert.Equal(["latest", "v1.0"], (await publisher.RunAsync(plan, Usual, scene, Token)).Aliases);
        Assert.Equal((2, pushed), (asked, scene.Tags["latest"]));
    }

    /// <summary>The engine may read what this machine may not, and a digest that was told and isn't given tells nothing.</summary>
    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404)]
    public async Task A_content_that_may_not_be_read_from_here_is_not_called_another_one(int status)
    {
        await using var scene = new PublishingScene();
        var there = scene.Publish("v1.0.0", "inputs");
        var pushed = scene.Build("v1.0.0");
        using var publisher = await scene.OpenAsync(Token);
        scene.Registry = request => request.Method == "GET" && request.Path.EndsWith(there, StringComparison.Ordinal)
            ? ScriptedResponse.Json("""{"errors":[{"code":"DENIED","message":"no"}]}""", status) : null;

        var (digest, notChecked) = await publisher.FindPublishedAsync(scene.Item("v1.0.0"), "inputs", Usual, Token);
        Assert.Null(digest);
        Assert.StartsWith("could not check for other content (", notChecked, StringComparison.Ordinal);

        var plan = await publisher.PlanAsync(scene.Item("v1.0.0"), scene.Inventory, Usual, Token);
        Assert.Contains(": could not check for other content (", plan.Describe().First(), StringComparison.Ordinal);
        var publication = await publisher.RunAsync(plan, Usual, scene, Token);
        Assert.Equal((ProPublicationOutcome.Published, pushed), (publication.Outcome, scene.Tags["v1.0.0"]));
        Assert.StartsWith("could not check for other content (", publication.Message, StringComparison.Ordinal);
        Assert.Equal(["latest", "v1.0"], publication.HeldBack.Select(one => one.Alias));
    }

    [Fact]
    public async Task A_registry_that_fails_at_the_comparison_is_the_error_and_no_other_content()
    {
        await using var scene = new PublishingScene();
        var there = scene.Publish("v1.0.0", "inputs");
        _ = scene.Build("v1.0.0");
        using var publisher = await scene.OpenAsync(Token);
        scene.Registry = request => request.Path.EndsWith(there, StringComparison.Ordinal)
            ? ScriptedResponse.Json("""{"errors":[{"code":"UNKNOWN","message":"the disk is on fire"}]}""", 500) : null;
        var failed = await Assert.ThrowsAsync<ProException>(() => publisher.PlanAsync(scene.Item("v1.0.0"), scene.Inventory, Usual, Token));
        Assert.Equal("PublishedNotCompared", failed.Id);
        Assert.Contains("the disk is on fire", failed.Message, StringComparison.Ordinal);
        failed = await Assert.ThrowsAsync<ProException>(() => publisher.FindPublishedAsync(scene.Item("v1.0.0"), "inputs", Usual, Token));
        Assert.Equal("PublishedNotCompared", failed.Id);

        var plan = await publisher.PlanAsync(scene.Item("v1.0.0"), scene.Inventory, Usual with { Force = true }, Token);
        Assert.Null(plan.Unchecked);
    }

    [Theory]
    [InlineData(400, "TAG_INVALID")]
    [InlineData(403, "DENIED")]
    [InlineData(409, "TAG_IMMUTABLE")]
    [InlineData(412, "PRECONDITION_FAILED")]
    public async Task An_alias_that_the_registry_does_not_let_move_is_held_back_and_the_others_move(int status, string code)
    {
        await using var scene = new PublishingScene();
        var pushed = scene.Build("v1.0.0");
        using var publisher = await scene.OpenAsync(Token);
        scene.Registry = request => request.Method == "PUT" && request.Path.EndsWith("/latest", StringComparison.Ordinal)
            ? ScriptedResponse.Json($$"""{"errors":[{"code":"{{code}}","message":"the tag is immutable"}]}""", status) : null;
        var plan = await publisher.PlanAsync(scene.Item("v1.0.0"), scene.Inventory, Usual, Token);
        var publication = await publisher.RunAsync(plan, Usual, scene, Token);

        Assert.Equal(ProPublicationOutcome.Published, publication.Outcome);
        Assert.Equal(["v1.0"], publication.Aliases);
        Assert.Equal(pushed, scene.Tags["v1.0"]);
        var heldBack = Assert.Single(publication.HeldBack);
        Assert.Equal("latest", heldBack.Alias);
        var warning = publication.WarningOf(heldBack);
        Assert.Contains("latest: stays: it could not be moved (", warning, StringComparison.Ordinal);
        Assert.Contains("immutable", warning, StringComparison.Ordinal);
        Assert.DoesNotContain("-Latest Always", warning, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_registry_does_not_know_right_after_the_push_is_asked_for_again()
    {
        await using var scene = new PublishingScene { TellsDigest = false };
        var pushed = scene.Build("v1.0.0");
        using var publisher = await scene.OpenAsync(Token);
        var plan = await publisher.PlanAsync(scene.Item("v1.0.0"), scene.Inventory, Usual with { Aliases = ProAlias.None }, Token);
        var (lookUps, reads) = (0, 0);
        scene.LookUp = _ => ++lookUps == 1 ? ScriptedResponse.Json("""{"message":"manifest unknown"}""", 404) : null;
        scene.Registry = request => request.Method == "GET" && request.Path.EndsWith(pushed, StringComparison.Ordinal) && ++reads == 1
            ? ScriptedResponse.Json("""{"errors":[{"code":"MANIFEST_UNKNOWN"}]}""", 404) : null;
        var publication = await publisher.RunAsync(plan, Usual with { Aliases = ProAlias.None }, scene, Token);
        Assert.Equal((pushed, 2, 2), (publication.Digest, lookUps, reads));
        Assert.Equal(["latest"], publication.Aliases);
    }

    [Fact]
    public async Task A_refused_look_up_after_the_push_leaves_the_digest_to_the_engine()
    {
        await using var scene = new PublishingScene { TellsDigest = false };
        var pushed = scene.Build("v1.0.0");
        using var publisher = await scene.OpenAsync(Token);
        var plan = await publisher.PlanAsync(scene.Item("v1.0.0"), scene.Inventory, Usual, Token);
        scene.LookUp = _ => ScriptedResponse.Json("""{"message":"denied: requested access to the resource is denied"}""", 403);
        var publication = await publisher.RunAsync(plan, Usual, scene, Token);
        Assert.Equal((ProPublicationOutcome.Published, pushed), (publication.Outcome, publication.Digest));
    }

    [Fact]
    public async Task Two_publications_of_one_repository_do_not_judge_over_each_others_heads()
    {
        await using var scene = new PublishingScene();
        _ = scene.Build("v1.0.0");
        _ = scene.Build("v1.1.0");
        using var publisher = await scene.OpenAsync(Token);
        var older = await publisher.PlanAsync(scene.Item("v1.0.0"), scene.Inventory, Usual, Token);
        var newer = await publisher.PlanAsync(scene.Item("v1.1.0"), scene.Inventory, Usual, Token);
        var judged = new TaskCompletionSource();
        var overtaken = new TaskCompletionSource();
        scene.BeforeTagging = async (tag, digest) =>
        {
            if (tag == "latest" && digest == scene.Tags.GetValueOrDefault("v1.0.0"))
            {
                // The older one has judged, and is slow to move: the newer one has all the time to come in between.
                judged.SetResult();
                _ = await Task.WhenAny(overtaken.Task, Task.Delay(TimeSpan.FromSeconds(1), Token));
            }
        };

        var first = publisher.RunAsync(older, Usual, scene, Token);
        await judged.Task.WaitAsync(TimeSpan.FromSeconds(30), Token);
        _ = await publisher.RunAsync(newer, Usual, scene, Token);
        overtaken.SetResult();
        _ = await first;

        Assert.Equal(scene.Tags["v1.1.0"], scene.Tags["latest"]);
    }
}
