using System.Text.Json;
using System.Text.Json.Serialization;

namespace Pro.DockerVersioning.Cleaning.Tasks;

/// <summary>A clean-up that a scheduler of the system starts: what is written beside its script, so that it can be listed and taken
/// away.</summary>
internal sealed record CleanupTask
{
    /// <summary>Its name: letters, digits, '-' and '_'.</summary>
    public required string Name { get; init; }

    /// <summary>Who starts it.</summary>
    public required ProTaskScheduler Scheduler { get; init; }

    /// <summary>The days of the week; empty: every day.</summary>
    public IReadOnlyList<DayOfWeek> Days { get; init; } = [];

    /// <summary>The time of day.</summary>
    public required TimeOnly At { get; init; }

    /// <summary>The repository's folder, in which it runs.</summary>
    public required string Folder { get; init; }

    /// <summary>The shell: pwsh.</summary>
    public required string Shell { get; init; }

    /// <summary>The script that the shell runs.</summary>
    public required string Script { get; init; }

    /// <summary>The log that the script writes.</summary>
    public required string Log { get; init; }

    /// <summary>When it runs.</summary>
    [JsonIgnore]
    public CleanupSchedule Schedule => new(Days, At);

    /// <summary>The shell's arguments. They say themselves that nobody is there to answer.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> Arguments => Scheduler == ProTaskScheduler.TaskScheduler
        ? ["-NoLogo", "-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Bypass", "-File", Script]
        : ["-NoLogo", "-NoProfile", "-NonInteractive", "-File", Script];

    /// <summary>As a file.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, CleanupTaskContext.Default.CleanupTask);

    /// <summary>From a file; null if it is none of ours.</summary>
    public static CleanupTask? FromJson(string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, CleanupTaskContext.Default.CleanupTask);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>The serializer that the compiler writes.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, UseStringEnumConverter = true)]
[JsonSerializable(typeof(CleanupTask))]
internal sealed partial class CleanupTaskContext : JsonSerializerContext;
