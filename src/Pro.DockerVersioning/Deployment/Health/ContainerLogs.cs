using System.Text.Json;
using Docker.DotNet;
using Docker.DotNet.Models;
using Pro.DockerVersioning.Deployment.Health.Probes;
using Pro.DockerVersioning.Engine;

namespace Pro.DockerVersioning.Deployment.Health;

/// <summary>A container's log, for showing.</summary>
internal static class ContainerLogs
{
    // A log driver that never answers must not hold up a rollback.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The last lines, oldest first. Empty if the log can't be read: no such container, a driver that keeps none
    /// (<c>none</c>, syslog before 20.10), a journal that is not to be read. Only cancelling throws.
    /// </summary>
    public static async Task<IReadOnlyList<string>> TailAsync(
        EngineConnection engine, string id, int lines, CancellationToken cancellationToken)
    {
        if (lines <= 0)
        {
            return [];
        }

        var text = new LogText(lines);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        try
        {
            var parameters = new ContainerLogsParameters
            {
                ShowStdout = true,
                ShowStderr = true,
                Tail = lines.ToString(System.Globalization.CultureInfo.InvariantCulture),
            };
            using var stream = await engine.CallAsync(client => client.Containers.GetContainerLogsAsync(id, parameters, limit.Token))
                .ConfigureAwait(false);
            await text.ReadAsync(stream, limit.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (IsUnreadable(exception) && !cancellationToken.IsCancellationRequested)
        {
            // What came before the fault is better than nothing.
        }

        return text.Lines;
    }

    private static bool IsUnreadable(Exception exception) =>
        exception is ProException or DockerApiException or IOException or HttpRequestException or OperationCanceledException
            or InvalidOperationException or JsonException or TimeoutException;
}
