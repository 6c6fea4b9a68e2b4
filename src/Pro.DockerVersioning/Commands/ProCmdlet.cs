using System.Diagnostics;
using System.Management.Automation;
using System.Runtime.ExceptionServices;
using Pro.DockerVersioning.Commands;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning;

/// <summary>
/// The base of every cmdlet: an async body whose continuations run on the pipeline thread, and which is always waited for, also
/// after Ctrl+C or when a later command of the pipeline has seen enough.
/// </summary>
public abstract class ProCmdlet : PSCmdlet, IDisposable
{
    // Created with the cmdlet: Ctrl+C may come before BeginProcessing.
    private readonly CancellationTokenSource _stop = new();
    private readonly FurtherInterrupts _interrupts = new();
    private ProgressBars? _bars;
    private ExceptionDispatchInfo? _downstream;
    private volatile SynchronizationContext? _pump;
    private (LastWorkReport Report, long At)? _lastWork;
    private long _stoppedAt;

    private protected ProCmdlet()
    {
    }

    private bool IsStopped => Volatile.Read(ref _stoppedAt) != 0;

    /// <summary>Cancelled by Ctrl+C, by a pipeline that stops, and by a body that fails.</summary>
    private protected CancellationToken StopToken => _stop.Token;

    /// <summary>Gives what services report to the cmdlet's streams. Taken inside a body; the reports may come from any thread.</summary>
    private protected IProgress<Report> Reporter => new PumpedReporter(this, (PipelinePump)SynchronizationContext.Current!);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc/>
    protected sealed override void BeginProcessing() => Run(BeginAsync);

    /// <inheritdoc/>
    protected sealed override void ProcessRecord() => Run(ProcessAsync);

    /// <inheritdoc/>
    protected sealed override void EndProcessing() => Run(EndAsync);

    /// <inheritdoc/>
    /// <remarks>Runs on another thread while the pipeline thread pumps: the body sees the token, ends, and is waited for there.</remarks>
    protected sealed override void StopProcessing()
    {
        Volatile.Write(ref _stoppedAt, Stopwatch.GetTimestamp());
        _interrupts.Listen(() => _pump?.Post(_ => Answer(), null));
        _stop.Cancel();
    }

    /// <summary>The body of BeginProcessing.</summary>
    private protected virtual Task BeginAsync() => Task.CompletedTask;

    /// <summary>The body of ProcessRecord.</summary>
    private protected virtual Task ProcessAsync() => Task.CompletedTask;

    /// <summary>The body of EndProcessing.</summary>
    private protected virtual Task EndAsync() => Task.CompletedTask;

    /// <summary>Frees what the cmdlet holds.</summary>
    /// <param name="disposing">True when called by Dispose.</param>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            _interrupts.Dispose();
            _stop.Dispose();
        }
    }

    /// <inheritdoc cref="Cmdlet.WriteWarning(string)"/>
    private protected new void WriteWarning(string text) => base.WriteWarning(PlainText.Of(text));

    /// <inheritdoc cref="Cmdlet.WriteVerbose(string)"/>
    private protected new void WriteVerbose(string text) => base.WriteVerbose(PlainText.Of(text));

    /// <summary>
    /// For the eyes at a prompt and in a job's log, as Write-Host does it: no object among the results, and redirected by 6&gt;.
    /// </summary>
    private protected void Say(string text) => WriteInformation(new HostInformationMessage { Message = PlainText.Of(text) }, ["PSHOST"]);

    /// <summary>Writes an object; a pipeline that has seen enough cancels the work behind it at once.</summary>
    private protected new void WriteObject(object? sendToPipeline) => WriteObject(sendToPipeline, enumerateCollection: false);

    /// <inheritdoc cref="WriteObject(object?)"/>
    private protected new void WriteObject(object? sendToPipeline, bool enumerateCollection)
    {
        try
        {
            base.WriteObject(sendToPipeline, enumerateCollection);
        }
        catch (Exception downstream)
        {
            // Select-Object -First, `break` in a loop, a stopped pipeline: whatever it is, nobody wants more of it.
            _downstream ??= ExceptionDispatchInfo.Capture(downstream);
            _stop.Cancel();
            throw;
        }
    }

    /// <summary>Whether a parameter was given: its default may be a value that somebody would give.</summary>
    private protected bool Bound(string parameter) => MyInvocation.BoundParameters.ContainsKey(parameter);

    /// <summary>Whether the command only shows what it would do.</summary>
    private protected bool IsWhatIf => MyInvocation.BoundParameters.TryGetValue("WhatIf", out var bound)
        ? LanguagePrimitives.IsTrue(bound)
        : LanguagePrimitives.IsTrue(GetVariableValue("WhatIfPreference", false));

    /// <summary>One bad item: says so and goes on. The command's exit is not a success.</summary>
    private protected void WriteError(ProException error) => WriteError(ErrorRecords.From(error));

    /// <summary>
    /// One question for a whole plan, which it shows; -WhatIf prints each line. For a cmdlet that supports ShouldProcess.
    /// </summary>
    /// <param name="lines">The plan, each line with its reason.</param>
    /// <param name="question">What is asked below the plan.</param>
    private protected bool ShouldCarryOut(IReadOnlyCollection<string> lines, string question)
    {
        lines = [.. PlanHead.Concat(lines).Select(PlainText.Of)];
        var plan = string.Join(IsWhatIf ? Environment.NewLine + "What if: " : Environment.NewLine, lines);
        return Confirmed(question, () => base.ShouldProcess(plan, plan + Environment.NewLine + question, "The plan"));
    }

    /// <summary>Asks about one thing; -WhatIf prints it.</summary>
    private protected new bool ShouldProcess(string target, string action)
    {
        (target, action) = (PlainText.Of(string.Join("; ", PlanHead.Prepend(target))), PlainText.Of(action));
        return Confirmed($"{action} {target}?", () => base.ShouldProcess(target, action));
    }

    /// <inheritdoc cref="ShouldProcess(string, string)"/>
    private protected new bool ShouldProcess(string verboseDescription, string verboseWarning, string caption) =>
        Confirmed(verboseWarning, () => base.ShouldProcess(PlainText.Of(verboseDescription), PlainText.Of(verboseWarning), caption));

    /// <summary>What each plan and question of this command begins with: the engine, where it is not the session's own.</summary>
    private protected List<string> PlanHead { get; } = [];

    /// <summary>
    /// Whether this command would ask before it does something: its own impact against what the session or the caller says.
    /// </summary>
    private protected bool AsksForConfirmation()
    {
        if (IsWhatIf)
        {
            return false;
        }

        if (MyInvocation.BoundParameters.TryGetValue("Confirm", out var confirm))
        {
            return LanguagePrimitives.IsTrue(confirm);
        }

        var impact = ((CmdletAttribute)GetType().GetCustomAttributes(typeof(CmdletAttribute), inherit: false)[0]).ConfirmImpact;
        return LanguagePrimitives.TryConvertTo(GetVariableValue("ConfirmPreference", ConfirmImpact.High), out ConfirmImpact preference)
            && preference != ConfirmImpact.None && impact >= preference;
    }

    /// <summary>An answer that comes from a pipe or a file was not meant for the question: it is not taken.</summary>
    private bool Confirmed(string question, Func<bool> ask)
    {
        var asks = AsksForConfirmation();
        if (asks && !Prompts.HasReader(Host))
        {
            throw CommandErrors.NobodyToAsk(MyInvocation.MyCommand.Name, question);
        }

        try
        {
            return ask();
        }
        catch (Exception nobody) when (asks && Prompts.IsNobody(nobody))
        {
            throw CommandErrors.NobodyToAsk(MyInvocation.MyCommand.Name, question);
        }
    }

    /// <summary>
    /// Runs work on several items side by side and gives each result as it comes. An item's <see cref="ProException"/> is an error of that
    /// item; anything else ends the command, after all the work has been cancelled and has ended.
    /// </summary>
    private protected async Task ForEachAsync<TItem, TResult>(
        IEnumerable<TItem> items,
        int throttleLimit,
        Func<TItem, CancellationToken, Task<TResult>> work,
        Action<TResult> give)
    {
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(StopToken);
        using var throttle = new SemaphoreSlim(throttleLimit);
        var running = items.Select(item => Task.Run(() => OneAsync(item), CancellationToken.None)).ToList();
        try
        {
            while (running.Count > 0)
            {
                var done = await Task.WhenAny(running);
                _ = running.Remove(done);
                try
                {
                    give(await done);
                }
                catch (ProException error)
                {
                    WriteError(error);
                }
            }
        }
        finally
        {
            await linked.CancelAsync();
            await Task.WhenAll(running).ContinueWith(static rest => rest.Exception, TaskScheduler.Default);
        }

        async Task<TResult> OneAsync(TItem item)
        {
            await throttle.WaitAsync(linked.Token).ConfigureAwait(false);
            try
            {
                return await work(item, linked.Token).ConfigureAwait(false);
            }
            finally
            {
                _ = throttle.Release();
            }
        }
    }

    private void Run(Func<Task> body)
    {
        if (_stop.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }

        ExceptionDispatchInfo? fault = null;
        var previous = SynchronizationContext.Current;
        using var pump = new PipelinePump();
        _pump = pump;
        SynchronizationContext.SetSynchronizationContext(pump);
        try
        {
            var task = BeginAsync(body);
            pump.RunUntilEnd(task, exception =>
            {
                fault ??= ExceptionDispatchInfo.Capture(exception);
                _stop.Cancel();
            });
            // What came from downstream, or from the pump, came first: what the body ended with is its consequence.
            fault = _downstream ?? fault ?? (task.IsCompletedSuccessfully ? null : FaultOf(task));
        }
        finally
        {
            _pump = null;
            SynchronizationContext.SetSynchronizationContext(previous);
            if (IsStopped)
            {
                _interrupts.Dispose();
            }
        }

        if (fault is not null)
        {
            Fail(fault);
        }
        else
        {
            _bars?.CompleteAll();
        }
    }

    // A body that isn't async itself may throw before it gives a task: that is a fault of the task, too.
    private static async Task BeginAsync(Func<Task> body) => await body();

    private static ExceptionDispatchInfo FaultOf(Task task) =>
        ExceptionDispatchInfo.Capture(task.Exception?.InnerExceptions.Count > 0
            ? task.Exception.InnerExceptions[0]
            : new OperationCanceledException());

    private void Fail(ExceptionDispatchInfo fault)
    {
        switch (fault.SourceException)
        {
            // Thrown by WriteObject, ShouldProcess, ThrowTerminatingError: PowerShell's own, and nobody else's to interpret.
            case PipelineStoppedException:
                fault.Throw();
                break;
            case OperationCanceledException when _stop.IsCancellationRequested:
                throw new PipelineStoppedException();
            case ProException error when IsStopped:
                // PowerShell shows no error of a command that is stopped; what became of the service must be told all the same.
                Host.UI.WriteErrorLine(PlainText.Of($"{error.Message}{Environment.NewLine}  {error.RecommendedAction}"));
                throw new PipelineStoppedException();
            case ProException error:
                _bars?.CompleteAll();
                ThrowTerminatingError(ErrorRecords.From(error));
                break;
            default:
                _bars?.CompleteAll();
                fault.Throw();
                break;
        }
    }

    private void Show(Report report)
    {
        switch (report)
        {
            case VerboseReport verbose:
                WriteVerbose(verbose.Message);
                break;
            case WarningReport warning when _stop.IsCancellationRequested:
                // PowerShell takes nothing more from a command that is stopped; what became of the service must be told all the same.
                Host.UI.WriteWarningLine(PlainText.Of(warning.Message));
                break;
            case WarningReport warning:
                WriteWarning(warning.Message);
                break;
            case ProgressReport progress:
                (_bars ??= new ProgressBars(this))
                    .Show(progress with { Activity = PlainText.Line(progress.Activity), Status = PlainText.Line(progress.Status) });
                break;
            case LastWorkReport work:
                _lastWork = (work, Stopwatch.GetTimestamp());
                break;
            default:
                throw new NotSupportedException($"A report of type {report.GetType().Name} has no stream.");
        }
    }

    private void Answer() => Host.UI.WriteWarningLine(PlainText.Line(_lastWork is var (work, at)
        ? work.Describe(Stopwatch.GetElapsedTime(Math.Max(at, Volatile.Read(ref _stoppedAt))))
        : $"Still stopping {MyInvocation.MyCommand.Name}: it ends the step that it has begun."));

    private sealed class PumpedReporter(ProCmdlet cmdlet, PipelinePump pump) : IProgress<Report>
    {
        public void Report(Report value) => pump.Post(_ => cmdlet.Show(value), null);
    }
}
