using Docker.DotNet.Models;
using Pro.DockerVersioning.Deployment.Strategies;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Images;
using Pro.DockerVersioning.Versions;
using Xunit;

namespace Pro.DockerVersioning.Tests.Deployment.Container;

public sealed class ContainerTargetsTests : IDisposable
{
    private static readonly ImageReference Repository = ImageReference.Parse("registry.example.com/pro/api");

    private readonly string _folder = Directory.CreateTempSubdirectory("pro-targets-").FullName;

    public ContainerTargetsTests() => File.WriteAllText(Path.Combine(_folder, "docker-compose.yml"), "");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Containers_are_grouped_by_who_owns_them()
    {
        var targets = Find(
            One("api", "v1"),
            One("shop_api_1", "v1", labels: Compose("shop", "api")),
            One("shop_api_2", "v2", labels: Compose("shop", "api")),
            One("shop_api_run_1", "v2", labels: [.. Compose("shop", "api"), (ComposeLabels.OneOff, "True")]),
            One("stack_api.1.abc", "v1", labels: [(ContainerLabels.SwarmServiceId, "id"), (ContainerLabels.SwarmServiceName, "stack_api")]),
            One("web", "v1", repository: "registry.example.com/pro/web"));

        Assert.Equal(
            ["compose.shop.api", "container.api", "swarm.stack_api"],
            targets.Select(target => target.TargetId));
        Assert.Equal(["shop_api_1", "shop_api_2"], targets[0].Containers.Select(container => container.Name));
        Assert.Equal(["v2.0.0", "v1.0.0"], targets[0].CurrentVersions.Select(version => version.ToString()));
    }

    [Fact]
    public void Several_candidates_are_listed_with_what_narrows_them()
    {
        var targets = Find(One("api", "v1"), One("shop_api_1", "v1", labels: Compose("shop", "api", _folder)));

        var error = Assert.Throws<ProException>(() => ContainerTargets.Single(targets, "api", new TargetFilter()));

        Assert.Equal("SeveralTargets", error.Id);
        Assert.Contains("compose service shop/api, container api", error.Message, StringComparison.Ordinal);
        Assert.Contains("-Container api", error.RecommendedAction, StringComparison.Ordinal);
        Assert.Contains($"-ComposeFile '{_folder}/docker-compose.yml'", error.RecommendedAction, StringComparison.Ordinal);
        Assert.Equal("container.api", ContainerTargets.Single(targets, "api", new TargetFilter { Container = "api" })!.TargetId);
        Assert.Equal(
            "compose.shop.api",
            ContainerTargets.Single(targets, "api",
                new TargetFilter { ComposeFile = $"{_folder}/../{Path.GetFileName(_folder)}/docker-compose.yml" })!.TargetId);
    }

    // As Portainer starts them: the files are in its own container, or came by standard input.
    [Theory]
    [InlineData("/data/compose/7/docker-compose.yml", "shop_api_1")]
    [InlineData("-", "shop_api_1")]
    [InlineData("-", "shop_api_1.pro-prev")]
    public void What_a_stack_tool_has_started_is_named_by_its_container(string file, string container)
    {
        (string, string)[] labels = [(ComposeLabels.Project, "shop"), (ComposeLabels.Service, "api"), (ComposeLabels.Files, file)];
        var targets = Find(One("api", "v1"), One(container, "v1", labels: labels));

        var error = Assert.Throws<ProException>(() => ContainerTargets.Single(targets, "api", new TargetFilter()));

        Assert.Contains("-Container shop_api_1 or -Container api;", error.RecommendedAction, StringComparison.Ordinal);
        Assert.Equal("compose.shop.api", ContainerTargets.Single(targets, "api", new TargetFilter { Container = "shop_api_1" })!.TargetId);
    }

    [Fact]
    public void A_swarm_service_is_named_by_its_own_name_also_where_no_task_of_it_is_here()
    {
        var targets = Find(
            One("api", "v1"),
            One("stack_api.1.abc", "v1", labels: [
                (ContainerLabels.SwarmServiceId, "id"), (ContainerLabels.SwarmServiceName, "stack_api")]));
        var elsewhere = targets[1] with { Name = "other_api", TargetId = "swarm.other_api", Containers = [] };

        var error = Assert.Throws<ProException>(() => ContainerTargets.Single([.. targets, elsewhere], "api", new TargetFilter()));

        Assert.Contains(
            "-Container api or -Container stack_api or -Container other_api", error.RecommendedAction, StringComparison.Ordinal);
        Assert.Equal(
            "swarm.other_api",
            ContainerTargets.Single([.. targets, elsewhere], "api", new TargetFilter { Container = "other_api" })!.TargetId);
    }

    [Fact]
    public void A_container_that_another_registry_s_name_started_is_not_the_service_s()
    {
        var ours = One("api", "v1");
        var theirs = One("api-staging", "v1", repository: "staging.example.com/pro/api");
        theirs.ImageID = ours.ImageID;

        Assert.Equal("container.api", Assert.Single(Find(ours, theirs)).TargetId);
    }

    [Fact]
    public void A_stopped_container_is_no_candidate_beside_a_running_one()
    {
        var targets = Find(One("api", "v1"), One("api-old", "v1", state: "exited"));

        Assert.Equal("container.api", ContainerTargets.Single(targets, "api", new TargetFilter())!.TargetId);
    }

    [Fact]
    public void A_stopped_container_is_the_target_where_nothing_runs() =>
        Assert.Equal(
            "container.api", ContainerTargets.Single(Find(One("api", "v1", state: "exited")), "api", new TargetFilter())!.TargetId);

    [Theory]
    [InlineData("api.pro-next")]
    [InlineData("api.pro-prev")]
    [InlineData("api.pro-done")]
    public void What_a_swap_left_belongs_to_its_target_and_is_no_candidate(string leftover)
    {
        var target = Assert.Single(Find(One("api", "v1"), One(leftover, "v2", state: "exited")));

        Assert.Equal(["api"], target.Containers.Select(container => container.Name));
        Assert.Equal([leftover], target.Leftovers.Select(container => container.Name));
    }

    [Fact]
    public void A_target_of_which_only_leftovers_are_there_is_found_all_the_same()
    {
        var target = ContainerTargets.Single(Find(One("api.pro-prev", "v1", state: "exited")), "api", new TargetFilter());

        Assert.Equal(("container.api", 0, 1), (target!.TargetId, target.Containers.Count, target.Leftovers.Count));
    }

    [Fact]
    public void A_container_that_runs_something_else_is_refused_by_name()
    {
        var error = Assert.Throws<ProException>(() =>
            ContainerTargets.Single(Find(One("api", "v1")), "api", new TargetFilter { Container = "db" }));

        Assert.Equal("ContainerIsNotTheServices", error.Id);
        Assert.Contains("container api", error.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void A_service_that_runs_nowhere_has_no_target() =>
        Assert.Null(ContainerTargets.Single(Find(), "api", new TargetFilter()));

    [Theory]
    [InlineData("running", "6143f54a8f8b_shop-api-1", "created", "shop-api-1")]
    [InlineData("exited", "6143f54a8f8b_shop-api-1", "created", "shop-api-1")]
    [InlineData("created", "6143f54a8f8b_shop-api-1", "running", "6143f54a8f8b_shop-api-1")]
    public void What_an_interrupted_up_has_left_is_not_a_replica(string state, string left, string leftState, string counts)
    {
        (string, string)[] labels = [.. Compose("shop", "api"), (ComposeLabels.Number, "1")];
        (string, string)[] second = [.. Compose("shop", "api"), (ComposeLabels.Number, "2")];

        var target = Assert.Single(Find(
            One("shop-api-1", "v1", state, labels), One(left, "v2", leftState, labels), One("shop-api-2", "v1", "running", second)));

        Assert.Equal(new[] { counts, "shop-api-2" }.Order(StringComparer.Ordinal), target.Containers.Select(container => container.Name));
    }

    [Fact]
    public void What_runs_a_lifecycle_hook_is_not_a_replica()
    {
        (string, string)[] labels = [.. Compose("shop", "api"), (ComposeLabels.Hook, "pre_start")];

        var target = Assert.Single(
            Find(One("shop-api-1", "v1", labels: Compose("shop", "api")), One("shop-api-pre_start", "v1", labels: labels)));

        Assert.Equal("shop-api-1", Assert.Single(target.Containers).Name);
    }

    [Fact]
    public void Services_of_one_file_are_named_by_their_containers()
    {
        var targets = Find(
            One("shop-api-1", "v1", labels: Compose("shop", "api", _folder)),
            One("shop-worker-1", "v1", labels: Compose("shop", "worker", _folder)));

        var error = Assert.Throws<ProException>(() => ContainerTargets.Single(targets, "api", new TargetFilter()));

        Assert.Contains("-Container shop-api-1 or -Container shop-worker-1", error.RecommendedAction, StringComparison.Ordinal);
    }

    private static (string, string)[] Compose(string project, string service, string folder = "/srv/shop") =>
    [
        (ComposeLabels.Project, project),
        (ComposeLabels.Service, service),
        (ComposeLabels.Files, "docker-compose.yml"),
        (ComposeLabels.WorkingDirectory, folder),
        (ComposeLabels.OneOff, "False"),
    ];

    private static ContainerListResponse One(
        string name,
        string version,
        string state = "running",
        (string Name, string Value)[]? labels = null,
        string repository = "registry.example.com/pro/api")
    {
        var container = new ContainerListResponse
        {
            ID = name.PadRight(64, '0'),
            Names = ["/other/alias", "/" + name],
            Image = $"{repository}:{version}.0.0",
            ImageID = $"sha256:{repository}:{version}",
            State = state,
            Labels = new Dictionary<string, string>(),
        };
        foreach (var (label, value) in labels ?? [])
        {
            container.Labels[label] = value;
        }

        return container;
    }

    private static IReadOnlyList<ServiceTarget> Find(params ContainerListResponse[] containers) => ContainerTargets.Find(
        new ImageInventory(
            containers.Select(container => new ImagesListResponse { ID = container.ImageID, RepoTags = [container.Image] })
                .DistinctBy(image => image.ID),
            containers),
        "api",
        Repository);
}
