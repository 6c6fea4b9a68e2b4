using System.Net.Sockets;
using System.Text.Json.Nodes;
using Pro.DockerVersioning.Deployment.Health.Probes;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Machine;

namespace Pro.DockerVersioning.Deployment.Health;

/// <summary>
/// Checks that the candidate answers on its final addresses. A process may be bound to others, or only to the loopback address. The health
/// URL is asked if there is one that the old container answered. Else each published TCP port on which that one answered must accept a
/// connection and keep it open for a moment: docker-proxy accepts for nobody, and closes.
/// </summary>
internal sealed class FinalAddressCheck(
    EngineConnection engine, Uri? healthUrl, IReadOnlyList<PublishedAddress> answering, string? obstacle)
{
    private static readonly TimeSpan OpenFor = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan AttemptTime = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>For how long a candidate that a check called healthy is asked again: nobody is answered meanwhile.</summary>
    public static readonly TimeSpan RetryTime = TimeSpan.FromSeconds(5);

    /// <summary>The longest time that <see cref="RunAsync"/> takes on ports.</summary>
    public static TimeSpan LongestFor(TimeSpan retryTime) => retryTime + AttemptTime;

    /// <summary>Why the final addresses can't be checked from this machine, as the end of a sentence; null if they can be.</summary>
    public string? Obstacle => obstacle;

    /// <summary>
    /// Looks on which of its published ports the old container, which runs, answers this machine: the new one must answer on the same ones.
    /// Takes a third of a second. <see cref="Obstacle"/> says whether the answer is worth anything.
    /// </summary>
    public static async Task<FinalAddressCheck> PrepareAsync(
        EngineConnection engine, ContainerView old, Uri? healthUrl, CancellationToken cancellationToken)
    {
        if (healthUrl is not null && await AnswersAsync(engine, old.Id, healthUrl, cancellationToken).ConfigureAwait(false))
        {
            return new FinalAddressCheck(engine, healthUrl, [], obstacle: null);
        }

        if ((await UrlProbes.OwnContainerAsync(engine, cancellationToken).ConfigureAwait(false) is { } own
                ? $"this command runs in the container {own}, which has a network of its own: "
                    + "from there nothing tells whether the ports answer"
                : ObstacleTo(engine.Endpoint, old)) is { } obstacle)
        {
            return new FinalAddressCheck(engine, healthUrl: null, [], obstacle);
        }

        var addresses = PublishedAddress.Of(engine.Endpoint, old);
        var answers = await Task
            .WhenAll(addresses.Select(address => WhyNotAsync(engine, address, AttemptTime, cancellationToken))).ConfigureAwait(false);
        var answering = addresses.Where((_, index) => answers[index] is null).ToList();
        return new FinalAddressCheck(engine, healthUrl: null, answering, answering.Count > 0 ? null
            : $"this machine gets no answer from the running container on {string.Join(", ", addresses.Select(address => address.Text))}");
    }

    /// <summary>
    /// Why this machine can't reach any published TCP port of a container, by what is known without asking: the end of a sentence, or null.
    /// </summary>
    public static string? ObstacleTo(EngineEndpoint endpoint, ContainerView container) =>
        PublishedAddress.Of(endpoint, container).Count > 0 ? null
        : container.Ports.Any(port => port.Value is JsonArray { Count: > 0 } && port.Key.EndsWith("/tcp", StringComparison.Ordinal))
            ? "its ports are bound to the loopback address of the engine's machine, which can't be reached from here"
        : "it publishes no TCP port, and nothing else tells from here whether its ports answer";

    /// <summary>
    /// Checks the candidate, which has its ports by now. One that doesn't answer at once gets a few seconds: <see cref="RetryTime"/> if no
    /// time is given.
    /// </summary>
    /// <exception cref="ProException"><c>FinalAddressNotAnswered</c>.</exception>
    public async Task RunAsync(ContainerView candidate, CancellationToken cancellationToken, TimeSpan? retryTime = null)
    {
        var time = retryTime ?? RetryTime;
        var name = SwapNames.BaseOf(candidate.Name);
        if (healthUrl is not null)
        {
            var probe = await UrlProbes.ForAsync(engine, candidate.Id, healthUrl, cancellationToken).ConfigureAwait(false);
            await UntilAnsweredAsync(
                name,
                time,
                port: null,
                async () => await probe.RunAsync(cancellationToken).ConfigureAwait(false) is var outcome
                    && outcome.Verdict == ProbeVerdict.Well ? null : outcome.Text,
                cancellationToken).ConfigureAwait(false);
            return;
        }

        var now = PublishedAddress.Of(engine.Endpoint, candidate);
        await Task.WhenAll(answering.Select(before => AddressNow(before, now)).OfType<PublishedAddress>().Distinct().Select(address =>
            UntilAnsweredAsync(name, time, address.Port, () => WhyNotTwiceAsync(engine, address, cancellationToken), cancellationToken)))
            .ConfigureAwait(false);
    }

    // The engine may have chosen another host port, and a compose file may name another one by now. One that is not published is not asked.
    private static PublishedAddress? AddressNow(PublishedAddress before, IReadOnlyList<PublishedAddress> now) =>
        now.FirstOrDefault(one => one.HostPort == before.HostPort && one.Port == before.Port)
            ?? now.FirstOrDefault(one => one.HostPort == before.HostPort)
            ?? now.FirstOrDefault(one => one.Port == before.Port);

    // A URL that not even the old one answers tells nothing of the new one.
    private static async Task<bool> AnswersAsync(EngineConnection engine, string id, Uri url, CancellationToken cancellationToken)
    {
        var probe = await UrlProbes.ForAsync(engine, id, url, cancellationToken).ConfigureAwait(false);
        try
        {
            return (await probe.RunAsync(cancellationToken).ConfigureAwait(false)).Verdict == ProbeVerdict.Well;
        }
        catch (ProException)
        {
            return false;
        }
    }

    private static async Task UntilAnsweredAsync(
        string container, TimeSpan time, string? port, Func<Task<string?>> whyNot, CancellationToken cancellationToken)
    {
        for (var clock = Clock.Start(); await whyNot().ConfigureAwait(false) is { } why;)
        {
            if (clock.Elapsed >= time)
            {
                throw VerificationErrors.FinalAddressNotAnswered(container, why, clock.Elapsed, port);
            }

            await Clock.Delay(Pause, cancellationToken).ConfigureAwait(false);
        }
    }

    // On a busy machine Docker's proxy may take longer to close a connection behind which nobody listens: it has to stay twice.
    private static async Task<string?> WhyNotTwiceAsync(
        EngineConnection engine, PublishedAddress address, CancellationToken cancellationToken) =>
        await WhyNotAsync(engine, address, AttemptTime / 2, cancellationToken).ConfigureAwait(false)
            ?? await WhyNotAsync(engine, address, AttemptTime / 2, cancellationToken).ConfigureAwait(false);

    /// <summary>Connects, and looks whether the connection stays; null if it does.</summary>
    private static async Task<string?> WhyNotAsync(
        EngineConnection engine, PublishedAddress address, TimeSpan time, CancellationToken cancellationToken)
    {
        using var limit = Clock.Limit(time - OpenFor, cancellationToken);
        var isConnected = false;
        try
        {
            var stream = await engine.DialAsync(address.Host, address.HostPort, limit.Token).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
            {
                isConnected = true;
                limit.CancelAfter(OpenFor);
                return await stream.ReadAsync(new byte[1], limit.Token).ConfigureAwait(false) > 0
                    ? null : $"{address.Text} accepts a connection and closes it";
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return isConnected ? null : $"{address.Text} doesn't accept a connection";
        }
        catch (Exception fault) when (fault is SocketException or IOException)
        {
            return $"{address.Text}: {LogText.Clean((fault.InnerException as SocketException ?? fault).Message)}";
        }
    }
}
