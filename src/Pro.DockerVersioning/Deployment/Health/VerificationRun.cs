using System.Diagnostics;
using System.Globalization;
using Pro.DockerVersioning.Deployment.Health.Probes;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Deployment.Health;

/// <summary>One verification or watch under way: the proof and the container's life side by side, whichever decides first.</summary>
internal sealed class VerificationRun(
    EngineConnection engine, string id, VerificationOptions options, ContainerWatch watch, IProgress<Report> progress)
{
    private const int HealthLogLines = 5;
    private static readonly TimeSpan EventPatience = TimeSpan.FromMilliseconds(500);
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private IHealthVerifier? _proof;

    /// <summary>Since the call.</summary>
    public TimeSpan Elapsed => _clock.Elapsed;

    private string Subject => options.Subject ?? Name;

    private string Name => Field(watch.First.Container?.Name?.TrimStart('/'), id);

    /// <summary>The way to prove this container well.</summary>
    public IHealthVerifier ChooseProof()
    {
        _proof = watch.Latest.Container is { } container && HealthCheck.Of(container) is { } check
            ? new HealthCheckVerifier(
                engine,
                id,
                options.IsSecondLook ? check with { StartPeriod = TimeSpan.Zero } : check,
                () => watch.Latest.EngineHealth == true,
                Say,
                countsFailures: options.HealthTimeout is null)
            : options.HealthUrl is { } address ? UrlProof(address)
            : new StabilityVerifier(options.StabilityTime);
        if (_proof.Kind == ProHealthProof.Stability && options.HealthTimeout is { } unused)
        {
            progress.Report(new WarningReport(string.Create(
                CultureInfo.InvariantCulture,
                $"{Subject}: the health time-out of {unused.TotalSeconds:0.#} s has no effect. There is no HEALTHCHECK and no healthUrl, "
                    + $"so it is verified by {_proof.Description}.")));
        }

        Say($"is verified by {_proof.Description}");
        Show(_proof.Description);
        return _proof;
    }

    /// <summary>Runs the proof until it, the container's end, the engine's verdict or the time decides.</summary>
    public async Task<HealthFinding> VerifyAsync(ContainerStart baseline, IHealthVerifier proof, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var finding = await FirstAsync(
            [
                proof.RunAsync,
                stop => FollowAsync(
                    baseline,
                    proof.Kind == ProHealthProof.HealthCheck,
                    until: options.HealthTimeout is null ? null : ProHealth.Healthy,
                    stop),
                stop => LateAsync(timeout, proof, stop),
            ],
            cancellationToken).ConfigureAwait(false);
        return finding.Health is ProHealth.Healthy or ProHealth.Running && !finding.IsNewStart
            ? await ConfirmAsync(baseline, finding, cancellationToken).ConfigureAwait(false)
            : finding;
    }

    /// <summary>Follows a container that was found well, for so long.</summary>
    public async Task<HealthFinding> WatchAsync(
        ContainerStart baseline, VerificationResult verified, TimeSpan time, CancellationToken cancellationToken)
    {
        Show("watching");
        var stillWell = new HealthFinding(verified.Health, verified.Health == ProHealth.Healthy ? "stayed healthy" : "kept running");
        List<Func<CancellationToken, Task<HealthFinding>>> sources =
        [
            stop => FollowAsync(baseline, usesHealth: verified.Proof == ProHealthProof.HealthCheck, until: ProHealth.Unhealthy, stop),
            stop => AfterAsync(time, stillWell, stop),
        ];
        if (verified.Proof == ProHealthProof.HealthUrl && options.HealthUrl is { } address)
        {
            var url = UrlProof(address);
            _proof = url;
            sources.Add(stop => url.WatchAsync(options.WatchInterval, options.WatchFailures, stop));
        }

        var finding = await FirstAsync(sources, cancellationToken).ConfigureAwait(false);
        return ReferenceEquals(finding, stillWell)
            ? await ConfirmAsync(baseline, finding, cancellationToken).ConfigureAwait(false)
            : finding;
    }

    /// <summary>The engine's restart has started the container again: from now on that start is judged.</summary>
    public ContainerStart StartAnew()
    {
        progress.Report(new WarningReport(
            $"{Subject} was started again with the engine while it was verified; the verification begins anew."));
        return new ContainerStart(watch.Latest.StartedAt, watch.Latest.Container?.RestartCount ?? 0);
    }

    /// <summary>The finding with all that explains it.</summary>
    public async Task<VerificationResult> ResultAsync(HealthFinding finding, ProHealthProof proof, CancellationToken cancellationToken)
    {
        var duration = Elapsed;
        var last = watch.Latest;
        var exitCode = await ExitCodeAsync(finding, last, cancellationToken).ConfigureAwait(false);
        var code = exitCode is null ? "" : string.Create(CultureInfo.InvariantCulture, $" (exit code {exitCode})");
        var ownWord = _proof?.LastText is { } text ? [text] : Array.Empty<string>();
        Say(finding.Reason + code);
        return new VerificationResult
        {
            Health = finding.Health,
            Proof = proof,
            Container = Name,
            Image = Field(watch.First.Container?.Config?.Image, ""),
            Reason = finding.Reason + code,
            Duration = duration,
            HealthLog = proof == ProHealthProof.HealthCheck ? [.. last.HealthLog.TakeLast(HealthLogLines), .. ownWord] : ownWord,
            LogTail = await ContainerLogs.TailAsync(engine, id, options.LogLines, cancellationToken).ConfigureAwait(false),
            ExitCode = exitCode,
            OutOfMemory = last.State?.OOMKilled ?? false,
            RestartCount = last.Container?.RestartCount ?? 0,
            StartedAt = last.StartedAt,
        };
    }

    private HealthUrlVerifier UrlProof(Uri address)
    {
        if (options.IsHealthUrlOfHost && UrlProbes.MeansHost(address) && watch.Latest.Container is { } container)
        {
            HostPort.ThrowIfNotPublished(Subject, address, container);
        }

        return new HealthUrlVerifier(
            address,
            async stop => options.AsksHealthUrlInside ? new InnerUrlProbe(engine, id, address, options.RequestTimeout)
                : options.IsHealthUrlOfHost
                ? await UrlProbes.ForAsync(engine, id, address, options.RequestTimeout, stop).ConfigureAwait(false)
                : new UrlProbe(address, options.RequestTimeout),
            options.RequestTimeout,
            Say);
    }

    /// <summary>Takes the bar away.</summary>
    public void Done() => progress.Report(Bar("") with { Completed = true });

    private static string Field(string? text, string otherwise) => string.IsNullOrEmpty(text) ? otherwise : text;

    private static async Task<HealthFinding> AfterAsync(TimeSpan time, HealthFinding finding, CancellationToken cancellationToken)
    {
        await Task.Delay(time > TimeSpan.Zero ? time : TimeSpan.Zero, cancellationToken).ConfigureAwait(false);
        return finding;
    }

    private async Task<HealthFinding> LateAsync(TimeSpan timeout, IHealthVerifier proof, CancellationToken cancellationToken)
    {
        await Task.Delay(timeout, cancellationToken).ConfigureAwait(false);
        if (options.HealthTimeout is null && proof.LeastWait > timeout)
        {
            await Task.Delay(proof.LeastWait - timeout, cancellationToken).ConfigureAwait(false);
            timeout = proof.LeastWait;
        }

        var last = proof.LastText is { } text ? $"; last: {text}" : "";
        return new HealthFinding(
            ProHealth.TimedOut,
            string.Create(CultureInfo.InvariantCulture, $"did not get healthy within {timeout.TotalSeconds:0.###} s{last}"));
    }

    // The first finding, or the first fault; the others are ended before it goes on.
    private static async Task<HealthFinding> FirstAsync(
        IEnumerable<Func<CancellationToken, Task<HealthFinding>>> sources, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<HealthFinding>[] tasks = [.. sources.Select(source => source(stop.Token))];
        try
        {
            var first = await Task.WhenAny(tasks).ConfigureAwait(false);

            // A stream that is cancelled may fail in its own way first.
            cancellationToken.ThrowIfCancellationRequested();
            return await first.ConfigureAwait(false);
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await ((Task)Task.WhenAll(tasks)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<HealthFinding> FollowAsync(ContainerStart baseline, bool usesHealth, ProHealth? until, CancellationToken cancellationToken)
    {
        DateTime? underWay = null;
        await foreach (var now in watch.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (baseline.EndIn(now) is { } end)
            {
                return end;
            }

            // The first check to end may have begun before the look.
            underWay ??= now.LastCheck == watch.First.LastCheck ? null : now.LastCheck;
            if (usesHealth
                && now.EngineHealth is { } healthy
                && (!options.IsSecondLook
                    || (underWay is not null && (!healthy || (now.LastCheck != underWay && now.LastCheckSucceeded))))
                && Verdict(healthy) is { } verdict
                && (until ?? verdict.Health) == verdict.Health)
            {
                return verdict;
            }
        }

        throw new UnreachableException();
    }

    private static HealthFinding Verdict(bool healthy) =>
        healthy ? HealthCheckVerifier.Healthy() : HealthCheckVerifier.Unhealthy();

    // A check can succeed in the last moment of a container.
    private async Task<HealthFinding> ConfirmAsync(ContainerStart baseline, HealthFinding well, CancellationToken cancellationToken)
    {
        var now = await watch.LookAsync(cancellationToken).ConfigureAwait(false);
        return baseline.EndIn(now) ?? (now.State?.Paused == true ? new HealthFinding(ProHealth.Unhealthy, "stands paused") : well);
    }

    private async Task<long?> ExitCodeAsync(
        HealthFinding finding, ContainerSnapshot last, CancellationToken cancellationToken) => finding.Health switch
    {
        ProHealth.Exited or ProHealth.Restarting
            when last.State is { Status: not "created" } state && (!state.Running || state.Restarting) => state.ExitCode,
        ProHealth.Exited or ProHealth.Restarting when last.State is not { Status: "created" } =>
            await watch.ExitCodeAsync(EventPatience, cancellationToken).ConfigureAwait(false),
        _ => null,
    };

    private void Say(string what) => progress.Report(new VerboseReport($"{Subject}: {what}."));

    private void Show(string status) => progress.Report(Bar(status));

    private ProgressReport Bar(string status) =>
        new($"{id}/verification", $"Verifying {Subject}", status) { ParentKey = options.ProgressParent };
}
