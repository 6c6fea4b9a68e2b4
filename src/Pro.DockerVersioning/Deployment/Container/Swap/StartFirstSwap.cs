using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Deployment.Container.Recipe;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Machine;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Deployment.Container.Swap;

/// <summary>
/// The candidate is started and verified while the old container serves. Only then does what is asked from outside go over: names, and
/// published ports. Until then a failure costs no request. Without published ports, it is on the old one's networks from the start, which
/// don't know it by the service's names yet.
/// </summary>
internal class StartFirstSwap(SwapOperation operation, SwapState state, SwapFlow flow = SwapFlow.StartFirst)
    : SwapPhases(operation, state)
{
    /// <summary>
    /// The longest time for a check of a candidate that has everything by now. It was verified before; this is only a last look.
    /// </summary>
    public static readonly TimeSpan LastLook = TimeSpan.FromSeconds(15);

    // Who has got the old one's address at the last moment asks it still: a connection that falls between takes a second.
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(1.5);

    private readonly AliasHandover _aliases = new(operation.Calls);
    private bool _isRetired;

    public override UpdateOrder Order => UpdateOrder.StartFirst;

    private bool SharesNetworks => flow is SwapFlow.StartFirst or SwapFlow.WarmHeld;

    private bool HandsPortsOver => flow != SwapFlow.StartFirst;

    public override async Task StartNewAsync(CancellationToken cancellationToken)
    {
        await CreateAsync(State.Recipe.On(Operation.Request.Image, Options())).ConfigureAwait(false);
        await StartAsync().ConfigureAwait(false);
    }

    public override Task VerifyAsync(CancellationToken cancellationToken) => Operation.Checks.VerifyAsync(
        State, flow, HandsPortsOver ? CandidateStage.BeforePorts : CandidateStage.BesideOld, cancellationToken);

    public override async Task TakeOverAsync(CancellationToken cancellationToken)
    {
        if (SharesNetworks && await _aliases.GiveAsync(State).ConfigureAwait(false))
        {
            Operation.Reports.Report(
                new VerboseReport("The new container got another address with its aliases, and is verified once more."));
            await VerifyAsync(cancellationToken).ConfigureAwait(false);
        }

        if (!HandsPortsOver)
        {
            return;
        }

        cancellationToken.ThrowIfCancellationRequested();
        State.Downtime.Begin();
        await HandPortsOverAsync().ConfigureAwait(false);
        State.Downtime.Note();
        await Calls.ThrowIfPortsAreMissingAsync(State.Old, State.NewId, cancellationToken).ConfigureAwait(false);

        // An engine that is restarted would start the old container without the networks that it has left, and the service would be without
        // an answer until somebody repairs it. The new one was healthy, and has the ports.
        await State.GiveRestartsAsync(Calls).ConfigureAwait(false);
        await LookAsync(CandidateStage.AfterHandover, cancellationToken).ConfigureAwait(false);
        State.Downtime.End();
    }

    /// <summary>
    /// On a network of both, the check may have reached the old container, by an alias that is in a variable or a script. That one ends
    /// its work and stops, under the name by which a repair knows it.
    /// </summary>
    public override async Task RetireAsync(CancellationToken cancellationToken)
    {
        if (!SharesNetworks || !Operation.Checks.MayOldHaveAnswered(State))
        {
            return;
        }

        cancellationToken.ThrowIfCancellationRequested();
        _isRetired = true;
        await State.GiveRestartsAsync(Calls).ConfigureAwait(false);
        State.Downtime.Begin();
        await LeaveAliasesAsync(cancellationToken).ConfigureAwait(false);
        await RenameOldAsync(Calls, State.OldId, SwapNames.Previous(State.Name), CancellationToken.None).ConfigureAwait(false);
        await Calls.StopAsync(State.OldId, CancellationToken.None).ConfigureAwait(false);
    }

    public override async Task ConfirmAloneAsync(CancellationToken cancellationToken)
    {
        if (!_isRetired)
        {
            return;
        }

        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            await LookAsync(CandidateStage.Alone, cancellationToken).ConfigureAwait(false);
            State.Downtime.End();
        }
        catch
        {
            // Nobody has answered since the old one was on its way: it was the check that hid it.
            State.Downtime.Note();
            throw;
        }
    }

    public override async Task CommitAsync()
    {
        await base.CommitAsync().ConfigureAwait(false);
        await Calls.RenameAsync(State.NewId, State.Name, CancellationToken.None).ConfigureAwait(false);
    }

    // The signal is the container's own, and its time-out bounds the wait.
    public override async Task DrainAsync(CancellationToken cancellationToken)
    {
        if (_isRetired)
        {
            return;
        }

        if (SharesNetworks)
        {
            await LeaveAliasesAsync(cancellationToken).ConfigureAwait(false);
        }

        await Calls.StopAsync(State.OldId, CancellationToken.None).ConfigureAwait(false);
    }

    public override string? WhyStopFirst(ProException refusal) => refusal.Id == VerificationErrors.HealthUrlCannotBeAskedId
        ? $"its health URL can't be asked before it has the ports. {refusal.Message}"
        : null;

    /// <summary>Makes the new one, with no port bound.</summary>
    protected virtual Task CreateAsync(ContainerCreation creation) => State.CreateAsync(Calls, creation);

    protected virtual Task StartAsync() => Calls.StartAsync(State.NewId, CancellationToken.None);

    /// <summary>Takes the ports from the old one and gives them to the new one.</summary>
    protected virtual Task HandPortsOverAsync() => Task.CompletedTask;

    private async Task LeaveAliasesAsync(CancellationToken cancellationToken)
    {
        await _aliases.TakeAsync(State).ConfigureAwait(false);
        await Clock.Delay(Grace, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task LookAsync(CandidateStage stage, CancellationToken cancellationToken)
    {
        using var bound = Clock.Limit(LastLook, cancellationToken);
        try
        {
            await Operation.Checks.VerifyAsync(State, flow, stage, bound.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw stage == CandidateStage.Alone
                ? ContainerErrors.NotVerifiedAlone(State.Name, LastLook) : ContainerErrors.NotAnsweredOnItsPorts(State.Name, LastLook);
        }
    }

    private RecipeOptions Options()
    {
        var options = State.Options(Operation.Request.Labels(State.Old.Labels), Operation.Nonce);
        if (!SharesNetworks)
        {
            return options;
        }

        var labels = new Dictionary<string, string?>(options.Labels, StringComparer.Ordinal);
        if (!State.Recipe.Networks.Any(network => network.Aliases.Contains(State.Name)))
        {
            labels[ContainerLabels.Alias] = State.Name;
        }

        return options with { Labels = labels, WithoutAliases = true };
    }
}
