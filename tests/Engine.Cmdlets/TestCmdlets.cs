using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using Pro.DockerVersioning.Commands.Parameters;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Tests.Engine.Cmdlets;

/// <summary>What the bodies of the test cmdlets tell the tests, across load contexts.</summary>
public static class Trace
{
    private static readonly List<string> Lines = [];

    public static TaskCompletionSource Started { get; private set; } = New();

    public static void Clear()
    {
        lock (Lines)
        {
            Lines.Clear();
            Started = New();
        }
    }

    public static void Add(string line)
    {
        lock (Lines)
        {
            Lines.Add(line);
        }
    }

    public static string[] All()
    {
        lock (Lines)
        {
            return [.. Lines];
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>Writes numbers, each after an await on another thread, while work goes on behind it.</summary>
[Cmdlet(VerbsDiagnostic.Test, "AsyncNumbers")]
public sealed class TestAsyncNumbersCommand : ProCmdlet
{
    [Parameter]
    public int Count { get; set; } = 100;

    private protected override async Task ProcessAsync()
    {
        var background = Background();
        try
        {
            for (var number = 1; number <= Count; number++)
            {
                await Task.Run(static () => { });
                WriteObject(number);
            }
        }
        finally
        {
            Trace.Add(StopToken.IsCancellationRequested ? "cancelled" : "not cancelled");
            if (StopToken.IsCancellationRequested)
            {
                await background;
            }
        }

        async Task Background()
        {
            try
            {
                await Task.Delay(Timeout.Infinite, StopToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                await Task.Yield();
                Trace.Add("background ended");
            }
        }
    }
}

/// <summary>Waits for ever; on Ctrl+C it takes a moment to leave things whole.</summary>
[Cmdlet(VerbsDiagnostic.Test, "AsyncWait")]
public sealed class TestAsyncWaitCommand : ProCmdlet
{
    [Parameter]
    public SwitchParameter Fails { get; set; }

    private protected override async Task ProcessAsync()
    {
        var reporter = Reporter;
        try
        {
            Trace.Started.SetResult();
            await Task.Delay(Timeout.Infinite, StopToken);
        }
        catch (OperationCanceledException)
        {
            await Task.Run(static () => { }, CancellationToken.None);
            Trace.Add("left things whole");
            reporter.Report(new WarningReport("a log says \e[2J\e]0;title\a\e[1Athe end"));
            if (Fails)
            {
                throw new ProException("TestTerminating", ProErrorCategory.InvalidOperation, "'x' is broken.", "Mend it.", "x");
            }

            throw;
        }
    }
}

/// <summary>Errors of each kind, after an await.</summary>
[Cmdlet(VerbsDiagnostic.Test, "AsyncError")]
public sealed class TestAsyncErrorCommand : ProCmdlet
{
    [Parameter(Mandatory = true)]
    public string Kind { get; set; } = "";

    private protected override async Task ProcessAsync()
    {
        var reporter = Reporter;
        reporter.Report(new ProgressReport("bar", "Working", "half way") { PercentComplete = 50 });
        await Task.Run(static () => { });
        switch (Kind)
        {
            case "Terminating":
                throw new ProException("TestTerminating", ProErrorCategory.ObjectNotFound, "There is no 'x'.", "Name another.", "x");
            case "Item":
                WriteError(new ProException("TestItem", ProErrorCategory.InvalidArgument, "'x' is bad.", "Mend it.", "x"));
                WriteObject("went on");
                break;
            case "Foreign":
                throw new InvalidDataException("unexpected");
            default:
                WriteObject("none");
                break;
        }
    }
}

/// <summary>ShouldProcess, verbose, warnings and progress after an await and from another thread.</summary>
[Cmdlet(VerbsDiagnostic.Test, "AsyncStreams", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
public sealed class TestAsyncStreamsCommand : ProCmdlet
{
    private protected override async Task ProcessAsync()
    {
        var reporter = Reporter;
        await Task.Run(() =>
        {
            reporter.Report(new VerboseReport("verbose from another thread"));
            reporter.Report(new WarningReport("warning from another thread"));
            reporter.Report(new ProgressReport("parent", "Parent", "one"));
            reporter.Report(new ProgressReport("child", "Child", "two") { ParentKey = "parent", PercentComplete = 40 });
        });
        if (ShouldProcess("the thing", "Change"))
        {
            await Task.Run(static () => { });
            WriteObject("changed");
        }
    }
}

/// <summary>Writes what its parameters took.</summary>
[Cmdlet(VerbsDiagnostic.Test, "Typed")]
public sealed class TestTypedCommand : ProCmdlet
{
    [Parameter]
    [Duration]
    public TimeSpan? Span { get; set; }

    [Parameter]
    [Duration(MustBePositive = true)]
    public TimeSpan? Wait { get; set; }

    [Parameter]
    [TimeOfDay]
    public TimeSpan? At { get; set; }

    [Parameter]
    [Size]
    public long? Size { get; set; }

    [Parameter]
    [Count]
    public int? Count { get; set; }

    [Parameter]
    [Count]
    public uint? Tasks { get; set; }

    [Parameter]
    [Choice(typeof(DayOfWeek), Several = true)]
    public DayOfWeek[]? Days { get; set; }

    [Parameter]
    [Choice(typeof(ProUpdateOrder))]
    public ProUpdateOrder? Order { get; set; }

    [Parameter]
    [Choice(typeof(ProAlias))]
    public ProAlias? Alias { get; set; }

    [Parameter]
    [Pairs]
    [SuppressMessage("Usage", "CA2227:Collection properties should be read only", Justification = "PowerShell sets it.")]
    public Hashtable Pairs { get; set; } = [];

    private protected override Task ProcessAsync()
    {
        WriteObject(string.Join(' ', Pairs.Keys.Cast<string>().Order(StringComparer.Ordinal).Select(name => $"{name}={Pairs[name]}"))
            + FormattableString.Invariant($"{Span ?? Wait ?? At:c}{Size}{Count}{Tasks}{string.Join(' ', Days ?? [])}{Order}{Alias}"));
        return Task.CompletedTask;
    }
}

/// <summary>
/// Passes a number of objects on and then stops the commands before it, by the same exception as <c>Select-Object -First</c>,
/// which a bare engine does not have.
/// </summary>
[Cmdlet(VerbsDiagnostic.Test, "TakeFirst")]
public sealed class TestTakeFirstCommand : PSCmdlet
{
    private int _taken;

    [Parameter(Mandatory = true)]
    public int Count { get; set; }

    [Parameter(ValueFromPipeline = true)]
    public object? InputObject { get; set; }

    protected override void ProcessRecord()
    {
        WriteObject(InputObject);
        if (++_taken == Count)
        {
            var type = typeof(PSCmdlet).Assembly.GetType("System.Management.Automation.StopUpstreamCommandsException", throwOnError: true)!;
            throw (Exception)Activator.CreateInstance(type, this)!;
        }
    }
}
