using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Tests.History;

/// <summary>Entries as commands make them.</summary>
internal static class Entries
{
    public static readonly DateTimeOffset Noon = new(2026, 9, 14, 12, 0, 0, TimeSpan.Zero);

    public static ProHistoryEntry Build(string service, string version, DateTimeOffset? time = null) => new()
    {
        Kind = ProHistoryKind.Build,
        Service = service,
        Version = ProVersion.Parse(version),
        Reference = $"registry.example.com/pro/{service}:{version}",
        Engine = "tcp://engine.example.com:2376",
        Outcome = "Built",
        Time = time ?? Noon,
    };

    public static ProHistoryEntry Deploy(string version, string? from, DateTimeOffset time, bool isVerified = true) =>
        Build("api", version, time) with
    {
        Kind = ProHistoryKind.Deploy,
        Target = "shop/api",
        From = from is null ? null : ProVersion.Parse(from),
        Outcome = isVerified ? "Succeeded" : "RestoredPrevious",
        IsVerified = isVerified,
    };

    /// <summary>Every property has a value of its own.</summary>
    public static ProHistoryEntry Full { get; } = new()
    {
        Time = Noon,
        Kind = ProHistoryKind.Rollback,
        User = "ana",
        Host = "build-1",
        Engine = "tcp://engine-2.example.com:2376",
        Service = "api",
        Target = "shop/api",
        From = ProVersion.Parse("v1.2.3+build.7"),
        Version = ProVersion.Parse("v1.2.2"),
        Reference = "registry.example.com/pro/api:v1.2.2",
        Digest = "sha256:" + new string('a', 64),
        ImageId = "sha256:" + new string('b', 64),
        Strategy = "Compose",
        Order = "start-first",
        Outcome = "Succeeded",
        IsVerified = true,
        Duration = TimeSpan.FromMilliseconds(2125),
        HealthyAfter = TimeSpan.FromMilliseconds(630),
        Downtime = TimeSpan.FromMilliseconds(240),
        Reason = "错误率上升 \"5xx\"\nsince noon",
        Message = "said\r\nso",
        LogTail = ["one", "two\tthree"],
    };
}

/// <summary>Keeps what is reported.</summary>
internal sealed class Kept : IProgress<Report>
{
    private readonly List<Report> _reports = [];
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IReadOnlyList<string> Warnings => Of<WarningReport>(report => report.Message);

    public IReadOnlyList<string> Verbose => Of<VerboseReport>(report => report.Message);

    public void Report(Report value)
    {
        lock (_reports)
        {
            _reports.Add(value);
            _next.SetResult();
            _next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>Waits until what was reported is as it should be.</summary>
    public async Task UntilAsync(Func<Kept, bool> condition, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task next;
            lock (_reports)
            {
                next = _next.Task;
            }

            if (condition(this))
            {
                return;
            }

            await next.WaitAsync(TimeSpan.FromMinutes(1), cancellationToken);
        }
    }

    private List<string> Of<T>(Func<T, string> text)
    {
        lock (_reports)
        {
            return [.. _reports.OfType<T>().Select(text)];
        }
    }
}
