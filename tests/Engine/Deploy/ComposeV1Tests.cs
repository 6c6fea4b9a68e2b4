namespace Pro.DockerVersioning.Tests.Engine.Deploy;

/// <summary>The main ones again with docker-compose 1.x, where the plugin does them as a rule.</summary>
public sealed class ComposeV1Tests
{
    private const string BreaksOff = "docker-compose 1.x can't re-create a container on this engine.";

    [Fact]
    [Trait("Run", "all")]
    public Task A_first_start() => WithV1Async(static tests => tests.A_first_start_comes_from_the_repositorys_file_and_pins_the_version());

    [Fact]
    public Task A_swap_and_back() =>
        WithV1Async(static tests => tests.Where_only_the_image_differs_compose_finds_the_swapped_container_as_its_own());

    [Fact]
    public Task An_up()
    {
        Assert.SkipWhen(TestEngine.HasContainerdStore, BreaksOff);
        return WithV1Async(static tests => tests.Where_the_file_has_changed_compose_itself_updates_it());
    }

    [Fact]
    [Trait("Run", "all")]
    public Task An_up_on_an_engine_with_which_it_would_break_off_is_refused_before_anything_is_touched()
    {
        Assert.SkipUnless(TestEngine.HasContainerdStore, "docker-compose 1.x can re-create a container on this engine.");
        return WithV1Async(static tests => tests.An_up_that_would_break_off_is_refused());
    }

    [Fact]
    public async Task An_up_with_exit_code_0_that_starts_nothing()
    {
        Assert.SkipWhen(TestEngine.HasContainerdStore, BreaksOff);

        // What some export, and what compose does of itself: no version to ask in.
        using var variables = new EnvironmentScope();
        variables["COMPOSE_API_VERSION"] = "auto";
        await WithV1Async(static tests => tests.A_sick_version_in_a_changed_file_gives_way_to_exactly_what_was_there(cannotStart: true));
    }

    private static async Task WithV1Async(Func<ComposeDeployTests, Task> test)
    {
        using var tests = new ComposeV1DeployTests();
        await test(tests);
    }
}

/// <summary>All of it again with docker-compose 1.x.</summary>
[Trait("Run", "all")]
public sealed class ComposeV1DeployTests : ComposeDeployTests
{
    public ComposeV1DeployTests()
        : base(isNewest: false)
    {
    }
}
