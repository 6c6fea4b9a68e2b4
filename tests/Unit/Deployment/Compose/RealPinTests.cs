using Pro.DockerVersioning.Deployment.Compose;
using Pro.DockerVersioning.Deployment.Compose.Program;
using Pro.DockerVersioning.Deployment.Compose.Project;
using Pro.DockerVersioning.Engine.Api;
using Xunit;

namespace Pro.DockerVersioning.Tests.Deployment.Compose;

/// <summary>Where a version is kept, and whether the real compose then takes it by itself.</summary>
[Collection(nameof(RealCompose))]
[Trait("Engine", "real")]
public sealed class RealPinTests
{
    private const string File = "services:\n  api:\n    image: \"NAME:${API_VERSION:-v1}\"";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static TheoryData<string> Newest => [.. TestPlugins.Newest];

    [Theory]
    [MemberData(nameof(Newest))]
    public async Task A_variable_of_one_service_is_set_in_env_and_can_be_taken_back(string generation)
    {
        await using var rig = await ComposeRig.StartAsync(generation);
        rig.Compose(File).Files.Write(".env", "# versions\r\nAPI_VERSION=v1 # pinned\r\nOTHER=\"a b\"");

        var kept = await KeepAsync(rig);

        Assert.True(kept.Kept, kept.Warning);
        Assert.Null(kept.Warning);
        Assert.Equal("# versions\r\nAPI_VERSION=v2 # pinned\r\nOTHER=\"a b\"", rig.Files.Read(".env"));
        Assert.True(await kept.UndoAsync(Stop));
        Assert.Equal("# versions\r\nAPI_VERSION=v1 # pinned\r\nOTHER=\"a b\"", rig.Files.Read(".env"));
    }

    [Theory]
    [MemberData(nameof(Newest))]
    public async Task What_compose_was_seen_to_take_by_the_coming_env_is_not_asked_again(string generation)
    {
        await using var rig = await ComposeRig.StartAsync(generation);
        rig.Compose(File).Files.Write(".env", "API_VERSION=v1\nSECRET=s\n");
        await rig.TypeAsync("up", "-d");
        var old = await rig.InspectAsync(Assert.Single(await rig.ContainersAsync()).Id);
        var client = new ComposeClient(Heard(rig), rig.Files.Project, rig.Environment, rig.Endpoint);
        var image = rig.Pin("api", client);

        var judgement = await client.JudgeAsync(image, rig.Image("v1"), rig.Image("v2"), old.Config!.Labels, Stop);
        Assert.Equal("API_VERSION=v1\nSECRET=s\n", rig.Files.Read(".env"));
        var asked = rig.Files.Read("asked");
        var kept = await new PinWriter(client, image).PersistAsync(judgement.Pin, Stop, judgement.Foreseen);

        Assert.True(judgement.OnlyImage, judgement.Why);
        Assert.True(kept.Kept, kept.Warning);
        Assert.Equal("API_VERSION=v2\nSECRET=s\n", rig.Files.Read(".env"));

        // Two hashes; and from 2.x on what it renders, side by side: hooks and inline configs count whatever the hashes say.
        Assert.Equal(generation == "v1" ? 2 : 3, asked.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Equal(asked, rig.Files.Read("asked"));
        Assert.Equal(rig.Image("v2").ToString(), await rig.Client().ImageAsync(rig.Pin(), pin: null, Stop));
    }

    [Theory]
    [MemberData(nameof(Newest))]
    public async Task An_env_that_has_changed_meanwhile_is_asked_of_compose(string generation)
    {
        await using var rig = await ComposeRig.StartAsync(generation);
        rig.Compose("services:\n  api:\n    image: \"NAME${SUFFIX}:${API_VERSION:-v1}\"").Files.Write(".env", "API_VERSION=v1\n");
        await rig.TypeAsync("up", "-d");
        var old = await rig.InspectAsync(Assert.Single(await rig.ContainersAsync()).Id);
        var (client, image) = (rig.Client(), rig.Pin());
        var judgement = await client.JudgeAsync(image, rig.Image("v1"), rig.Image("v2"), old.Config!.Labels, Stop);
        rig.Files.Write(".env", "API_VERSION=v1\nSUFFIX=-other\n");

        var kept = await new PinWriter(client, image).PersistAsync(judgement.Pin, Stop, judgement.Foreseen);

        Assert.NotNull(judgement.Foreseen);
        Assert.False(kept.Kept);
        Assert.Contains("-other:v2", kept.Warning, StringComparison.Ordinal);
        Assert.Equal("API_VERSION=v1\nSUFFIX=-other\n", rig.Files.Read(".env"));
    }

    [Theory]
    [MemberData(nameof(Newest))]
    public async Task A_default_alone_gets_an_env_file_and_undo_removes_it_unless_it_was_edited(string generation)
    {
        await using var rig = await ComposeRig.StartAsync(generation);
        rig.Compose(File);

        var kept = await KeepAsync(rig);
        Assert.Equal("API_VERSION=v2\n", rig.Files.Read(".env"));
        Assert.True(await kept.UndoAsync(Stop));
        Assert.False(System.IO.File.Exists(rig.Files.DotEnv));

        kept = await KeepAsync(rig);
        await System.IO.File.AppendAllTextAsync(rig.Files.DotEnv, "MORE=1\n", Stop);
        Assert.False(await kept.UndoAsync(Stop));
        Assert.Equal("API_VERSION=v2\nMORE=1\n", rig.Files.Read(".env"));
    }

    [Theory]
    [InlineData("v1", "v1")]
    [InlineData("v2", "v1")]
    [InlineData("v1", "")]
    public async Task An_exported_variable_goes_before_env_also_an_empty_one(string generation, string exported)
    {
        await using var rig = await ComposeRig.StartAsync(generation);
        rig.Compose(File).Files.Write(".env", "API_VERSION=v1\n");
        rig.Files.Variables["API_VERSION"] = exported;

        var kept = await KeepAsync(rig);

        Assert.False(kept.Kept);
        Assert.Contains($"exported in this session (as '{exported}')", kept.Warning, StringComparison.Ordinal);
        Assert.Contains("$env:API_VERSION = 'v2'", kept.Warning, StringComparison.Ordinal);
        Assert.Equal("API_VERSION=v1\n", rig.Files.Read(".env"));
    }

    [Theory]
    [MemberData(nameof(Newest))]
    public async Task An_env_file_that_replaces_env_is_named_with_the_line(string generation)
    {
        await using var rig = await ComposeRig.StartAsync(generation);
        rig.Compose(File).Files.Write(".env", "API_VERSION=v0\n").Write("prod.env", "API_VERSION=v1\n");
        await rig.TypeAsync("--env-file", "prod.env", "up", "-d");
        var container = await rig.InspectAsync(Assert.Single(await rig.ContainersAsync()).Id);
        var client = rig.Client(RunningComposeProject.FromContainer(container.Name, container.Config!.Labels));
        var image = rig.Pin("api", client);

        var judgement = await client.JudgeAsync(image, rig.Image("v1"), rig.Image("v2"), container.Config!.Labels, Stop);
        var kept = await new PinWriter(client, image).PersistAsync((await client.RenderAsync(image, rig.Image("v2"), Stop)).Pin, Stop);

        Assert.True(judgement.OnlyImage, judgement.Why);
        Assert.False(kept.Kept);
        Assert.Contains($"Write into {Path.Combine(rig.Files.Folder, "prod.env")}: API_VERSION=v2", kept.Warning, StringComparison.Ordinal);
        Assert.Equal("API_VERSION=v1\n", rig.Files.Read("prod.env"));
    }

    [Fact]
    public async Task Files_of_variables_that_the_session_names_are_those_that_compose_takes_there()
    {
        await using var rig = await ComposeRig.StartAsync("v2");
        rig.Compose("services:\n  api:\n    image: \"NAME:${API_VERSION}\"").Files
            .Write("deploy/prod.env", "API_VERSION=v1\n").Write("prod.env", "API_VERSION=v2\n");
        rig.Files.Variables["COMPOSE_ENV_FILES"] = "prod.env";
        var there = rig.Environment with { WorkingDirectory = Path.Combine(rig.Files.Folder, "deploy") };
        var typed = await new ComposeProcess(rig.Program, there)
            .RunAsync(["-f", "../docker-compose.yml", "config", "--images"], heard: null, Stop);
        var client = new ComposeClient(rig.Program, rig.Files.Project, there, rig.Endpoint);

        Assert.Equal(rig.Image("v1").ToString(), typed.Output.Trim());
        Assert.Equal(typed.Output.Trim(), await client.ImageAsync(rig.Pin("api", client), pin: null, Stop));
        Assert.Equal("v1", client.For(client.Project).ReadVariables().Find("API_VERSION"));
    }

    [Theory]
    [MemberData(nameof(Newest))]
    public async Task A_shared_variable_stays_and_the_sharers_are_named(string generation)
    {
        await using var rig = await ComposeRig.StartAsync(generation);
        rig.Compose(File + "\n  web: { image: \"other:${API_VERSION:-v1}\" }").Files.Write(".env", "API_VERSION=v1\n");

        var kept = await KeepAsync(rig);

        Assert.False(kept.Kept);
        Assert.Contains("the service web", kept.Warning, StringComparison.Ordinal);
        Assert.Contains($"Write into {rig.Files.DotEnv}: API_VERSION=v2", kept.Warning, StringComparison.Ordinal);
        Assert.Equal("API_VERSION=v1\n", rig.Files.Read(".env"));
    }

    [Theory]
    [InlineData("API_VERSION=$BASE\nBASE=v1\n", "made of other variables")]
    [InlineData("API_VERSION=v1\nSHOWN=x-${API_VERSION}\n", "SHOWN in ")]
    public async Task Values_of_env_that_hang_together_are_left_to_the_operator(string env, string why)
    {
        await using var rig = await ComposeRig.StartAsync("v1");
        rig.Compose(File).Files.Write(".env", env);

        var kept = await KeepAsync(rig);

        Assert.False(kept.Kept);
        Assert.Contains(why, kept.Warning, StringComparison.Ordinal);
        Assert.Equal(env, rig.Files.Read(".env"));
    }

    [Theory]
    [MemberData(nameof(Newest))]
    public async Task A_literal_image_gets_a_lasting_file_that_the_next_operation_reads(string generation)
    {
        await using var rig = await ComposeRig.StartAsync(generation);
        rig.Compose("services:\n  api:\n    image: NAME:v1.0.0\n    hostname: h");
        await rig.TypeAsync("up", "-d");
        var old = await rig.InspectAsync(Assert.Single(await rig.ContainersAsync()).Id);
        var client = rig.Client();
        var image = rig.Pin();
        var (pin, _) = await client.RenderAsync(image, rig.Image("v2.0.0"), Stop);
        var judgement = await client.JudgeAsync(image, rig.Image("v1.0.0"), rig.Image("v2.0.0"), old.Config!.Labels, Stop);
        Assert.True(judgement.OnlyImage, judgement.Why);

        var kept = await new PinWriter(client, image).PersistAsync(pin, Stop);
        Assert.True(kept.Kept);
        Assert.Contains("plain", kept.Warning, StringComparison.Ordinal);
        Assert.Contains($"image: {rig.Image("v2.0.0")}", kept.Warning, StringComparison.Ordinal);
        var id = await rig.SwapAsync(
            old,
            "v2.0.0",
            ComposeLabels.ForNewContainer(old.Config!.Labels, judgement.NewHash!, await rig.ImageIdAsync("v2.0.0"), kept.Project.Files));

        // The next operation, from the new container's labels: back to v1, by compose's own up this time.
        var now = await rig.InspectAsync(id);
        var next = rig.Client(RunningComposeProject.FromContainer(now.Name, now.Config!.Labels));
        var nextImage = rig.Pin("api", next);
        Assert.Equal(rig.Image("v1.0.0").ToString(), nextImage.Written);
        await next.RunAsync(pin: null, ["up", "-d"], Stop);
        Assert.Equal(id, Assert.Single(await rig.ContainersAsync()).Id);
        var (back, _) = await next.RenderAsync(nextImage, rig.Image("v1.0.0"), Stop);
        await new PinWriter(next, nextImage).PersistAsync(back, Stop);
        var outcome = await new ComposeUp(next, nextImage, rig.Engine).RunAsync(back, heard: null, Stop);

        Assert.Equal(await rig.ImageIdAsync("v1.0.0"), Assert.Single(outcome).ImageId);
        Assert.Contains(
            rig.Image("v1.0.0").ToString(), rig.Files.Read($"docker-compose.{rig.ProjectName}.pro.yml"), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Newest))]
    public async Task Another_image_than_the_target_is_refused_with_what_makes_it(string generation)
    {
        await using var rig = await ComposeRig.StartAsync(generation);
        rig.Compose("services:\n  api:\n    image: \"${REGISTRY}/api:${API_VERSION:-v1}\"").Files.Write(".env", "API_VERSION=v1\n");
        rig.Files.Variables["REGISTRY"] = "elsewhere.example";
        var image = rig.Pin();
        var pin = new VariablePin("api", rig.Image("v2"), "API_VERSION", "v2");

        Assert.Equal("elsewhere.example/api:v2", await rig.Client().ImageAsync(image, pin, Stop));
        var broken = await Assert.ThrowsAsync<ProException>(() => rig.Client().RenderAsync(image, rig.Image("v2"), Stop));

        Assert.Equal("ComposeRendersOther", broken.Id);
        Assert.Contains("elsewhere.example/api:v1", broken.Message, StringComparison.Ordinal);
        Assert.Contains("REGISTRY = 'elsewhere.example' (exported in this session)", broken.Message, StringComparison.Ordinal);
    }

    /// <summary>The same program, with a line in the file "asked" for each run of it.</summary>
    private static ComposeProgram Heard(ComposeRig rig)
    {
        rig.Files.Write("heard.sh", "echo \"$*\" >> \"${0%/*}/asked\"\nexec \"$@\"\n");
        return rig.Program
            with { Path = "/bin/sh", Prefix = [Path.Combine(rig.Files.Folder, "heard.sh"), rig.Program.Path, .. rig.Program.Prefix] };
    }

    private static async Task<PinKept> KeepAsync(ComposeRig rig)
    {
        var client = rig.Client();
        var image = rig.Pin();
        return await new PinWriter(client, image).PersistAsync((await client.RenderAsync(image, rig.Image("v2"), Stop)).Pin, Stop);
    }
}
