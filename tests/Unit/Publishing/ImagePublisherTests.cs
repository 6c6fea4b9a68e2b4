using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Images;
using Pro.DockerVersioning.Versions;
using Xunit;

namespace Pro.DockerVersioning.Tests.Publishing;

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

        Assert.Equal(digest, await publisher.FindPublishedAsync(item, "inputs", Usual, Token));
        Assert.Null(await publisher.FindPublishedAsync(scene.Item("v1.1.0"), "inputs", Usual, Token));
        Assert.Null(await publisher.FindPublishedAsync(item, "inputs", Usual with { Force = true }, Token));

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
        Assert.All(publication.HeldBack, one => Assert.StartsWith("stays: the registry's tags can't be read from here", one.Reason, StringComparison.Ordinal));
        Assert.DoesNotContain("v1.0", scene.Tags.Keys);
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
