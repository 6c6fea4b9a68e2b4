using System.Net.Sockets;
using Docker.DotNet;
using Docker.DotNet.Handler.Abstractions;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Engine;

/// <summary>One connection to a Docker engine. What the engine or the way to it says is translated here, once.</summary>
internal sealed class EngineConnection : IDisposable
{
    private readonly ApiVersionHandler _transport;
    private readonly ConfigWithoutLogins? _config;
    private readonly IDockerHandlerFactory<EngineEndpoint>? _engine;

    private EngineConnection(
        EngineEndpoint endpoint, ConfigWithoutLogins? config = null, IDockerHandlerFactory<EngineEndpoint>? engine = null)
    {
        _config = config;
        _engine = engine;
        var authentication = new EngineAuthentication(endpoint);
        Endpoint = endpoint;
        Client = Build(endpoint, authentication, headers: null);
        _transport = authentication.Transport!;
        Http = new EngineHttp(_transport, endpoint);
    }

    /// <summary>Where the engine is.</summary>
    public EngineEndpoint Endpoint { get; }

    /// <summary>Docker.DotNet's client; calls go through <see cref="CallAsync{T}"/>.</summary>
    public IDockerClient Client { get; }

    /// <summary>The same engine in its own JSON, for what must not pass through models, and for what Docker.DotNet lacks.</summary>
    public EngineHttp Http { get; }

    /// <summary>The newest version of the API that the engine understands; null before its first answer.</summary>
    public Version? ApiVersion => _transport.EngineVersion;

    /// <summary>
    /// The version of Podman that answers in the place of Docker's engine; null for Docker's, and before the first answer.
    /// </summary>
    public string? Podman => _transport.Podman;

    /// <summary>How this machine reaches a port that the engine publishes.</summary>
    public Func<string, int, CancellationToken, Task<Stream>> DialAsync { get; init; } = static async (host, port, stop) =>
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(host, port, stop).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    };

    /// <summary>Prepares a connection; nothing is sent yet.</summary>
    /// <exception cref="ProException">The address, context or certificates are no good.</exception>
    public static EngineConnection Open(EngineEndpoint endpoint) => new(endpoint);

    /// <summary>Connects to an engine that is no program of its own: a simulated one. All but the transport is as ever.</summary>
    /// <param name="endpoint">What it is called.</param>
    /// <param name="engine">Gives the transport.</param>
    /// <param name="dialAsync">See <see cref="DialAsync"/>.</param>
    internal static EngineConnection Open(
        EngineEndpoint endpoint,
        IDockerHandlerFactory<EngineEndpoint> engine,
        Func<string, int, CancellationToken, Task<Stream>> dialAsync) => new(endpoint, engine: engine) { DialAsync = dialAsync };

    /// <summary>The same for a command that only shows what it would do: neither the engine nor a child program gets a login.</summary>
    /// <param name="endpoint">The engine, with the headers that it may see.</param>
    /// <param name="environment">Reads a variable.</param>
    /// <exception cref="ProException">The address, context or certificates are no good.</exception>
    public static EngineConnection OpenForPlan(EngineEndpoint endpoint, Func<string, string?> environment)
    {
        var config = new ConfigWithoutLogins(endpoint with { MaySeeLogins = false }, environment);
        try
        {
            return new EngineConnection(config.Endpoint, config);
        }
        catch
        {
            config.Dispose();
            throw;
        }
    }

    /// <summary>Asks the engine, and translates what goes wrong.</summary>
    /// <exception cref="ProException">The engine can't be reached, or refuses.</exception>
    public async Task<T> CallAsync<T>(Func<IDockerClient, Task<T>> call)
    {
        try
        {
            var answer = await call(Client).ConfigureAwait(false);

            // "null" in the place of a list or an object: the models' own readers let it pass.
            return answer is not null || !IsModel(typeof(T)) ? answer : throw EngineErrors.AnswerForeign(Endpoint.ToString());
        }
        catch (Exception exception) when (EngineFaults.Translate(exception, Endpoint) is { } translated)
        {
            throw translated;
        }
    }

    /// <inheritdoc cref="CallAsync{T}"/>
    public Task CallAsync(Func<IDockerClient, Task> call) => CallAsync(async client =>
    {
        await call(client).ConfigureAwait(false);
        return true;
    });

    /// <summary>A client that sends one more header with each request: for calls that Docker.DotNet gives no credentials.</summary>
    public IDockerClient WithHeader(string name, string value) =>
        Build(Endpoint, new EngineAuthentication(Endpoint), new Dictionary<string, string> { [name] = value });

    /// <inheritdoc/>
    public void Dispose()
    {
        Http.Dispose();
        Client.Dispose();
        _config?.Dispose();
    }

    private static bool IsModel(Type type) =>
        type.Namespace == typeof(Docker.DotNet.Models.ContainerListResponse).Namespace
        || (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IList<>));

    private DockerClient Build(EngineEndpoint endpoint, EngineAuthentication authentication, Dictionary<string, string>? headers)
    {
        var builder = new DockerClientBuilder()
            .WithEndpoint(endpoint.Address)
            .WithTimeout(Timeout.InfiniteTimeSpan)
            .WithAuthProvider(authentication);
        builder = headers is null ? builder : builder.WithHeaders(headers);
        return _engine is null ? builder.Build() : builder.WithTransportOptions(_engine, endpoint).Build();
    }
}
