using System.Text.Json.Nodes;
using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Deployment.Container.Swap;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Tests.Deployment.Container;

/// <summary>A swap as a test wants it verified.</summary>
internal sealed class TestSwap(
    Func<string, CancellationToken, Task> verify, Func<string, CancellationToken, Task>? beforeCommit = null) : ISwapChecks
{
    private SwapState? _state;

    public static Task<SwapResult> RunAsync(
        EngineConnection engine,
        SwapRequest request,
        TestSwap checks,
        CancellationToken cancellationToken) => RunAsync(engine, request, checks, new Progress<Report>(), cancellationToken);

    public static async Task<SwapResult> RunAsync(
        EngineConnection engine, SwapRequest request, TestSwap checks, IProgress<Report> reports, CancellationToken cancellationToken) =>
        (await new ContainerSwapper(
            new SwapOperation(new ContainerApi(engine), request, checks, reports), new OperationRepair(engine) { Reports = reports })
            .RunAsync(cancellationToken))[0];

    /// <summary>Chooses the flow, as a plan does.</summary>
    public static async Task<SwapChoice> ChooseAsync(
        EngineConnection engine, string name, UpdateOrder? order, CancellationToken cancellationToken, string? image = null)
    {
        var calls = new ContainerApi(engine);
        return await new SwapFlowSelector(calls).ChooseAsync(
            await SwapState.OfAsync(calls, name, cancellationToken), await calls.InspectAllAsync(cancellationToken), order,
            cancellationToken, image);
    }

    public static SwapRequest Request(string name, string image, UpdateOrder? order = null) => new()
    {
        Target = TargetOf(name), Containers = [name], Image = image, Order = order,
    };

    /// <summary>Repairs as a later command does, which knows of the containers what a listing tells.</summary>
    public static async Task<RepairOutcome> RepairAsync(
        EngineConnection engine, string name, CancellationToken cancellationToken, string? target = null)
    {
        var filter = Uri.EscapeDataString(new JsonObject { ["name"] = new JsonArray(name) }.ToJsonString());
        var names = (await engine.Http.GetListAsync($"containers/json?all=true&filters={filter}", cancellationToken))
            .Select(one => one!["Names"]![0]!.GetValue<string>().TrimStart('/'))
            .Where(one => !one.StartsWith("pro-operation-", StringComparison.Ordinal));
        return (await new OperationRepair(engine).RunAsync(target ?? TargetOf(name), names, cancellationToken)).Outcome;
    }

    /// <summary>The operation records on an engine that are about a name.</summary>
    public static async Task<IEnumerable<string>> RecordsAsync(EngineConnection engine, string name, CancellationToken cancellationToken) =>
        (await new OperationRecords(new ContainerApi(engine)).FindAllAsync(cancellationToken))
            .Select(record => record.Target).Where(target => target.Contains(name, StringComparison.Ordinal));

    public static string TargetOf(string name) => "container." + name;

    /// <summary>Whether the old container may have answered what the candidate was verified by.</summary>
    public bool OldMayAnswer { get; init; }

    public Task<string?> PrepareAsync(SwapState state, SwapFlow flow, CancellationToken cancellationToken) =>
        Task.FromResult<string?>(null);

    public bool MayOldHaveAnswered(SwapState state) => OldMayAnswer;

    public Task WatchAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Begin(SwapState state, UpdateOrder order) => _state = state;

    public Task VerifyAsync(SwapState state, SwapFlow flow, CandidateStage stage, CancellationToken cancellationToken) =>
        stage == CandidateStage.OnItsPorts ? Task.CompletedTask : verify(state.NewId, cancellationToken);

    public Task BeforeCommitAsync(CancellationToken cancellationToken) =>
        beforeCommit is null ? Task.CompletedTask : beforeCommit(_state!.NewId, cancellationToken);

    public Task BeforeRestoreAsync(SwapState failed) => Task.CompletedTask;

    public Task BeforeRemovalAsync(SwapState state) => Task.CompletedTask;
}
