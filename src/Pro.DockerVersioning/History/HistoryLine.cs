using System.Diagnostics.CodeAnalysis;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.History;

/// <summary>An entry as a line of JSON. Pure. Only what is named here is ever written.</summary>
internal sealed record HistoryLine
{
    /// <summary>The longest line that is read; a longer one is not a line of ours.</summary>
    public const int MaxBytes = 1 << 20;

    // What people and programs say has no bound of its own.
    private const int MaxText = 4000;
    private const int MaxLogLine = 500;
    private const int MaxLogLines = 100;

    private static readonly HistoryLineContext Json = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
        // The line is read by people too, and goes into no HTML.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    public DateTimeOffset Time { get; init; }

    public string? Kind { get; init; }

    public string? User { get; init; }

    public string? Host { get; init; }

    public string? Engine { get; init; }

    public string? Service { get; init; }

    public string? Target { get; init; }

    public string? From { get; init; }

    public string? Version { get; init; }

    public string? Reference { get; init; }

    public string? Digest { get; init; }

    public string? ImageId { get; init; }

    public string? Strategy { get; init; }

    public string? Order { get; init; }

    public string? Outcome { get; init; }

    public bool Verified { get; init; }

    /// <summary>Seconds.</summary>
    public double? Duration { get; init; }

    /// <summary>Seconds.</summary>
    public double? HealthyAfter { get; init; }

    /// <summary>Seconds.</summary>
    public double? Downtime { get; init; }

    public string? Reason { get; init; }

    public string? Message { get; init; }

    public IReadOnlyList<string>? Log { get; init; }

    /// <summary>The line, with its line feed.</summary>
    public static byte[] Write(ProHistoryEntry entry)
    {
        var line = new HistoryLine
        {
            Time = entry.Time.ToUniversalTime(),
            Kind = entry.Kind.ToString(),
            User = entry.User,
            Host = entry.Host,
            Engine = entry.Engine is null ? null : WithoutUser(entry.Engine),
            Service = entry.Service,
            Target = entry.Target,
            From = entry.From?.ToString(),
            Version = entry.Version?.ToString(),
            Reference = entry.Reference,
            Digest = entry.Digest,
            ImageId = entry.ImageId,
            Strategy = entry.Strategy,
            Order = entry.Order,
            Outcome = entry.Outcome,
            Verified = entry.IsVerified,
            Duration = Seconds(entry.Duration),
            HealthyAfter = Seconds(entry.HealthyAfter),
            Downtime = Seconds(entry.Downtime),
            Reason = Cut(entry.Reason, MaxText),
            Message = Cut(entry.Message, MaxText),
            Log = entry.LogTail.Count == 0 ? null : [.. entry.LogTail.TakeLast(MaxLogLines).Select(text => Cut(text, MaxLogLine)!)],
        };
        return [.. JsonSerializer.SerializeToUtf8Bytes(line, Json.HistoryLine), (byte)'\n'];
    }

    /// <summary>Reads a line; a torn one, garbage, and what a later version of the module wrote is none.</summary>
    public static bool TryRead(ReadOnlySpan<byte> utf8, [NotNullWhen(true)] out ProHistoryEntry? entry)
    {
        entry = null;
        HistoryLine? line;
        try
        {
            line = JsonSerializer.Deserialize(utf8, Json.HistoryLine);
        }
        catch (JsonException)
        {
            return false;
        }

        if (line is not { Service: { } service, Outcome: { } outcome } || line.Time == default
            || !Enum.TryParse<ProHistoryKind>(line.Kind, out var kind) || !Enum.IsDefined(kind))
        {
            return false;
        }

        entry = line.ToEntry(kind, service, outcome);
        return true;
    }

    /// <summary>An address may carry a user and a password: tcp://user:password@host.</summary>
    internal static string WithoutUser(string address) =>
        address.IndexOf("://", StringComparison.Ordinal) is var scheme and >= 0
        && address.IndexOf('@', scheme) is var at and >= 0
            ? address[..(scheme + 3)] + address[(at + 1)..]
            : address;

    private ProHistoryEntry ToEntry(ProHistoryKind kind, string service, string outcome) => new()
    {
        Time = Time,
        Kind = kind,
        User = Plain(User) ?? "",
        Host = Plain(Host) ?? "",
        Engine = Engine,
        Service = service,
        Target = Target,
        From = ToVersion(From),
        Version = ToVersion(Version),
        Reference = Reference,
        Digest = Digest,
        ImageId = ImageId,
        Strategy = Strategy,
        Order = Order,
        Outcome = outcome,
        IsVerified = Verified,
        Duration = ToSpan(Duration),
        HealthyAfter = ToSpan(HealthyAfter),
        Downtime = ToSpan(Downtime),
        Reason = Plain(Reason),
        Message = Plain(Message),
        LogTail = [.. (Log ?? []).Select(PlainText.Line)],
    };

    // Others write the file too, and what a build or container printed may have come into it before it was made safe.
    private static string? Plain(string? text) => text is null ? null : PlainText.Of(text);

    /// <summary>As an image's tag is read: versions found on images keep the short hashes that other tools gave them.</summary>
    private static ProVersion? ToVersion(string? text) =>
        ProVersion.TryFromImageTag(text?.Replace('+', '_'), out var version) ? version : null;

    private static double? Seconds(TimeSpan? span) => span is { } length ? Math.Round(length.TotalSeconds, 3) : null;

    private static TimeSpan? ToSpan(double? seconds) =>
        seconds is { } number && Math.Abs(number) < TimeSpan.MaxValue.TotalSeconds / 2 ? TimeSpan.FromSeconds(number) : null;

    private static string? Cut(string? text, int length) => text is null || text.Length <= length ? text : text[..length] + "…";
}

/// <summary>The serializer that the compiler writes: the first line costs no reflection.</summary>
[JsonSerializable(typeof(HistoryLine))]
internal sealed partial class HistoryLineContext : JsonSerializerContext;
