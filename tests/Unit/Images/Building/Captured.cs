using System.Text;
using Docker.DotNet;
using Pro.DockerVersioning.Images.Building;
using Pro.DockerVersioning.Images.Building.Output;
using Xunit;

namespace Pro.DockerVersioning.Tests.Images.Building;

/// <summary>
/// Outputs of real builds, by builder and case: <c>client20</c> is Docker's client 20.10.24 with BuildKit, <c>buildx</c> its 0.36,
/// <c>engine1</c> and <c>engine2</c> the answers of engine 20.10.24 to <c>POST /build</c> with version=1 and 2.
/// </summary>
internal static class Captured
{
    public static Stream Open(string name) =>
        typeof(Captured).Assembly.GetManifestResourceStream($"Pro.DockerVersioning.Tests.Images.Building.Captured.{name}.txt")
        ?? throw new FileNotFoundException(name);

    public static async Task<Replay> ReplayAsync(string name)
    {
        var replay = new Replay();
        if (name.StartsWith("engine", StringComparison.Ordinal))
        {
            await ReplayEngineAsync(name, replay);
        }
        else
        {
            await ReplayClientAsync(name, replay);
        }

        return replay;
    }

    private static async Task ReplayClientAsync(string name, Replay replay)
    {
        var reader = new PlainProgressReader(replay.Log);
        using var text = new StreamReader(Open(name));
        while (await text.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            reader.Read(line);
        }

        if (!name.EndsWith(".good", StringComparison.Ordinal))
        {
            replay.Failure = BuildFailureReader.Read(reader.Error!, replay.Log);
        }
    }

    private static async Task ReplayEngineAsync(string name, Replay replay)
    {
        var kind = name[6] == '1' ? EngineBuilderKind.Classic : EngineBuilderKind.BuildKit;
        var answer = new EngineBuildAnswer("api v1.2.3", kind, replay.Log);
        try
        {
            await foreach (var message in EngineBuildStream.ReadAsync(new Trickle(Open(name)), TestContext.Current.CancellationToken))
            {
                if (message.TryGetProperty("message", out _))
                {
                    throw answer.Refused(new DockerApiException(System.Net.HttpStatusCode.BadRequest, message.GetRawText()));
                }

                answer.Read(message);
            }

            answer.Complete();
            replay.ImageId = answer.ImageId;
        }
        catch (ProException exception)
        {
            replay.Error = exception;
            replay.Failure = (exception.InnerException as BuildFailedException)?.Failure;
        }
    }

    /// <summary>Gives one byte at a time: no reader may rely on how the network cuts its data.</summary>
    private sealed class Trickle(Stream inner) : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            inner.ReadAsync(buffer[..1], cancellationToken);
    }
}

/// <summary>What came out of a captured build.</summary>
internal sealed class Replay : IProgress<BuildProgress>
{
    private readonly List<BuildProgress> _reports = [];

    public Replay() => Log = new BuildLog(this);

    public BuildLog Log { get; }

    public IReadOnlyList<BuildProgress> Reports
    {
        get
        {
            lock (_reports)
            {
                return [.. _reports];
            }
        }
    }

    /// <summary>Is told of each report as well.</summary>
    public Action<BuildProgress>? Reported { get; set; }

    public string? ImageId { get; set; }

    public ProException? Error { get; set; }

    public BuildFailure? Failure { get; set; }

    public void Report(BuildProgress value)
    {
        lock (_reports)
        {
            _reports.Add(value);
        }

        Reported?.Invoke(value);
    }

    /// <summary>The steps as they ended: "[base 1/2] COPY x = Cached".</summary>
    public string Steps()
    {
        var text = new StringBuilder();
        foreach (var report in Reports.OfType<StepCompleted>().Where(report => report.Step.Number is not null))
        {
            text.Append(report.Step).Append(" = ").Append(report.Outcome).Append('\n');
        }

        return text.ToString();
    }

    public IEnumerable<string> Lines(string instruction) =>
        Reports.OfType<BuildLogLine>().Where(line => line.Step?.Instruction.StartsWith(instruction, StringComparison.Ordinal) == true)
            .Select(line => line.Text);
}
