using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Docker.DotNet;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Deployment.Swarm.Api;

/// <summary>
/// The engine's swarm, in its own JSON: a specification goes back as it came, with the fields that Docker.DotNet's models don't know.
/// </summary>
internal sealed class SwarmApi(EngineConnection engine)
{
    public EngineConnection Engine => engine;

    /// <exception cref="ProException">There is none, or the engine is not a manager of a swarm.</exception>
    public async Task<SwarmServiceState> GetServiceAsync(string nameOrId, CancellationToken cancellationToken)
    {
        try
        {
            var found = new SwarmServiceState((JsonObject)(await GetAsync($"services/{Uri.EscapeDataString(nameOrId)}", cancellationToken)
                .ConfigureAwait(false))!);

            // The engine takes the beginning of another service's id too.
            return found.Id == nameOrId || found.Name == nameOrId ? found : throw SwarmErrors.ServiceNotFound(nameOrId, inner: null);
        }
        catch (ProException exception) when (exception.InnerException is DockerApiException { StatusCode: HttpStatusCode.NotFound })
        {
            throw SwarmErrors.ServiceNotFound(nameOrId, exception.InnerException);
        }
    }

    public async Task<IReadOnlyList<SwarmServiceState>> ListServicesAsync(CancellationToken cancellationToken) =>
        [.. ((await GetAsync("services", cancellationToken).ConfigureAwait(false)) as JsonArray ?? [])
            .OfType<JsonObject>()
            .Select(service => new SwarmServiceState(service))];

    /// <summary>The same; none if the engine is not a manager of a swarm, or has just ceased to be one.</summary>
    /// <exception cref="ProException">The engine can't be reached, or refuses; or the swarm has no leader.</exception>
    public async Task<IReadOnlyList<SwarmServiceState>> ListServicesOrNoneAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await ListServicesAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ProException none) when (none.Id == "SwarmNotAManager"
            || none.InnerException is DockerApiException { StatusCode: HttpStatusCode.ServiceUnavailable })
        {
            return [];
        }
    }

    /// <summary>All tasks of a service that the swarm still remembers.</summary>
    public async Task<IReadOnlyList<SwarmTask>> ListTasksAsync(string serviceId, CancellationToken cancellationToken)
    {
        var filters = Uri.EscapeDataString(new JsonObject { ["service"] = new JsonObject { [serviceId] = true } }.ToJsonString());
        var tasks = await GetAsync($"tasks?filters={filters}", cancellationToken).ConfigureAwait(false);
        return [.. (tasks as JsonArray ?? []).OfType<JsonNode>().Select(SwarmTask.Read)];
    }

    public async Task<int> CountNodesAsync(CancellationToken cancellationToken) =>
        (await GetAsync("nodes", cancellationToken).ConfigureAwait(false) as JsonArray)?.Count ?? 0;

    /// <summary>
    /// Sends a specification. False if the service has changed since it was read: nothing was done. Not to be cancelled: nobody could say
    /// afterwards whether the engine had accepted it.
    /// </summary>
    public async Task<bool> TryUpdateAsync(SwarmServiceState service, JsonObject spec, string? registryAuth)
    {
        var path = string.Create(CultureInfo.InvariantCulture, $"services/{service.Id}/update?version={service.Index}");
        try
        {
            _ = await AskAsync(HttpMethod.Post, path, spec, registryAuth, CancellationToken.None).ConfigureAwait(false);
            return true;
        }
        catch (ProException exception) when (exception.Message.Contains("update out of sequence", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }
    }

    /// <summary>The last lines that a task wrote; empty if they can't be had.</summary>
    public async Task<IReadOnlyList<string>> TailAsync(string taskId, int lines, CancellationToken cancellationToken)
    {
        try
        {
            var path = string.Create(CultureInfo.InvariantCulture, $"tasks/{taskId}/logs?stdout=1&stderr=1&tail={lines}");
            return SwarmLog.Lines(await engine.Http.ReadAsync(HttpMethod.Get, path, cancellationToken).ConfigureAwait(false));
        }
        catch (Exception exception) when (exception is ProException || (exception is OperationCanceledException))
        {
            // A log driver that can't be read, a container that never was: the error says enough without.
            return [];
        }
    }

    private Task<JsonNode?> GetAsync(string path, CancellationToken cancellationToken) =>
        AskAsync(HttpMethod.Get, path, body: null, registryAuth: null, cancellationToken);

    private async Task<JsonNode?> AskAsync(
        HttpMethod method,
        string path,
        JsonNode? body,
        string? registryAuth,
        CancellationToken cancellationToken)
    {
        try
        {
            return await engine.Http.AskAsync(method, path, body, registryAuth, cancellationToken).ConfigureAwait(false);
        }
        catch (ProException exception) when (exception.InnerException is
            DockerApiException { StatusCode: HttpStatusCode.ServiceUnavailable } refused
            && EngineFaults.MessageOf(refused).Contains("not a swarm manager", StringComparison.OrdinalIgnoreCase))
        {
            throw SwarmErrors.NotAManager(engine.Endpoint.ToString(), refused);
        }
    }
}
