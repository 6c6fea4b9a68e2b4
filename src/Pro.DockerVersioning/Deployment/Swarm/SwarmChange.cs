using System.Text.Json.Nodes;
using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Deployment.Swarm.Api;

namespace Pro.DockerVersioning.Deployment.Swarm;

/// <summary>What one step of an update changes in a service's specification; all else stays as the engine gave it.</summary>
internal sealed record SwarmChange(string Image, ulong ForceUpdate, JsonObject? UpdateConfig, SwarmRollbackPoint? RollbackPoint)
{
    private static readonly TimeSpan DefaultMonitor = TimeSpan.FromSeconds(5);

    /// <summary>For how long a canary's update holds before its next batch; a rollback or the second step comes long before.</summary>
    private static readonly TimeSpan Hold = TimeSpan.FromDays(365);

    /// <summary>The service's own update configuration with what the operator gave.</summary>
    public static JsonObject? Configure(JsonObject? own, SwarmUpdateOptions options)
    {
        if (options is { Parallelism: null, Delay: null, Monitor: null, FailureAction: null, Order: null })
        {
            return own?.DeepClone() as JsonObject;
        }

        var config = Editable(own);
        Set(config, "Parallelism", (long?)options.Parallelism);
        Set(config, "Delay", Nanoseconds(options.Delay));
        Set(config, "Monitor", Nanoseconds(options.Monitor));
        Set(config, "FailureAction", options.FailureAction switch
        {
            null => null,
            SwarmFailureAction.Rollback => "rollback",
            _ => "pause",
        });
        Set(config, "Order", options.Order?.ToText());
        return config;
    }

    /// <summary>The configuration of a canary's first step: so many tasks, and then nothing more.</summary>
    public static JsonObject ForCanary(JsonObject? config, int tasks)
    {
        var canary = Editable(config);
        canary["Parallelism"] = tasks;
        Set(canary, "Delay", Nanoseconds(Hold));
        return canary;
    }

    /// <summary>
    /// The same, but a failure pauses: where the engine's own "previous" is no longer the old image, its rollback would go forward.
    /// </summary>
    public static JsonObject Pausing(JsonObject? config)
    {
        var pausing = Editable(config);
        pausing["FailureAction"] = "pause";
        return pausing;
    }

    /// <summary>The configuration of a rollback: it pauses on failure, and waits for nothing between batches.</summary>
    public static JsonObject ForReturn(JsonObject? config)
    {
        var back = Pausing(config);
        back["Delay"] = 0L;
        return back;
    }

    /// <summary>The pause after each batch that a configuration says.</summary>
    public static TimeSpan DelayOf(JsonObject? config) => Span((long?)config?["Delay"] ?? 0);

    /// <summary>For how long a configuration says that failures count.</summary>
    public static TimeSpan MonitorOf(JsonObject? config) =>
        (long?)config?["Monitor"] is > 0 and var monitor ? Span(monitor) : DefaultMonitor;

    /// <summary>A specification with this change.</summary>
    public JsonObject ApplyTo(JsonObject spec)
    {
        var changed = (JsonObject)spec.DeepClone();
        var template = (JsonObject)changed["TaskTemplate"]!;
        ((JsonObject)template["ContainerSpec"]!)["Image"] = Image;
        if (ForceUpdate != ((ulong?)template["ForceUpdate"] ?? 0))
        {
            template["ForceUpdate"] = ForceUpdate;
        }

        if (UpdateConfig is null)
        {
            _ = changed.Remove("UpdateConfig");
        }
        else
        {
            changed["UpdateConfig"] = UpdateConfig.DeepClone();
        }

        Note(changed);
        return changed;
    }

    /// <summary>Whether a service has this change; but for the update configuration, into which the engine writes its defaults.</summary>
    public bool IsIn(SwarmServiceState service) =>
        service.Image == Image && service.ForceUpdate == ForceUpdate
        && service.Labels.GetValueOrDefault(SwarmRollbackPoint.Label) == RollbackPoint?.ToLabel();

    private void Note(JsonObject spec)
    {
        if (RollbackPoint is null)
        {
            _ = (spec["Labels"] as JsonObject)?.Remove(SwarmRollbackPoint.Label);
            return;
        }

        if (spec["Labels"] is not JsonObject labels)
        {
            spec["Labels"] = labels = [];
        }

        labels[SwarmRollbackPoint.Label] = RollbackPoint.ToLabel();
    }

    // A missing parallelism would mean "all at once", where the engine's default without any configuration is one task.
    private static JsonObject Editable(JsonObject? own) => own?.DeepClone() as JsonObject ?? new JsonObject { ["Parallelism"] = 1 };

    private static void Set(JsonObject config, string name, long? value)
    {
        if (value is { } number)
        {
            config[name] = number;
        }
    }

    private static void Set(JsonObject config, string name, string? value)
    {
        if (value is not null)
        {
            config[name] = value;
        }
    }

    private static long? Nanoseconds(TimeSpan? time) => time?.Ticks * TimeSpan.NanosecondsPerTick;

    private static TimeSpan Span(long nanoseconds) => TimeSpan.FromTicks(nanoseconds / TimeSpan.NanosecondsPerTick);
}
