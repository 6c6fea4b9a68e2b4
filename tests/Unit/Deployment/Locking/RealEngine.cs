using Pro.DockerVersioning.Deployment.Locking;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Tests.History;
using Xunit;

namespace Pro.DockerVersioning.Tests.Deployment.Locking;

/// <summary>The real engine, and a target on it that nobody else knows; its volumes are removed afterwards.</summary>
internal sealed class RealEngine : IAsyncDisposable
{
    private RealEngine(EngineConnection connection) => Connection = connection;

    public EngineConnection Connection { get; }

    public string Target { get; } = $"pro-test/{Guid.NewGuid():N}";

    public Kept Reports { get; } = new();

    public static async Task<RealEngine> StartAsync()
    {
        var connection = EngineConnection.Open(EngineEndpoint.Resolve(Environment.GetEnvironmentVariable));
        try
        {
            await connection.CallAsync(client => client.System.PingAsync(TestContext.Current.CancellationToken));
        }
        catch (ProException exception)
        {
            connection.Dispose();
            Assert.Skip($"No engine: {exception.Message}");
        }

        return new RealEngine(connection);
    }

    public LockRequest Request() => new(Target, "the test's work");

    public Task<TargetLock> AcquireAsync(LockRequest? request = null, EngineConnection? by = null) =>
        TargetLock.AcquireAsync(by ?? Connection, request ?? Request(), Reports, TestContext.Current.CancellationToken);

    /// <summary>The volumes that are about this target.</summary>
    public async Task<IReadOnlyList<LockInfo>> VolumesAsync() =>
        [.. (await LockStore.For(Connection, Target).ListAsync(CancellationToken.None)).Where(volume => volume.Target == Target)];

    /// <summary>Makes a lock as another process or machine would have.</summary>
    public async Task<LockInfo> PlantAsync(Func<LockInfo, LockInfo> change)
    {
        var info = change(LockInfo.Ours(Request(), DateTimeOffset.UtcNow));
        return await PlantClaimAsync(info with { Chain = info.Nonce, Renewal = 0 });
    }

    /// <summary>Makes a claim in the chain of a lock as another process or machine would have.</summary>
    public async Task<LockInfo> PlantClaimAsync(LockInfo claim)
    {
        var made = await LockStore.For(Connection, Target).CreateAsync(claim, TestContext.Current.CancellationToken);
        Assert.Equal(claim, made);
        return claim;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var volume in await VolumesAsync())
        {
            await new VolumeLabels(Connection).RemoveAsync(LockNames.Of(volume), CancellationToken.None);
        }

        Connection.Dispose();
    }
}
