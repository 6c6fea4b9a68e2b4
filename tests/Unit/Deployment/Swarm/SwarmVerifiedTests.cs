using Docker.DotNet.Models;
using Pro.DockerVersioning.Cleaning;
using Pro.DockerVersioning.Configuration.Catalog;
using Pro.DockerVersioning.Deployment;
using Pro.DockerVersioning.Deployment.Strategies;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.History;
using Pro.DockerVersioning.Tests.History;
using Pro.DockerVersioning.Versions;
using Xunit;

namespace Pro.DockerVersioning.Tests.Deployment.Swarm;

/// <summary>What was verified of a swarm's service, any of its managers knows.</summary>
[Trait("Engine", "real")]
public sealed class SwarmVerifiedTests : IDisposable
{
    private const string Service = "shop_api";
    private static readonly ImageReference Repository = ImageReference.Parse("pro-test.invalid/nobody/api");

    private readonly string _folder = Directory.CreateTempSubdirectory("pro-verified-").FullName;
    private readonly Kept _reports = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task What_is_deployed_by_one_manager_another_one_goes_back_from_and_keeps()
    {
        await using var managers = await TwoManagers.StartAsync(Token);
        EngineConnection[] both = [managers.First, managers.Second];

        // What ran before the first deployment was well: the first manager's engine would say so by a tag that the second one doesn't have.
        await DeployAsync(managers.First, "v1.0.0", "v1.1.0");
        Assert.Equal(["v1.0.0", "v1.0.0"], await Task.WhenAll(both.Select(PreviousAsync)));
        await DeployAsync(managers.Second, "v1.1.0", "v1.2.0");
        Assert.Equal(["v1.1.0", "v1.1.0"], await Task.WhenAll(both.Select(PreviousAsync)));

        // A rollback leaves a version, whoever asks.
        await DeployAsync(managers.First, "v1.2.0", "v1.1.0", ProHistoryKind.Rollback);
        Assert.Equal(["v1.0.0", "v1.0.0"], await Task.WhenAll(both.Select(PreviousAsync)));

        foreach (var number in Enumerable.Range(3, 5))
        {
            await DeployAsync(both[number % 2], $"v1.{number - 1}.0", $"v1.{number}.0");
        }

        foreach (var manager in both)
        {
            Assert.Equal("v1.6.0", await PreviousAsync(manager));
            var past = Assert.Single(TargetPast.With([], (await VolumesAsync(manager)).Verified, Repository));
            Assert.Equal(["v1.7.0", "v1.6.0", "v1.5.0", "v1.4.0", "v1.3.0"], past.Verified.Select(step => step.Version.ToString()));
            Assert.Equal(5, (await manager.CallAsync(client => client.Configs.ListConfigsAsync(Token))).Count);
            Assert.Empty(await new VolumeLabels(manager).ListAsync([VerifiedVersions.NamePrefix], Token));
        }

        Assert.Empty(_reports.Warnings);

        // Without its majority the swarm says nothing: that is said, and not that there was nothing. Containers are not its business.
        await managers.KillFirstAsync(Token);
        var refused = await Assert.ThrowsAsync<ProException>(() => VerifiedVersions.OfAsync(managers.Second, "swarm." + Service, Token));
        Assert.Equal("EngineRefused", refused.Id);
        Assert.Equal("EngineRefused", (await Assert.ThrowsAsync<ProException>(() => VolumesAsync(managers.Second))).Id);
        Assert.Empty(await VerifiedVersions.OfAsync(managers.Second, "container.api", Token));
        Assert.Empty(await VerifiedVersions.DeployedAliasesAsync(managers.Second, Token));
        await KeepAsync(managers.Second, "v1.7.0", "v1.8.0", ProHistoryKind.Deploy);
        Assert.Contains("could not be remembered", Assert.Single(_reports.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_an_older_module_has_left_to_one_manager_comes_into_the_swarm_with_the_next_deployment_there()
    {
        const string Target = "swarm.a-service-with-a-name-that-is-much-longer-than-a-config-may-have";
        await using var managers = await TwoManagers.StartAsync(Token);
        await PlantAsync(managers.First, Target, 1, "v1.0.0");
        await PlantAsync(managers.First, Target, 2, "v1.1.0");
        Assert.Equal(["v1.1.0", "v1.0.0"], await OfAsync(managers.First, Target));
        Assert.Empty(await OfAsync(managers.Second, Target));

        // The second one knows nothing of those, and what it writes is newer all the same.
        _ = await VerifiedVersions.AddAsync(managers.Second, Step(Target, "v1.2.0"), Token);
        Assert.Equal(["v1.2.0", "v1.1.0", "v1.0.0"], await OfAsync(managers.First, Target));

        _ = await VerifiedVersions.AddAsync(managers.First, Step(Target, "v1.3.0"), Token);
        Assert.Equal(["v1.3.0", "v1.2.0", "v1.1.0", "v1.0.0"], await OfAsync(managers.First, Target));
        Assert.Equal(["v1.3.0", "v1.2.0", "v1.1.0", "v1.0.0"], await OfAsync(managers.Second, Target));
        Assert.Empty(await new VolumeLabels(managers.First).ListAsync([VerifiedVersions.NamePrefix], Token));

        // A container's stay with its engine.
        _ = await VerifiedVersions.AddAsync(managers.First, Step("container.api", "v1.0.0"), Token);
        Assert.Equal(["v1.0.0"], await OfAsync(managers.First, "container.api"));
        Assert.Empty(await OfAsync(managers.Second, "container.api"));
    }

    private static Task<ServiceVolumes> VolumesAsync(EngineConnection manager) =>
        ServiceVolumes.LoadAsync(manager, Task.FromResult(true), Token);

    private static async Task<IEnumerable<string>> OfAsync(EngineConnection manager, string target) =>
        (await VerifiedVersions.OfAsync(manager, target, Token)).Select(step => step.Version.ToString());

    private static VerifiedDeployment Step(string target, string version) =>
        new(ProHistoryKind.Deploy, ProVersion.Parse(version), null, null, DateTimeOffset.UtcNow)
        {
            Target = target,
            Repository = Repository.Name,
        };

    private static async Task PlantAsync(EngineConnection engine, string target, int number, string version)
    {
        const string Label = "pro.dockerversioning.verified";
        _ = await new VolumeLabels(engine).CreateAsync(
            $"{VerifiedVersions.NamePrefix}old.{number}",
            new Dictionary<string, string>
            {
                [Label] = target,
                [Label + ".repository"] = Repository.Name,
                [Label + ".number"] = $"{number}",
                [Label + ".kind"] = "Deploy",
                [Label + ".version"] = version,
                [Label + ".time"] = "2026-01-01T00:00:00Z",
            },
            Token);
    }

    private async Task DeployAsync(EngineConnection manager, string from, string to, ProHistoryKind kind = ProHistoryKind.Deploy)
    {
        var services = await manager.CallAsync(client => client.Swarm.ListServicesAsync(cancellationToken: Token));
        foreach (var service in services)
        {
            await manager.CallAsync(client => client.Swarm.RemoveServiceAsync(service.ID, Token));
        }

        var parameters = new ServiceCreateParameters
        {
            Service = new ServiceSpec
            {
                Name = Service,
                TaskTemplate = new TaskSpec { ContainerSpec = new ContainerSpec { Image = Repository.WithTag(to).ToString() } },
                Mode = new ServiceMode { Replicated = new ReplicatedService { Replicas = 0 } },
            },
        };
        _ = await manager.CallAsync(client => client.Swarm.CreateServiceAsync(parameters, Token));
        await KeepAsync(manager, from, to, kind);
    }

    private Task KeepAsync(EngineConnection manager, string from, string to, ProHistoryKind kind) => StoreOf(manager).KeepAsync(
        Request(),
        new ServiceTarget
        {
            Kind = ServiceTargetKind.Swarm,
            Name = Service,
            TargetId = "swarm." + Service,
            Containers = [],
            Leftovers = [],
            Labels = new Dictionary<string, string>(),
        },
        new OperationNote
        {
            Kind = kind,
            From = ProVersion.Parse(from),
            Version = ProVersion.Parse(to),
            Reference = Repository.WithTag(to).ToString(),
            WasWell = true,
            Strategy = "Swarm",
        });

    private async Task<string?> PreviousAsync(EngineConnection manager)
    {
        var world = await EngineSnapshot.LoadAsync(manager, "api", Repository, Token);
        return (await StoreOf(manager).FindAsync(Request(), world, Assert.Single(world.Targets), Token))?.Version.ToString();
    }

    private PreviousVersionStore StoreOf(EngineConnection manager) => new(manager, HistoryLog.At(_folder), _reports);

    private static DeploymentRequest Request() => new()
    {
        Kind = ProHistoryKind.Deploy,
        Service = new ServiceDefinition
        {
            Name = "api", Image = "api", Context = ".", Dockerfile = "Dockerfile", Origin = ServiceOrigin.Folder, Source = "apps/api",
        },
        Repository = Repository,
        Child = new ChildEnvironment(Path.GetTempPath(), new Dictionary<string, string?>()),
    };
}
