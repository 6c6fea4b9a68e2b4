using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Pro.DockerVersioning.Machine;

namespace Pro.DockerVersioning.Deployment.Locking;

/// <summary>A lock as a label of a volume or of a swarm's config says it, in JSON: who holds it, since when, doing what.</summary>
internal sealed record LockInfo
{
    /// <summary>Every claim has it.</summary>
    public const string Label = "pro.dockerversioning.lock";

    public required string Target { get; init; }

    /// <summary>Tells its holder from any other of the same target.</summary>
    public required string Nonce { get; init; }

    /// <summary>The nonce of the chain's first claim: see <see cref="LockStore"/>. Its holder's own, unless it was taken over.</summary>
    public required string Chain { get; init; }

    /// <summary>The claim's number in its chain.</summary>
    public long Renewal { get; init; }

    /// <summary>Whether it is given back right now: the claim is the chain's last, and its holder removes them all.</summary>
    public bool Ends { get; init; }

    public required string Operation { get; init; }

    public required string User { get; init; }

    public required string Host { get; init; }

    public required ProcessIdentity Process { get; init; }

    /// <summary>When it was taken, by that machine's clock. It is shown, and nothing is decided by it.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>The service that it is about; null if it is about none.</summary>
    public string? Service { get; init; }

    /// <summary>The service's repository; null like <see cref="Service"/>.</summary>
    public string? Repository { get; init; }

    /// <summary>See <see cref="LockRequest.Note"/>.</summary>
    public string? Note { get; init; }

    /// <summary>The note of the operation that was taken over, or what that one had taken over: a repair may die as well.</summary>
    public string? Interrupted { get; init; }

    internal static LockInfo Ours(LockRequest request, DateTimeOffset now)
    {
        var nonce = Guid.NewGuid().ToString("N");
        return new LockInfo
        {
            Target = request.Target,
            Nonce = nonce,
            Chain = nonce,
            Operation = request.Operation,
            User = ProOperator.User,
            Host = ProOperator.Host,
            Process = ProcessIdentity.Current,
            Since = now,
            Service = request.Service,
            Repository = request.Repository,
            Note = request.Note,
        };
    }

    /// <summary>Reads labels; null if somebody else has made the object. Pure.</summary>
    internal static LockInfo? Read(IReadOnlyDictionary<string, string> labels)
    {
        try
        {
            return labels.TryGetValue(Label, out var json) ? JsonSerializer.Deserialize(json, LockInfoContext.Default.LockInfo) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    internal Dictionary<string, string> ToLabels() => new() { [Label] = JsonSerializer.Serialize(this, LockInfoContext.Default.LockInfo) };

    /// <summary>The lock in a sentence's part.</summary>
    /// <returns>For example "roll back api to v1.2.2, by alice on build-1 (process 4711), since …".</returns>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Operation}, by {User} on {Host} (process {Process.Id}), since {Since:u}");
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(LockInfo))]
internal sealed partial class LockInfoContext : JsonSerializerContext;
