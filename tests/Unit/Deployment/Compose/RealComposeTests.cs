using System.Diagnostics;
using Pro.DockerVersioning.Deployment.Compose;
using Pro.DockerVersioning.Deployment.Compose.Project;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Tests.Images.Building;
using Xunit;

namespace Pro.DockerVersioning.Tests.Deployment.Compose;

/// <summary>Compose itself, both generations, on the real engine.</summary>
[Collection(nameof(RealCompose))]
[Trait("Engine", "real")]
public sealed class RealComposeTests
{
    private const string File = "services:\n  api:\n    image: \"NAME:${API_VERSION:-v1}\"\n    environment: { A: \"${A:-1}\" }";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>Where what compose itself does is most of it.</summary>
    public static TheoryData<string> Both => [.. TestPlugins.Both];

    public static TheoryData<string> Newest => [.. TestPlugins.Newest];

    [Theory]
    [MemberData(nameof(Newest))]
    public async Task A_swapped_container_goes_on_being_composes_own(string generation)
    {
        await using var rig = await ComposeRig.StartAsync(generation);
        rig.Compose(File);
        await rig.TypeAsync("up", "-d");
        var old = await rig.InspectAsync(Assert.Single(await rig.ContainersAsync()).Id);
        var project = RunningComposeProject.FromContainer(old.Name, old.Config!.Labels);
        var client = rig.Client(project);
        var image = rig.Pin("api", client);

        var (pin, _) = await client.RenderAsync(image, rig.Image("v2"), Stop);
        var judgement = await client.JudgeAsync(image, rig.Image("v1"), rig.Image("v2"), old.Config!.Labels, Stop);
        Assert.True(judgement.OnlyImage, judgement.Why);
        var labels = ComposeLabels.ForNewContainer(old.Config!.Labels, judgement.NewHash!, await rig.ImageIdAsync("v2"));
        var id = await rig.SwapAsync(old, "v2", labels);
        var kept = await new PinWriter(client, image).PersistAsync(pin, Stop);

        Assert.True(kept.Kept, kept.Warning);
        Assert.Equal("API_VERSION=v2\n", rig.Files.Read(".env"));
        await rig.TypeAsync("up", "-d");
        await AssertOnlyAsync(rig, id, "running");
        Assert.Contains(id[..12], (await rig.TypeAsync("ps", "-q")).Output, StringComparison.Ordinal);
        Assert.Contains("hello", (await rig.TypeAsync("logs", "api")).Output, StringComparison.Ordinal);
        await rig.TypeAsync("restart", "api");
        await AssertOnlyAsync(rig, id, "running");
        await rig.TypeAsync("stop");
        await AssertOnlyAsync(rig, id, "exited");
        await rig.TypeAsync("down");
        Assert.Empty(await rig.ContainersAsync());
    }

    [Theory]
    [MemberData(nameof(Newest))]
    public async Task Without_the_pin_a_plain_up_would_go_back(string generation)
    {
        await using var rig = await ComposeRig.StartAsync(generation);
        rig.Compose(File);
        await rig.TypeAsync("up", "-d");
        var old = await rig.InspectAsync(Assert.Single(await rig.ContainersAsync()).Id);
        var image = rig.Pin();
        var judgement = await rig.Client().JudgeAsync(image, rig.Image("v1"), rig.Image("v2"), old.Config!.Labels, Stop);
        var id = await rig.SwapAsync(
            old, "v2", ComposeLabels.ForNewContainer(old.Config!.Labels, judgement.NewHash!, await rig.ImageIdAsync("v2")));

        await rig.TypeAsync("up", "-d");

        Assert.NotEqual(id, Assert.Single(await rig.ContainersAsync()).Id);
    }

    [Theory]
    [MemberData(nameof(Newest))]
    public async Task A_changed_file_is_composes_own_business(string generation)
    {
        await using var rig = await ComposeRig.StartAsync(generation);
        rig.Compose(File);
        await rig.TypeAsync("up", "-d");
        var old = await rig.InspectAsync(Assert.Single(await rig.ContainersAsync()).Id);
        rig.Compose(File + "\n    hostname: changed");

        var judgement = await rig.Client().JudgeAsync(rig.Pin(), rig.Image("v1"), rig.Image("v2"), old.Config!.Labels, Stop);

        Assert.False(judgement.OnlyImage);
        Assert.Contains("have changed", judgement.Why, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Newest))]
    public async Task A_version_that_goes_into_the_environment_too_is_composes_own_business(string generation)
    {
        await using var rig = await ComposeRig.StartAsync(generation);
        rig.Compose("services:\n  api:\n    image: \"NAME:${API_VERSION:-v1}\"\n    environment: { SHOWN: \"${API_VERSION:-v1}\" }");
        await rig.TypeAsync("up", "-d");
        var old = await rig.InspectAsync(Assert.Single(await rig.ContainersAsync()).Id);

        var judgement = await rig.Client().JudgeAsync(rig.Pin(), rig.Image("v1"), rig.Image("v2"), old.Config!.Labels, Stop);

        Assert.False(judgement.OnlyImage);
        Assert.Contains("more of it than the image", judgement.Why, StringComparison.Ordinal);
    }

    /// <summary>The container is as the file says, hash and all: only what the file says keeps it from being swapped.</summary>
    [Theory]
    [InlineData("2.30", "pre_stop: [{ command: [\"true\"] }]", "lifecycle hook pre_stop")]
    [InlineData("2.30", "post_start: [{ command: [\"true\"] }]", "lifecycle hook post_start")]
    [InlineData("2.36", "provider: { type: model, options: { model: ai/smollm2 } }", "a provider makes it")]
    [InlineData("2.38", "models: [ llm ]\nmodels: { llm: { model: ai/smollm2 } }", "it uses models")]
    public async Task What_compose_does_besides_is_composes_own_business(string since, string more, string why)
    {
        await using var rig = await ComposeRig.StartAsync(TestPlugins.Both[^1]);
        Assert.SkipUnless(rig.Program.Version >= Version.Parse(since), $"Compose knows it from {since} on.");
        rig.Compose(File + "\n    " + more);
        var client = rig.Client();
        var image = rig.Pin();
        var labels = new Dictionary<string, string>
        {
            [ComposeLabels.Hash] = await client.HashAsync(image, image.For(rig.Image("v1")), Stop),
        };

        var judgement = await client.JudgeAsync(image, rig.Image("v1"), rig.Image("v2"), labels, Stop);

        Assert.False(judgement.OnlyImage);
        Assert.Contains(why, judgement.Why, StringComparison.Ordinal);
    }

    /// <summary>Compose 2.22 to 5.4 leaves the file out of the hash that it tells, and not out of the label.</summary>
    [Fact]
    public async Task With_an_env_file_the_hash_of_what_compose_renders_is_the_label()
    {
        await using var rig = await ComposeRig.StartAsync(TestPlugins.Both[^1]);
        rig.Compose(File + "\n    env_file: [ app.env ]");
        rig.Files.Write("app.env", "B=1\nC=$x 'y'\n");
        await rig.TypeAsync("up", "-d");
        var labels = (await rig.InspectAsync(Assert.Single(await rig.ContainersAsync()).Id)).Config!.Labels;
        var (client, image) = (rig.Client(), rig.Pin());
        if (rig.Program.Version >= new Version(2, 22) && rig.Program.Version < new Version(5, 5))
        {
            Assert.NotEqual(labels[ComposeLabels.Hash], await client.HashAsync(image, image.For(rig.Image("v1")), Stop));
        }

        var judgement = await client.JudgeAsync(image, rig.Image("v1"), rig.Image("v2"), labels, Stop);
        Assert.True(judgement.OnlyImage, judgement.Why);

        // So it is the label that compose itself writes.
        await rig.TypeAsync("rm", "--stop", "--force");
        rig.Files.Write(".env", "API_VERSION=v2\n");
        await rig.TypeAsync("up", "-d");
        labels = (await rig.InspectAsync(Assert.Single(await rig.ContainersAsync()).Id)).Config!.Labels;
        Assert.Equal(labels[ComposeLabels.Hash], judgement.NewHash);

        rig.Files.Write("app.env", "B=2\nC=$x 'y'\n");
        Assert.False((await client.JudgeAsync(image, rig.Image("v2"), rig.Image("v1"), labels, Stop)).OnlyImage);
    }

    [Theory]
    [MemberData(nameof(Newest))]
    public async Task Up_starts_the_first_one_keeps_replicas_and_goes_back(string generation)
    {
        await using var rig = await ComposeRig.StartAsync(generation);
        rig.Compose(File + "\n    depends_on: [ db ]\n  db: { image: \"NAME:v1\" }");
        var client = rig.Client();
        var image = rig.Pin();
        var up = new ComposeUp(client, image, rig.Engine);

        var first = await up.RunAsync(image.For(rig.Image("v1")), heard: null, Stop);
        _ = Assert.Single(first);
        Assert.Empty(await rig.ContainersAsync("db"));
        await rig.TypeAsync("up", "-d", "--no-deps", "--scale", "api=2", "api");

        var second = await up.RunAsync(image.For(rig.Image("v2")), heard: null, Stop);
        Assert.Equal([1, 2], second.Select(container => container.Number));
        var expected = await rig.ImageIdAsync("v2");
        Assert.All(second, container => Assert.Equal(expected, container.ImageId));

        var back = await up.RunAsync(image.For(rig.Image("v1")), heard: null, Stop);
        expected = await rig.ImageIdAsync("v1");
        Assert.Equal(2, back.Count);
        foreach (var container in back)
        {
            Assert.Equal(("running", expected), (await StateAsync(rig, container), container.ImageId));
        }
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task An_image_that_dies_at_once_shows_in_the_result_whatever_the_exit_code(string generation)
    {
        await using var rig = await ComposeRig.StartAsync(generation);
        rig.Compose(File);
        await rig.TypeAsync("up", "-d");
        var image = rig.Pin();

        var outcome = await new ComposeUp(rig.Client(), image, rig.Engine).RunAsync(image.For(rig.Image("dies")), heard: null, Stop);

        var container = Assert.Single(outcome);
        await rig.Engine.Client.Containers.WaitContainerAsync(container.Id, Stop);
        Assert.Equal(1, (await rig.InspectAsync(container.Id)).State!.ExitCode);
    }

    [Theory]
    [MemberData(nameof(Newest))]
    public async Task After_an_image_that_cannot_start_the_old_pin_brings_the_old_one_back(string generation)
    {
        await using var rig = await ComposeRig.StartAsync(generation);
        rig.Compose(File);
        await rig.TypeAsync("up", "-d");
        var image = rig.Pin();
        var up = new ComposeUp(rig.Client(), image, rig.Engine);

        var exception = await Assert.ThrowsAsync<ProException>(() => up.RunAsync(image.For(rig.Image("broken")), heard: null, Stop));
        Assert.Equal("ComposeUpFailed", exception.Id);
        Assert.Contains("no such file", exception.Message, StringComparison.Ordinal);
        var back = await up.RunAsync(image.For(rig.Image("v1")), heard: null, Stop);

        var container = Assert.Single(back);
        Assert.Equal(("running", await rig.ImageIdAsync("v1")), (await StateAsync(rig, container), container.ImageId));
    }

    [Theory]
    [MemberData(nameof(Newest))]
    public async Task Ctrl_C_in_an_up_leaves_no_child_of_compose(string generation)
    {
        await using var rig = await ComposeRig.StartAsync(generation);

        // SIGTERM is ignored by process 1: the stop takes its ten seconds, and compose is in the middle of it.
        rig.Compose(File + "\n    stop_signal: SIGTERM\n    stop_grace_period: 20s");
        await rig.TypeAsync("up", "-d");
        var image = rig.Pin();
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var running = new ComposeUp(rig.Client(), image, rig.Engine).RunAsync(image.For(rig.Image("v2")), heard: null, cancel.Token);
        while (Processes.WithArgument("--scale api=1").Count == 0)
        {
            await Task.Delay(20, Stop);
        }

        await Task.Delay(TimeSpan.FromSeconds(2), Stop);
        var watch = Stopwatch.StartNew();
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.Empty(Processes.WithArgument(rig.Files.Folder));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(12), $"It took {watch.Elapsed}.");
    }

    [Theory]
    [MemberData(nameof(Newest))]
    public async Task A_service_with_a_profile_renders_hashes_and_starts(string generation)
    {
        await using var rig = await ComposeRig.StartAsync(generation);
        rig.Compose(File + "\n    profiles: [ extra ]");
        var client = rig.Client();
        var image = rig.Pin();

        var (pin, _) = await client.RenderAsync(image, rig.Image("v2"), Stop);
        var outcome = await new ComposeUp(client, image, rig.Engine).RunAsync(pin, heard: null, Stop);

        var labels = (await rig.InspectAsync(Assert.Single(outcome).Id)).Config!.Labels;
        Assert.Equal(labels[ComposeLabels.Hash], await client.HashAsync(image, pin, Stop));
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task Compose_names_a_project_as_we_do(string generation)
    {
        await using var rig = await ComposeRig.StartAsync(generation);
        rig.Compose(File);
        await rig.TypeAsync("up", "-d");

        var project = RunningComposeProject.FromFiles(["docker-compose.yml"], rig.Files.Folder);
        Assert.Equal(rig.ProjectName, await rig.Client(project).NameAsync(Stop));
    }

    private static async Task AssertOnlyAsync(ComposeRig rig, string id, string state)
    {
        var container = Assert.Single(await rig.ContainersAsync());
        Assert.Equal((id, state), (container.Id, await StateAsync(rig, container)));
    }

    private static async Task<string> StateAsync(ComposeRig rig, ComposeContainer container) =>
        (await rig.InspectAsync(container.Id)).State!.Status;
}
