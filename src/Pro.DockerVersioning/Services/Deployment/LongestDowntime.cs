using System.Globalization;
using System.Text.Json.Nodes;
using Docker.DotNet.Models;
using Pro.DockerVersioning.Services.Containers;
using Pro.DockerVersioning.Services.Verification;

namespace Pro.DockerVersioning.Services.Deployment;

/// <summary>The longest time for which stop-first leaves a service down, for the plan.</summary>
internal sealed class LongestDowntime(ContainerCalls calls, DeploymentRequest request)
{
    // A candidate that isn't healthy gets no longer to stop: what it does is thrown away.
    private static readonly TimeSpan CandidateStop = TimeSpan.FromSeconds(10);

    /// <summary>The plan's line; null if nothing of the service runs.</summary>
    /// <param name="target">What runs the service.</param>
    /// <param name="image">The image that is to run.</param>
    /// <param name="version">Its version.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    public async Task<string?> DescribeAsync(
        ServiceTarget target, SuppliedImage image, string version, CancellationToken cancellationToken)
    {
        JsonObject? first = null;
        var stop = TimeSpan.Zero;
        foreach (var container in target.Containers.Where(one => one.IsRunning))
        {
            if (await calls.FindAsync(container.Id, cancellationToken).ConfigureAwait(false) is { } inspection)
            {
                first ??= inspection;
                stop = ContainerCalls.StopTimeOf(inspection) is var own && own > stop ? own : stop;
            }
        }

        if (first is null)
        {
            return null;
        }

        var newImage = image.LocalId is { } id ? await calls.FindImageAsync(id, cancellationToken).ConfigureAwait(false) : null;
        if (newImage is null && request.HealthTimeout is null)
        {
            return $"{request.Service.Name}: if {version} doesn't get healthy, {request.Service.Name} is down for {Text(stop)} at most to stop, "
                + $"for the start period and the time-out of its HEALTHCHECK and {Text(request.KnownNeed)} or its retries (at most 5 s apart), "
                + "and until the previous version has started again. The image isn't here yet, and tells it then.";
        }

        var oldImage = await calls.FindImageAsync(first.Text("Image"), cancellationToken).ConfigureAwait(false);
        var wait = WaitFor(first, oldImage, newImage);
        return $"{request.Service.Name}: if {version} doesn't get healthy, {request.Service.Name} is down for at most "
            + $"{Text(stop + wait + CandidateStop)} ({Text(stop)} to stop, {Text(wait)} for the verdict, {Text(CandidateStop)} to stop {version}), "
            + "and until the previous version has started again.";
    }

    /// <summary>The HEALTHCHECK that a container gets that is re-created on another image: its operator's fields, else the image's.</summary>
    internal static HealthCheck? CheckOf(JsonObject old, JsonObject? oldImage, JsonObject? newImage)
    {
        var check = newImage?["Config"]?["Healthcheck"]?.DeepClone() as JsonObject ?? [];
        foreach (var (field, value) in OperatorConfig.From(old, oldImage ?? []).Members("Healthcheck"))
        {
            if (!InspectJson.IsNothing(value))
            {
                check[field] = value!.DeepClone();
            }
        }

        return HealthCheck.Of(new ContainerInspectResponse
        {
            Config = new ContainerConfig
            {
                Healthcheck = new HealthcheckConfig
                {
                    Test = [.. check.Texts("Test")],
                    Interval = Span(check["Interval"]),
                    Timeout = Span(check["Timeout"]),
                    StartPeriod = Span(check["StartPeriod"]),
                    Retries = (long?)check["Retries"],
                },
            },
        });
    }

    private TimeSpan WaitFor(JsonObject old, JsonObject? oldImage, JsonObject? newImage)
    {
        var options = new VerificationOptions();
        return CheckOf(old, oldImage, newImage) is { } check
            ? request.HealthTimeout ?? check.BoundFor(request.KnownNeed)
            : request.HealthUrl is not null ? request.HealthTimeout ?? request.KnownNeed + options.RequestTimeout
            : options.StabilityTime;
    }

    private static TimeSpan? Span(JsonNode? nanoseconds) =>
        (long?)nanoseconds is { } number ? TimeSpan.FromTicks(number / TimeSpan.NanosecondsPerTick) : null;

    private static string Text(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.#} s");
}
