using System.Diagnostics;
using System.Globalization;
using Pro.DockerVersioning.Deployment.Health.Probes;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Machine;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Deployment.Health;

/// <summary>One verification or watch under way: the proof and the container's life side by side, whichever decides first.</summary>
internal sealed class VerificationRun(
    EngineConnection engine, string id, VerificationOptions options, ContainerWatch watch, IProgress<Report> progress)
{
    private const int HealthLogLines = 5;

    // While watching: so many bad answers of the health URL in a row are a failure.
    private const int WatchFailures = 3;
    private static readonly TimeSpan EventPatience = TimeSpan.FromMilliseconds(500);
    private readonly TimeMeter _clock = Clock.Start();
    private ProHealthProof _kind = ProHealthProof.HealthCheck;
    private IHealthVerifier? _proof;

    private string Subject => options.Subject ?? Name;

    private string Name => watch.First.Container?.Name is { Length: > 0 } name ? name : id;

    /// <summary>Runs the proof until it, the container's end, the engine's verdict or the time decides.</summary>
    public async Task<HealthFinding> VerifyAsync(ContainerStart start, CancellationToken cancellationToken)
    {
        var proof = ChooseProof();
        var finding = await FirstAsync(
            [
                proof.RunAsync,
                stop => FollowAsync(
                    start,
                    proof.Kind == ProHealthProof.HealthCheck,
                    until: options.HealthTimeout is null ? null : ProHealth.Healthy,
                    stop),
                stop => LateAsync(HealthTimeLimit.For(proof, options), proof, stop),
            ],
            cancellationToken).ConfigureAwait(false);
        return finding.Health is ProHealth.Healthy or ProHealth.Running && !finding.IsNewStart
            ? await ConfirmAsync(start, finding, cancellationToken).ConfigureAwait(false)
            : finding;
    }

    /// <summary>Follows a container that was found well, for what is left of a time.</summary>
    public async Task<HealthFinding> WatchAsync(
        ContainerStart start, VerificationResult verified, TimeSpan time, CancellationToken cancellationToken)
    {
        _kind = verified.Proof;
        Show("watching");
        var stillWell = new HealthFinding(verified.Health, verified.Health == ProHealth.Healthy ? "stayed healthy" : "kept running");
        List<Func<CancellationToken, Task<HealthFinding>>> sources =
        [
            stop => FollowAsync(start, usesHealth: verified.Proof == ProHealthProof.HealthCheck, until: ProHealth.Unhealthy, stop),
            async stop =>
            {
                var left = time - _clock.Elapsed;
                await Clock.Delay(left > TimeSpan.Zero ? left : TimeSpan.Zero, stop).ConfigureAwait(false);
                return stillWell;
            },
        ];
        if (verified.Proof == ProHealthProof.HealthUrl && options.HealthUrl is { } address)
        {
            var url = UrlProof(address);
            _proof = url;
            sources.Add(stop => url.WatchAsync(options.WatchInterval, WatchFailures, stop));
        }

        var finding = await FirstAsync(sources, cancellationToken).ConfigureAwait(false);
        return ReferenceEquals(finding, stillWell)
            ? await ConfirmAsync(start, finding, cancellationToken).ConfigureAwait(false)
            : finding;
    }

    /// <summary>The engine's restart has started the container again: from now on that start is judged.</summary>
    public ContainerStart StartAnew()
    {
        progress.Report(new WarningReport(
            $"{Subject} was started again with the engine while it was verified; the verification begins anew."));
        return new ContainerStart(watch.Latest.StartedAt, watch.Latest.Container?.RestartCount ?? 0);
    }

    public async Task<VerificationResult> ResultAsync(HealthFinding finding, CancellationToken cancellationToken)
    {
        var duration = _clock.Elapsed;
        var last = watch.Latest;
        var exitCode = await ExitCodeAsync(finding, last.Container, cancellationToken).ConfigureAwait(false);
        var reason = finding.Reason + (exitCode is null ? "" : string.Create(CultureInfo.InvariantCulture, $" (exit code {exitCode})"));
        string[] ownWord = _proof?.LastText is { } text ? [text] : [];
        Say(reason);
        return new VerificationResult
        {
            Health = finding.Health,
            Proof = _kind,
            Container = Name,
            Image = watch.First.Container?.Image ?? "",
            Reason = reason,
            Duration = duration,
            HealthLog = _kind == ProHealthProof.HealthCheck ? [.. last.HealthLog.TakeLast(HealthLogLines), .. ownWord] : ownWord,
            LogTail = await ContainerLogs.TailAsync(engine, id, options.LogLines, cancellationToken).ConfigureAwait(false),
            ExitCode = exitCode,
            OutOfMemory = last.State.Flag("OOMKilled"),
            RestartCount = last.Container?.RestartCount ?? 0,
            StartedAt = last.StartedAt,
        };
    }

    public void Done() => progress.Report(Bar("") with { Completed = true });

    private IHealthVerifier ChooseProof()
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
        _kind = _proof.Kind;
        if (_kind == ProHealthProof.Stability && options.HealthTimeout is { } unused)
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

    private HealthUrlVerifier UrlProof(Uri address)
    {
        // Whose network it shares has the ports, and isn't looked at here.
        if (options.IsHealthUrlOfHost && watch.Latest.Container is { IsRunning: true } container && container.NetworkMode != "host"
            && !container.NetworkMode.StartsWith(HostPort.Shared, StringComparison.Ordinal))
        {
            HostPort.ThrowIfNotPublished(Subject, address, container);
        }

        return new HealthUrlVerifier(
            address,
            async stop => options.AsksHealthUrlInside ? new InnerUrlProbe(engine, id, address)
                : options.IsHealthUrlOfHost ? await UrlProbes.ForAsync(engine, id, address, stop).ConfigureAwait(false)
                : new UrlProbe(address),
            Say);
    }

    private async Task<HealthFinding> LateAsync(TimeSpan timeout, IHealthVerifier proof, CancellationToken cancellationToken)
    {
        await Clock.Delay(timeout, cancellationToken).ConfigureAwait(false);
        if (options.HealthTimeout is null && proof.LeastWait > timeout)
        {
            await Clock.Delay(proof.LeastWait - timeout, cancellationToken).ConfigureAwait(false);
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

    private async Task<HealthFinding> FollowAsync(
        ContainerStart start, bool usesHealth, ProHealth? until, CancellationToken cancellationToken)
    {
        DateTimeOffset? underWay = null;
        await foreach (var now in watch.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (start.EndIn(now) is { } end)
            {
                return end;
            }

            // The first check to end may have begun before the look.
            underWay ??= now.LastCheck == watch.First.LastCheck ? null : now.LastCheck;
            if (usesHealth
                && now.EngineHealth is { } healthy
                && (!options.IsSecondLook
                    || (underWay is not null && (!healthy || (now.LastCheck != underWay && now.LastCheckSucceeded))))
                && (healthy ? HealthCheckVerifier.Healthy : HealthCheckVerifier.Unhealthy) is var verdict
                && (until ?? verdict.Health) == verdict.Health)
            {
                return verdict;
            }
        }

        throw new UnreachableException();
    }

    // A check can succeed in the last moment of a container.
    private async Task<HealthFinding> ConfirmAsync(ContainerStart start, HealthFinding well, CancellationToken cancellationToken)
    {
        var now = await watch.LookAsync(cancellationToken).ConfigureAwait(false);
        return start.EndIn(now) ?? (now.State.Flag("Paused") ? new HealthFinding(ProHealth.Unhealthy, "stands paused") : well);
    }

    private async Task<long?> ExitCodeAsync(HealthFinding finding, ContainerView? last, CancellationToken cancellationToken) =>
        finding.Health is not (ProHealth.Exited or ProHealth.Restarting) || last is { Status: "created" } ? null
            : last is { } ended && (!ended.IsRunning || ended.IsRestarting) ? ended.ExitCode
            : await watch.ExitCodeAsync(EventPatience, cancellationToken).ConfigureAwait(false);

    private void Say(string what) => progress.Report(new VerboseReport($"{Subject}: {what}."));

    private void Show(string status) => progress.Report(Bar(status));

    private ProgressReport Bar(string status) =>
        new($"{id}/verification", $"Verifying {Subject}", status) { ParentKey = options.ProgressParent };
}
