using System.Globalization;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Docker.DotNet;
using Docker.DotNet.Models;
using Pro.DockerVersioning.Deployment.Health.Probes;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Machine;

namespace Pro.DockerVersioning.Deployment.Health;

/// <summary>
/// Follows one container. The engine's events say at once when to look, an inspection says what is so. A look now and then makes up
/// for events that are lost; an engine that restarts is waited for.
/// </summary>
internal sealed class ContainerWatch(EngineConnection engine, string id, TimeSpan outage) : IAsyncDisposable
{
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(10);
    private static readonly string[] Actions = ["die", "start", "restart", "destroy", "health_status", "pause", "unpause", "rename"];

    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<bool> _nudges =
        Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly TaskCompletionSource<long> _exitCode = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _listening = Task.CompletedTask;

    public ContainerSnapshot First { get; private set; } = new(Container: null);

    public ContainerSnapshot Latest { get; private set; } = new(Container: null);

    /// <summary>Looks, and begins to listen. The outage is how long the engine may be away.</summary>
    public static async Task<ContainerWatch> OpenAsync(
        EngineConnection engine, string id, TimeSpan outage, long restartsBefore, CancellationToken cancellationToken)
    {
        var watch = new ContainerWatch(engine, id, outage);
        try
        {
            watch.First = await watch.LookAsync(cancellationToken).ConfigureAwait(false);
            if (watch.First.Container is { } container)
            {
                // From the start on, by the engine's clock: nothing falls between the look and the subscription. With more restarts than
                // before, it has ended before this look.
                var since = container.RestartCount > restartsBefore ? container.CreatedAt : container.StartedAt;
                watch._listening = watch.ListenAsync(UnixTime(since), watch._stop.Token);
            }

            return watch;
        }
        catch
        {
            await watch.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The container as it is now, and again whenever something may have changed.</summary>
    public async IAsyncEnumerable<ContainerSnapshot> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return Latest;
        for (var rest = Soon; true;)
        {
            rest = await NudgedAsync(rest, cancellationToken).ConfigureAwait(false) ? Soon : Rest;
            yield return await LookAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public async Task<ContainerSnapshot> LookAsync(CancellationToken cancellationToken)
    {
        var away = Clock.Start();
        for (var afterOutage = false; true; afterOutage = true)
        {
            try
            {
                return Latest = new ContainerSnapshot(await InspectAsync(cancellationToken).ConfigureAwait(false), afterOutage);
            }
            catch (ProException fault) when (IsOutage(fault) && away.Elapsed < outage)
            {
                await Clock.Delay(Again, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>The exit code that the last "die" event told; null when none comes in time.</summary>
    public async Task<long?> ExitCodeAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        try
        {
            return await _exitCode.Task.WaitAsync(patience, Clock.Current, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _listening.ConfigureAwait(false);
        _stop.Dispose();
    }

    private static bool IsOutage(ProException fault) =>
        fault.Id == EngineErrors.UnreachableId
        || fault.InnerException is DockerApiException { StatusCode: >= System.Net.HttpStatusCode.InternalServerError };

    private static string UnixTime(DateTimeOffset time)
    {
        var ticks = Math.Max(0, (time - DateTimeOffset.UnixEpoch).Ticks);
        return string.Create(CultureInfo.InvariantCulture, $"{ticks / TimeSpan.TicksPerSecond}.{ticks % TimeSpan.TicksPerSecond:D7}00");
    }

    private async Task<ContainerView?> InspectAsync(CancellationToken cancellationToken)
    {
        using var limit = Clock.Limit(CallLimit, cancellationToken);
        try
        {
            return new ContainerView(await engine.Http.GetAsync($"containers/{id}/json", limit.Token).ConfigureAwait(false));
        }
        catch (ProException gone) when (gone.Id == EngineErrors.NotFoundId)
        {
            return null;
        }
        catch (OperationCanceledException late) when (!cancellationToken.IsCancellationRequested)
        {
            var endpoint = engine.Endpoint;
            throw EngineErrors.Unreachable(endpoint.ToString(), endpoint.Source, endpoint.IsLocal, "it took too long", late);
        }
    }

    private async Task<bool> NudgedAsync(TimeSpan rest, CancellationToken cancellationToken)
    {
        using var limit = Clock.Limit(rest, cancellationToken);
        try
        {
            return await _nudges.Reader.ReadAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private async Task ListenAsync(string since, CancellationToken stop)
    {
        var parameters = new ContainerEventsParameters
        {
            Since = since,
            Filters = new Dictionary<string, IDictionary<string, bool>>
            {
                ["type"] = new Dictionary<string, bool> { ["container"] = true },
                ["container"] = new Dictionary<string, bool> { [id] = true },
                ["event"] = Actions.ToDictionary(action => action, _ => true),
            },
        };
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await engine.CallAsync(client => client.System.MonitorEventsAsync(parameters, new Sink(this), stop)).ConfigureAwait(false);
                await Clock.Delay(Again, stop).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                // The stream is cut; whether the engine is away shows the next look.
                _ = _nudges.Writer.TryWrite(true);
                await Clock.Delay(Again, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private void Hear(Message message)
    {
        if (message.Action == "die"
            && message.Actor?.Attributes?.TryGetValue("exitCode", out var text) == true
            && long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var code))
        {
            // The first one: the reason why it is not what it was.
            _ = _exitCode.TrySetResult(code);
        }

        _ = _nudges.Writer.TryWrite(true);
    }

    /// <summary>Hands events on at once, on the thread that read them.</summary>
    private sealed class Sink(ContainerWatch watch) : IProgress<Message>
    {
        public void Report(Message value) => watch.Hear(value);
    }
}
