using System.Globalization;
using Pro.DockerVersioning.Deployment.Container.Swap;
using Pro.DockerVersioning.Deployment.Health;
using Pro.DockerVersioning.Deployment.Health.Probes;
using Pro.DockerVersioning.Deployment.Strategies;
using Pro.DockerVersioning.Engine.Api;

namespace Pro.DockerVersioning.Deployment;

/// <summary>The longest time for which a swap can leave a service down, for the plan.</summary>
internal sealed class LongestDowntime(ContainerApi calls, DeploymentRequest request)
{
    // A candidate that isn't healthy gets no longer to stop: what it does is thrown away.
    private static readonly TimeSpan CandidateStop = TimeSpan.FromSeconds(10);

    /// <summary>The plan's line; null if nothing of the service runs. Without a flow compose replaces the containers.</summary>
    public async Task<string?> DescribeAsync(
        ServiceTarget target, SuppliedImage image, string version, SwapFlow? flow, CancellationToken cancellationToken)
    {
        ContainerView? first = null;
        var stop = TimeSpan.Zero;
        foreach (var container in target.Containers.Where(one => one.IsRunning))
        {
            if (await calls.FindAsync(container.Id, cancellationToken).ConfigureAwait(false) is { } inspection)
            {
                first ??= inspection;
                stop = ContainerApi.StopTimeOf(inspection) is var own && own > stop ? own : stop;
            }
        }

        if (first is not { } running)
        {
            return null;
        }

        var name = request.Service.Name;
        var newImage = image.LocalId is { } id ? await calls.FindImageAsync(id, cancellationToken).ConfigureAwait(false) : null;
        if (newImage is null && flow is not (null or SwapFlow.StopFirst))
        {
            return OfStartFirst(version, flow.Value, stop, mayHaveCheck: true);
        }

        if (newImage is null && request.HealthTimeout is null)
        {
            return $"{name}: if {version} doesn't get healthy, {name} is down for {Text(stop)} at most to stop, "
                + $"for the start period and the time-out of its HEALTHCHECK and {Text(request.KnownNeed)} or its retries "
                + "(at most 5 s apart), and until the previous version has started again. The image isn't here yet, and tells it then.";
        }

        var oldImage = await calls.FindImageAsync(running.ImageId, cancellationToken).ConfigureAwait(false);
        var check = PlannedHealthCheck.Of(running, oldImage, newImage);
        if (flow is not (null or SwapFlow.StopFirst))
        {
            return OfStartFirst(version, flow.Value, stop, mayHaveCheck: check is not null);
        }

        var wait = WaitFor(check, PublishedPorts.IsAskedFor(running));
        return $"{name}: if {version} doesn't get healthy, {name} is down for at most "
            + $"{Text(stop + wait + CandidateStop)} ({Text(stop)} to stop, {Text(wait)} for the verdict, "
            + $"{Text(CandidateStop)} to stop {version}), and until the previous version has started again.";
    }

    /// <summary>Both run until the new one is verified; what can fail after that is short.</summary>
    private string? OfStartFirst(string version, SwapFlow flow, TimeSpan stop, bool mayHaveCheck)
    {
        var name = request.Service.Name;
        var alone = StartFirstSwap.Grace + stop + StartFirstSwap.LastLook + CandidateStop;
        var parts = new List<string>();
        if (flow != SwapFlow.StartFirst)
        {
            parts.Add($"if {version} doesn't answer on the ports once it has them, {name} is down "
                + $"for at most {Text(StartFirstSwap.LastLook)}, and until the previous version has them again");
        }

        if (mayHaveCheck && flow != SwapFlow.WarmDetached)
        {
            parts.Add($"if {version} fails its HEALTHCHECK once the old container has stopped, {name} is down for at most {Text(alone)} "
                + $"({Text(StartFirstSwap.Grace + stop)} to stop, {Text(StartFirstSwap.LastLook)} for the verdict, "
                + $"{Text(CandidateStop)} to stop {version}), and until the previous version has started again");
        }

        return parts.Count == 0 ? null : $"{name}: {string.Join("; ", parts)}.";
    }

    private TimeSpan WaitFor(HealthCheck? check, bool hasPorts)
    {
        var isVerified = check is not null || request.HealthUrl is not null;
        var verdict = isVerified
            ? request.HealthTimeout ?? check?.BoundFor(request.KnownNeed) ?? request.KnownNeed + UrlProbes.RequestTime
            : new VerificationOptions().StabilityTime;
        return hasPorts ? verdict + FinalAddressCheck.LongestFor(request.RetryTimeFor(isVerified)) : verdict;
    }

    private static string Text(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.#} s");
}
