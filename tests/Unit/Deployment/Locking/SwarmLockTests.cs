using Pro.DockerVersioning.Configuration.Catalog;
using Pro.DockerVersioning.Deployment;
using Pro.DockerVersioning.Deployment.Locking;
using Pro.DockerVersioning.Deployment.Strategies;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.History;
using Pro.DockerVersioning.Machine;
using Pro.DockerVersioning.Tests.History;
using Pro.DockerVersioning.Tests.Deployment.Swarm;
using Pro.DockerVersioning.Versions;
using Xunit;

namespace Pro.DockerVersioning.Tests.Deployment.Locking;

/// <summary>A service of a swarm may be changed by any manager: its lock is the swarm's.</summary>
[Trait("Engine", "real")]
public sealed class SwarmLockTests
{
    private const string Target = "swarm.shop_api";
    private static readonly ImageReference Repository = ImageReference.Parse("pro-test.invalid/nobody/api");
    private static readonly LockTimes Often = new(TimeSpan.FromMilliseconds(50), LockTimes.Default.Stale);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_one_manager_holds_another_sees_renewed_refuses_waits_for_and_takes_over()
    {
        await using var managers = await TwoManagers.StartAsync(Token);
        var reports = new Kept();
        var request = new LockRequest(Target, "roll back api to v1.0.0")
        {
            Service = "api",
            Repository = Repository.Name,
            Note = "the note",
        };
        var held = await TargetLock.AcquireAsync(managers.First, request with { Times = Often }, reports, Token);

        var refusal = await Assert.ThrowsAsync<ProException>(() => TargetLock.AcquireAsync(managers.Second, request, reports, Token));
        Assert.Equal("TargetLocked", refusal.Id);
        Assert.Equal(held.Info.Nonce, (await TargetLock.FindAsync(managers.Second, Target, Token))?.Nonce);
        while ((await TargetLock.ListAsync(managers.Second, Token)).Single().Renewal < 2)
        {
            await Task.Delay(20, Token);
        }

        // A repair by the other manager leaves alone what is under way, also a canary that somebody looks at.
        await RepairRefusesAsync(managers.Second, reports);
        await TargetLock.SweepAsync(managers.Second, Token);
        Assert.True(await held.IsHeldAsync(Token));

        var waiting = TargetLock.AcquireAsync(managers.Second, request with { Wait = TimeSpan.FromMinutes(1) }, reports, Token);
        await held.DisposeAsync();
        await using (await waiting)
        {
            Assert.Equal("TargetLocked", (await Assert.ThrowsAsync<ProException>(
                () => TargetLock.AcquireAsync(managers.First, request, reports, Token))).Id);
        }

        Assert.Empty(await TargetLock.ListAsync(managers.First, Token));
        Assert.Empty(await managers.Second.CallAsync(client => client.Configs.ListConfigsAsync(Token)));
        Assert.Empty(reports.Warnings);

        // A process that is gone has left one behind.
        var left = LockInfo.Ours(request, DateTimeOffset.UtcNow) with { Process = ProcessIdentity.Current with { Id = int.MaxValue } };
        _ = await LockStore.For(managers.First, Target).CreateAsync(left, Token);
        await using var taken = await TargetLock.AcquireAsync(managers.Second, request, reports, Token);
        Assert.Equal("the note", taken.Info.Interrupted);
        Assert.True(await taken.IsHeldAsync(Token));
    }

    [Fact]
    public async Task Of_twenty_who_race_at_two_managers_one_wins()
    {
        await using var managers = await TwoManagers.StartAsync(Token);
        var request = new LockRequest(Target, "deploy api to v1.0.0");

        var racers = await Task.WhenAll(Enumerable.Range(0, 20).Select(index => Task.Run(
            () => TargetLock.TryAcquireAsync(index % 2 == 0 ? managers.First : managers.Second, request, new Kept(), Token), Token)));

        await using var winner = Assert.Single(racers, racer => racer is not null);
        Assert.True(await winner!.IsHeldAsync(Token));
    }

    private static async Task RepairRefusesAsync(EngineConnection manager, Kept reports)
    {
        var folder = Directory.CreateTempSubdirectory("pro-swarm-lock-").FullName;
        try
        {
            var request = new DeploymentRequest
            {
                Kind = ProHistoryKind.Repair,
                Service = new ServiceDefinition
                {
                    Name = "api", Image = "api", Context = ".", Dockerfile = "Dockerfile", Origin = ServiceOrigin.Folder,
                    Source = "apps/api",
                },
                Repository = Repository,
                Child = new ChildEnvironment(folder, new Dictionary<string, string?>()),
            };
            var target = new ServiceTarget
            {
                Kind = ServiceTargetKind.Swarm,
                Name = "shop_api",
                TargetId = Target,
                Containers = [],
                Leftovers = [],
                Labels = new Dictionary<string, string>(),
            };
            var repair = new TargetRepair(manager, HistoryLog.At(folder), reports);
            Assert.Equal("TargetLocked", (await Assert.ThrowsAsync<ProException>(
                () => repair.ThrowIfOperationUnderWayAsync(request, target, Token))).Id);
            Assert.Equal(
                "TargetLocked", (await Assert.ThrowsAsync<ProException>(() => repair.ThrowIfOperationUnderWayAsync(request, Token))).Id);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
