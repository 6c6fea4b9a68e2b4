using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Services.Containers;

/// <summary>
/// As <see cref="DetachedSide"/>, on a network of its own without a way out: on a user-defined network that saves 150 ms.
/// </summary>
internal sealed class StagedSide(ContainerCalls calls, SwapStep step) : DetachedSide(calls, step)
{
    private string _stage = "";

    /// <inheritdoc/>
    public override async Task StartAsync(ContainerCreation creation)
    {
        _stage = await Networks.StageAsync(Step.Name, CancellationToken.None).ConfigureAwait(false);
        await CreateAsync(creation.Unconnected).ConfigureAwait(false);
        await Calls.ConnectAsync(new NetworkAttachment(_stage, []), Step.NewId, CancellationToken.None).ConfigureAwait(false);
        await StartNewAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override Task LeaveStageAsync() => Calls.DisconnectAsync(_stage, Step.NewId, CancellationToken.None);

    /// <inheritdoc/>
    public override bool IsImpossible(ProException failure) => _stage.Length == 0;
}
