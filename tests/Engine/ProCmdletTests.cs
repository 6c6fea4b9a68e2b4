using System.Management.Automation;
using System.Runtime.Loader;

namespace Pro.DockerVersioning.Tests.Engine;

/// <summary>The async base of every cmdlet, inside the real PowerShell engine.</summary>
public sealed class ProCmdletTests : IDisposable
{
    private readonly Shell _shell = new();
    private readonly Type _trace;

    public ProCmdletTests()
    {
        var context = AssemblyLoadContext.All.Single(c => c.Name == "Pro.DockerVersioning");
        var cmdlets = context.LoadFromAssemblyPath(Path.GetFullPath(TestSetup.TestCmdlets));
        _trace = cmdlets.GetType("Pro.DockerVersioning.Tests.Engine.Cmdlets.Trace", throwOnError: true)!;
        _ = _trace.GetMethod("Clear")!.Invoke(null, null);
        _ = _shell.Run($"$a = [System.Runtime.Loader.AssemblyLoadContext]::All | Where-Object Name -eq 'Pro.DockerVersioning'; " +
            $"Import-Module -Assembly ($a.Assemblies | Where-Object Location -eq '{cmdlets.Location}')").ThrowIfFailed();
    }

    private string[] Trace => (string[])_trace.GetMethod("All")!.Invoke(null, null)!;

    [Fact]
    public void Objects_written_after_an_await_arrive_in_order()
    {
        var result = _shell.Run("Test-AsyncNumbers -Count 50").ThrowIfFailed();
        Assert.Equal(Enumerable.Range(1, 50), result.Output.Select(o => (int)o.BaseObject));
        Assert.Equal("not cancelled", Assert.Single(Trace));
    }

    [Theory]
    [InlineData("Test-AsyncNumbers | Test-TakeFirst -Count 2")]
    [InlineData("foreach ($once in 1) { Test-AsyncNumbers | ForEach-Object { if ($_ -eq 3) { break }; $_ } }")]
    public void A_pipeline_that_has_seen_enough_cancels_the_work_and_waits_for_it(string pipeline)
    {
        var result = _shell.Run(pipeline + "; 'and on'").ThrowIfFailed();
        Assert.Equal(["1", "2", "and on"], result.Output.Select(o => o.ToString()));
        Assert.Equal(["background ended", "cancelled"], Trace.Order());
    }

    [Fact]
    public async Task Ctrl_C_cancels_the_body_and_waits_until_it_left_things_whole()
    {
        using var stop = new CancellationTokenSource();
        var started = ((TaskCompletionSource)_trace.GetProperty("Started")!.GetValue(null)!).Task;
        var run = Task.Run(() => _shell.Run("Test-AsyncWait", stop.Token), TestContext.Current.CancellationToken);
        await started.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        await stop.CancelAsync();
        var result = await run.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.Equal(PSInvocationState.Stopped, result.State);
        Assert.Equal(["left things whole"], Trace);

        // Nobody but the host takes the warning now, and the host writes it as it is.
        Assert.Contains("WARNING: a log says the end", _shell.Host.Text, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', _shell.Host.Text);
    }

    [Fact]
    public async Task An_error_of_a_command_that_is_stopped_is_told_all_the_same()
    {
        using var stop = new CancellationTokenSource();
        var started = ((TaskCompletionSource)_trace.GetProperty("Started")!.GetValue(null)!).Task;
        var run = Task.Run(() => _shell.Run("Test-AsyncWait -Fails", stop.Token), TestContext.Current.CancellationToken);
        await started.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        await stop.CancelAsync();
        var result = await run.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.Equal(PSInvocationState.Stopped, result.State);
        Assert.Contains("'x' is broken.", _shell.Host.Text, StringComparison.Ordinal);
        Assert.Contains("Mend it.", _shell.Host.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_terminating_error_after_an_await_keeps_its_id_category_target_and_remedy()
    {
        var result = _shell.Run("Test-AsyncError -Kind Terminating");
        Assert.Equal("TestTerminating,Pro.DockerVersioning.Tests.Engine.Cmdlets.TestAsyncErrorCommand", result.Error.FullyQualifiedErrorId);
        Assert.Equal(ErrorCategory.ObjectNotFound, result.Error.CategoryInfo.Category);
        Assert.Equal("x", result.Error.TargetObject);
        Assert.Equal("Name another.", result.Error.ErrorDetails.RecommendedAction);
        Assert.Equal("There is no 'x'.", result.Error.ToString());
    }

    [Fact]
    public void A_bar_does_not_stay_behind_an_error()
    {
        var result = _shell.Run("Test-AsyncError -Kind Terminating");
        Assert.Equal(ProgressRecordType.Completed, result.Progress[^1].RecordType);
    }

    [Fact]
    public void One_bad_item_is_an_error_and_the_command_goes_on()
    {
        var result = _shell.Run("Test-AsyncError -Kind Item");
        Assert.Null(result.Failure);
        Assert.Equal("TestItem", Assert.Single(result.Errors).FullyQualifiedErrorId.Split(',')[0]);
        Assert.Equal("went on", Assert.Single(result.Output).BaseObject);
    }

    [Fact]
    public void An_unforeseen_exception_after_an_await_ends_the_command_and_is_not_swallowed()
    {
        var result = _shell.Run("Test-AsyncError -Kind Foreign");
        Assert.IsType<InvalidDataException>(result.Error.Exception);
    }

    [Fact]
    public void WhatIf_after_an_await_changes_nothing()
    {
        var result = _shell.Run("Test-AsyncStreams -WhatIf").ThrowIfFailed();
        Assert.Empty(result.Output);
        Assert.Contains(
            "What if: Performing the operation \"Change\" on target \"the thing\".", _shell.Host.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(2, 0)]
    public void A_prompt_after_an_await_is_asked_once_and_obeyed(int answer, int outputs)
    {
        _shell.Host.Answers.Enqueue(answer);
        var result = _shell.Run("Test-AsyncStreams -Confirm").ThrowIfFailed();
        Assert.Equal(outputs, result.Output.Count);
        Assert.Single(_shell.Host.Prompts);
    }

    [Fact]
    public void Reports_from_another_thread_reach_the_streams_and_no_bar_stays_behind()
    {
        var result = _shell.Run("Test-AsyncStreams -Confirm:$false -Verbose").ThrowIfFailed();
        Assert.Contains("verbose from another thread", result.Verbose);
        Assert.Contains("warning from another thread", result.Warnings);
        var child = result.Progress.First(p => p.Activity == "Child");
        Assert.Equal(result.Progress.First(p => p.Activity == "Parent").ActivityId, child.ParentActivityId);
        Assert.All(result.Progress.GroupBy(p => p.ActivityId), bar => Assert.Equal(ProgressRecordType.Completed, bar.Last().RecordType));
    }

    public void Dispose() => _shell.Dispose();
}
