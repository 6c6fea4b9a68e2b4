using System.Globalization;
using System.Text.Json;
using Docker.DotNet;
using Docker.DotNet.Models;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Machine;

namespace Pro.DockerVersioning.Deployment.Health.Probes;

/// <summary>
/// Runs a container's health command by <c>exec</c>, as the engine's own check does: the container's user, environment and
/// folder. One at a time: a command that hangs is waited for, since the engine has no call to end it.
/// </summary>
internal sealed class HealthProbe(EngineConnection engine, string id, HealthCheck check)
{
    private static readonly TimeSpan ExitPatience = TimeSpan.FromSeconds(2);
    private Task<ProbeOutcome>? _running;

    /// <summary>Runs it once; one that takes longer than its time-out is a failure.</summary>
    public async Task<ProbeOutcome> RunAsync(CancellationToken cancellationToken)
    {
        if (_running is { } hanging)
        {
            _ = await hanging.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        _running = ExecAsync(cancellationToken);
        try
        {
            var outcome = await _running.WaitAsync(check.Timeout, Clock.Current, cancellationToken).ConfigureAwait(false);
            _running = null;
            return outcome;
        }
        catch (TimeoutException)
        {
            return new ProbeOutcome(
                ProbeVerdict.NotWell, string.Create(CultureInfo.InvariantCulture, $"no end within {check.Timeout.TotalSeconds:0.###} s"));
        }
    }

    private async Task<ProbeOutcome> ExecAsync(CancellationToken cancellationToken)
    {
        try
        {
            var parameters = new ContainerExecCreateParameters { AttachStdout = true, AttachStderr = true, Cmd = [.. check.Command] };
            var exec = await engine.CallAsync(client => client.Exec.CreateContainerExecAsync(id, parameters, cancellationToken))
                .ConfigureAwait(false);
            var output = new LogText(maxLines: 3);
            var start = new ContainerExecStartParameters();
            using (var stream = await engine.CallAsync(client => client.Exec.StartContainerExecAsync(exec.ID, start, cancellationToken))
                .ConfigureAwait(false))
            {
                await output.ReadAsync(stream, cancellationToken).ConfigureAwait(false);
            }

            return Judge(await ExitCodeAsync(exec.ID, cancellationToken).ConfigureAwait(false), string.Join('\n', output.Lines));
        }
        catch (Exception fault) when (!cancellationToken.IsCancellationRequested
            && fault is ProException or IOException or HttpRequestException or DockerApiException
                or InvalidOperationException or JsonException)
        {
            return new ProbeOutcome(ProbeVerdict.CannotRun, LogText.Clean(fault.Message));
        }
    }

    private static ProbeOutcome Judge(long? exitCode, string output)
    {
        // The engine's own words where the runtime can't start the command: no such program, no shell in the image.
        if (exitCode is null || (exitCode is 126 or 127 && output.Contains("OCI runtime exec failed", StringComparison.Ordinal)))
        {
            var why = output.Length > 0 ? LogText.Clean(output.ReplaceLineEndings(" ")) : "no exit code";
            return new ProbeOutcome(ProbeVerdict.CannotRun, why);
        }

        var text = string.Create(CultureInfo.InvariantCulture, $"exit code {exitCode}{ContainerSnapshot.Output(output)}");
        return new ProbeOutcome(exitCode == 0 ? ProbeVerdict.Well : ProbeVerdict.NotWell, text);
    }

    // The stream can end a moment before the engine has noted the code.
    private async Task<long?> ExitCodeAsync(string exec, CancellationToken cancellationToken)
    {
        var until = Clock.Now + ExitPatience;
        while (true)
        {
            var state = await engine.CallAsync(client => client.Exec.InspectContainerExecAsync(exec, cancellationToken))
                .ConfigureAwait(false);
            if (!state.Running || Clock.Now > until)
            {
                return state.Running ? null : state.ExitCode;
            }

            await Clock.Delay(TimeSpan.FromMilliseconds(10), cancellationToken).ConfigureAwait(false);
        }
    }
}
