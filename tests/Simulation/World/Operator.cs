using Docker.DotNet.Handler.Abstractions;
using Microsoft.Extensions.Logging;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Machine;

namespace Pro.DockerVersioning.Tests.Simulation.World;

/// <summary>One who uses the module: a command at a prompt or a job. It may be killed in the middle.</summary>
internal sealed class Operator(SimulatedWorld world, string name, FaultPlan? plan = null) : IDockerHandlerFactory<EngineEndpoint>
{
    /// <summary>What it is called in a trace.</summary>
    public string Name => name;

    /// <summary>What goes wrong for it.</summary>
    public FaultPlan? Plan => plan;

    /// <summary>False once it was killed.</summary>
    public bool Lives { get; private set; } = true;

    /// <summary>The calls that it has made.</summary>
    public List<string> Calls { get; } = [];

    /// <summary>The call that went wrong; null if it was never made.</summary>
    public string? Failed { get; set; }

    /// <summary>Ends it: no call of it is answered any more, and no timer of it rings.</summary>
    public void Kill() => Lives = false;

    /// <summary>A connection of its own.</summary>
    public EngineConnection Connect() => EngineConnection.Open(
        new EngineEndpoint { Address = new Uri("unix:///var/run/docker.sock"), Source = "the simulation", OwnContainer = null },
        this,
        (_, port, _) => Task.FromResult(world.Engine.Dial(port)));

    /// <summary>Begins what it does, by its own clock, on a machine of its own.</summary>
    public async Task StartAsync(Func<EngineConnection, Task> action)
    {
        ProcessIdentity.Use(new ProcessIdentity($"machine of {name} {Guid.NewGuid():N}", Environment.ProcessId, "now"));
        Clock.Use(world.Time.ClockOf(() => Lives));
        using var connection = Connect();
        await action(connection).ConfigureAwait(false);
    }

    ResolvedTransport IDockerHandlerFactory<EngineEndpoint>.CreateHandler(
        EngineEndpoint transportOptions, ResolvedClientOptions clientOptions, ILogger logger) => CreateTransport(clientOptions);

    ResolvedTransport IDockerHandlerFactory.CreateHandler(ResolvedClientOptions clientOptions, ILogger logger) =>
        CreateTransport(clientOptions);

    async Task<WriteClosableStream> IStreamHijacker.HijackStreamAsync(HttpContent content) =>
        new ReceivedStream(await content.ReadAsStreamAsync().ConfigureAwait(false));

    private ResolvedTransport CreateTransport(ResolvedClientOptions options) =>
        new(options.AuthProvider.ConfigureHandler(new Door(world, this)), new Uri("http://docker/"));

    /// <summary>The way to the engine: a call stands here until the simulation lets it in.</summary>
    private sealed class Door(SimulatedWorld world, Operator who) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var body = request.Content is null ? [] : await request.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
            var call = new Call(who, request.Method.Method, request.RequestUri!.PathAndQuery, body);
            using var ending = cancellationToken.UnsafeRegister(
                static (state, token) => ((Call)state!).Cancel(token), call);
            world.Arrive(call);
            return await call.Answer.ConfigureAwait(false);
        }
    }

    private sealed class ReceivedStream(Stream inner) : WriteClosableStream
    {
        public override bool CanCloseWrite => true;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void CloseWrite()
        {
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            inner.ReadAsync(buffer, offset, count, cancellationToken);

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            inner.ReadAsync(buffer, cancellationToken);

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count)
        {
        }
    }
}
