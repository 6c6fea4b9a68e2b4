using System.Text.Json.Nodes;
using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Deployment.Swarm.Api;

namespace Pro.DockerVersioning.Deployment.Swarm;

/// <summary>
/// What one step of an update changes in a service's specification; all else stays as the engine gave it. Without a configuration the
/// engine's defaults hold. The rollback is noted in the service's label, which is removed if there is none.
/// </summary>
internal sealed record SwarmChange(string Image, ulong ForceUpdate, JsonObject? UpdateConfig, SwarmRollbackPoint? RollbackPoint)
{
    private static readonly TimeSpan DefaultMonitor = TimeSpan.FromSeconds(5);

    /// <summary>For how long a canary's update holds before its next batch; a rollback or the second step comes long before.</summary>
    private static readonly TimeSpan Hold = TimeSpan.FromDays(365);

    /// <summary>The service's own update configuration with what the operator gave.</summary>
    public static JsonObject? Configure(JsonObject? own, SwarmUpdateOptions options) =>
        options is { Parallelism: null, Delay: null, Monitor: null, FailureAction: null, Order: null }
            ? own?.DeepClone() as JsonObject
            : With(
                own,
                ("Parallelism", (long?)options.Parallelism),
                ("Delay", Nanoseconds(options.Delay)),
                ("Monitor", Nanoseconds(options.Monitor)),
                ("FailureAction", options.FailureAction?.ToString().ToLowerInvariant()),
                ("Order", options.Order?.ToText()));

    /// <summary>The configuration of a canary's first step: so many tasks, and then nothing more.</summary>
    public static JsonObject ForCanary(JsonObject? config, int tasks) =>
        With(config, ("Parallelism", tasks), ("Delay", Nanoseconds(Hold)));

    /// <summary>
    /// The same, but a failure pauses: where the engine's own "previous" is no longer the old image, its rollback would go forward.
    /// </summary>
    public static JsonObject Pausing(JsonObject? config) => With(config, ("FailureAction", "pause"));

    /// <summary>The configuration of a rollback: it pauses on failure, and waits for nothing between batches.</summary>
    public static JsonObject ForReturn(JsonObject? config) => With(config, ("FailureAction", "pause"), ("Delay", 0L));

    /// <summary>The pause after each batch that a configuration says.</summary>
    public static TimeSpan DelayOf(JsonObject? config) => Span((long?)config?["Delay"] ?? 0);

    /// <summary>For how long a configuration says that failures count.</summary>
    public static TimeSpan MonitorOf(JsonObject? config) =>
        (long?)config?["Monitor"] is > 0 and var monitor ? Span(monitor) : DefaultMonitor;

    /// <summary>A specification with this change.</summary>
    public JsonObject ApplyTo(JsonObject spec)
    {
        var changed = (JsonObject)spec.DeepClone();
        var template = changed["TaskTemplate"]!;
        template["ContainerSpec"]!["Image"] = Image;
        if (ForceUpdate != ((ulong?)template["ForceUpdate"] ?? 0))
        {
            template["ForceUpdate"] = ForceUpdate;
        }

        Put(changed, "UpdateConfig", UpdateConfig?.DeepClone());
        if (RollbackPoint is not null && changed["Labels"] is not JsonObject)
        {
            changed["Labels"] = new JsonObject();
        }

        Put(changed["Labels"] as JsonObject, SwarmRollbackPoint.Label, RollbackPoint?.ToLabel());
        return changed;
    }

    /// <summary>Whether a service has this change; but for the update configuration, into which the engine writes its defaults.</summary>
    public bool IsIn(SwarmServiceState service) =>
        service.Image == Image && service.ForceUpdate == ForceUpdate
        && service.Labels.GetValueOrDefault(SwarmRollbackPoint.Label) == RollbackPoint?.ToLabel();

    private static void Put(JsonObject? members, string name, JsonNode? value)
    {
        if (value is null)
        {
            _ = members?.Remove(name);
        }
        else
        {
            members![name] = value;
        }
    }

    private static JsonObject With(JsonObject? own, params (string Name, JsonNode? Value)[] settings)
    {
        // A missing parallelism would mean "all at once", where the engine's default without any configuration is one task.
        var config = own?.DeepClone() as JsonObject ?? new JsonObject { ["Parallelism"] = 1 };
        foreach (var (name, value) in settings.Where(one => one.Value is not null))
        {
            config[name] = value;
        }

        return config;
    }

    private static long? Nanoseconds(TimeSpan? time) => time?.Ticks * TimeSpan.NanosecondsPerTick;

    private static TimeSpan Span(long nanoseconds) => TimeSpan.FromTicks(nanoseconds / TimeSpan.NanosecondsPerTick);
}
