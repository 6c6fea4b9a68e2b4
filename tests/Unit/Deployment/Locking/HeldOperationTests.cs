using Pro.DockerVersioning.Configuration.Catalog;
using Pro.DockerVersioning.Deployment;
using Pro.DockerVersioning.Deployment.Locking;
using Pro.DockerVersioning.Deployment.Strategies;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.History;
using Pro.DockerVersioning.Versions;
using Xunit;

namespace Pro.DockerVersioning.Tests.Deployment.Locking;

/// <summary>What the lock is worth to a deployment that takes its time.</summary>
[Trait("Engine", "real")]
public sealed class HeldOperationTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_that_takes_longer_than_renewals_may_keeps_its_lock_and_a_second_is_refused_meanwhile()
    {
        await using var engine = await RealEngine.StartAsync();
        var times = new LockTimes(TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(200));
        var slow = new WaitingStrategy();
        var first = RunAsync(engine, slow, times);
        var held = await BeganAsync(first, slow);
        while ((await TargetLock.FindAsync(engine.Connection, engine.Target, Token))!.Renewal < 5)
        {
            var refusal = await Assert.ThrowsAsync<ProException>(() => RunAsync(engine, new WaitingStrategy(), times));
            Assert.Equal("TargetLocked", refusal.Id);
        }

        await held.ThrowIfLockLostAsync(Token);
        slow.Ends.SetResult();

        Assert.Equal(ProDeploymentOutcome.Succeeded, (await first).Result.Outcome);
        Assert.Empty(await engine.VolumesAsync());
    }

    [Fact]
    public async Task One_whose_lock_was_broken_learns_it_once_the_other_has_given_it_back()
    {
        await using var engine = await RealEngine.StartAsync();
        var robbed = new WaitingStrategy();
        var first = RunAsync(engine, robbed, LockTimes.Default);
        var held = await BeganAsync(first, robbed);
        var other = await engine.AcquireAsync(engine.Request() with { Breaks = true });
        var asked = held.ThrowIfLockLostAsync(Token);
        Assert.True(await other.IsHeldAsync(Token));
        Assert.False(asked.IsCompleted, "The other one still repairs.");
        await other.DisposeAsync();

        Assert.Equal("LockLost", (await Assert.ThrowsAsync<ProException>(() => asked)).Id);
        robbed.Ends.SetResult();
        _ = await first;
        Assert.Empty(await engine.VolumesAsync());
    }

    private static async Task<(ProDeployment Result, ProException? Failure)> RunAsync(
        RealEngine engine, WaitingStrategy strategy, LockTimes times)
    {
        var folder = Directory.CreateTempSubdirectory("pro-held-").FullName;
        try
        {
            var history = HistoryLog.At(folder);
            var runner = new DeploymentRunner(
                engine.Connection,
                history,
                new PreviousVersionStore(engine.Connection, history, engine.Reports),
                new ImageSupply(engine.Connection, static _ => null, engine.Reports),
                engine.Reports);
            return await runner.RunAsync(await PlanAsync(engine, strategy, times), Token);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Comes back when it has the lock; throws where it ends before.</summary>
    private static async Task<LockedOperation> BeganAsync(Task operation, WaitingStrategy strategy)
    {
        if (await Task.WhenAny(operation, strategy.Began.Task).WaitAsync(Token) == operation)
        {
            await operation;
        }

        return await strategy.Began.Task.WaitAsync(Token);
    }

    private static async Task<DeploymentPlan> PlanAsync(RealEngine engine, WaitingStrategy strategy, LockTimes times)
    {
        // It must be on the engine: that is looked at again under the lock.
        var image = ImageReference.Parse("pro-sample/base:1");
        var id = (await engine.Connection.CallAsync(client => client.Images.InspectImageAsync(image.ToString(), Token))).ID;
        return new DeploymentPlan
        {
            Request = new DeploymentRequest
            {
                Kind = ProHistoryKind.Deploy,
                Service = new ServiceDefinition
                {
                    Name = "api", Image = "api", Context = ".", Dockerfile = "Dockerfile", Origin = ServiceOrigin.Folder,
                    Source = "apps/api",
                },
                Repository = ImageReference.Parse("pro-test.invalid/nobody/api"),
                Child = new ChildEnvironment(Path.GetTempPath(), new Dictionary<string, string?>()),
                LockTimes = times,
            },
            Target = new ServiceTarget
            {
                Kind = ServiceTargetKind.Container,
                Name = "api",
                TargetId = engine.Target,
                Containers = [],
                Leftovers = [],
                Labels = new Dictionary<string, string>(),
            },
            From = null,
            Version = ProVersion.Parse("v1.0.0"),
            Image = new SuppliedImage(image, id, null, null),
            Strategy = strategy,
            Steps = new DeploymentSteps("api", engine.Reports),
            What = new StrategyPlan("waits", []),
        };
    }

    /// <summary>Does nothing, until it is told that it is done.</summary>
    private sealed class WaitingStrategy : IDeploymentStrategy
    {
        public ProStrategy Kind => ProStrategy.Container;

        public TaskCompletionSource<LockedOperation> Began { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Ends { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<bool> IsHealthyAsync(CancellationToken cancellationToken) => Task.FromResult(true);

        public Task<StrategyPlan?> PlanAsync(SuppliedImage image, CancellationToken cancellationToken) => throw new NotSupportedException();

        public async Task<StrategyResult> RunAsync(SuppliedImage image, LockedOperation operation, CancellationToken cancellationToken)
        {
            Began.SetResult(operation);
            await Ends.Task.WaitAsync(cancellationToken);
            return new StrategyResult { Outcome = ProDeploymentOutcome.Succeeded };
        }
    }
}
