using System.Globalization;
using Pro.DockerVersioning.Machine;

namespace Pro.DockerVersioning.Deployment.Locking;

/// <summary>A lock as the labels of a volume or of a swarm's config say it: who holds it, since when, doing what.</summary>
internal sealed record LockInfo
{
    /// <summary>Every claim has it.</summary>
    public const string Label = "pro.dockerversioning.lock";

    /// <summary>The target.</summary>
    public required string Target { get; init; }

    /// <summary>Tells its holder from any other of the same target.</summary>
    public required string Nonce { get; init; }

    /// <summary>The nonce of the chain's first claim: see <see cref="LockStore"/>. Its holder's own, unless it was taken over.</summary>
    public required string Chain { get; init; }

    /// <summary>The claim's number in its chain.</summary>
    public long Renewal { get; init; }

    /// <summary>Whether it is given back right now: the claim is the chain's last, and its holder removes them all.</summary>
    public bool Ends { get; init; }

    /// <summary>What is being done.</summary>
    public required string Operation { get; init; }

    /// <summary>Who does it.</summary>
    public required string User { get; init; }

    /// <summary>The machine on which it is done.</summary>
    public required string Host { get; init; }

    /// <summary>The process that does it.</summary>
    public required LockProcess Process { get; init; }

    /// <summary>When it was taken, by that machine's clock. It is shown, and nothing is decided by it.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>The service that it is about; null if it is about none, or an older version of this module has made it.</summary>
    public string? Service { get; init; }

    /// <summary>The service's repository; null like <see cref="Service"/>.</summary>
    public string? Repository { get; init; }

    /// <summary>See <see cref="LockRequest.Note"/>.</summary>
    public string? Note { get; init; }

    /// <summary>The note of the operation that was taken over, or what that one had taken over: a repair may die as well.</summary>
    public string? Interrupted { get; init; }

    /// <summary>A lock of this process.</summary>
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
            Process = LockProcess.Current,
            Since = now,
            Service = request.Service,
            Repository = request.Repository,
            Note = request.Note,
        };
    }

    /// <summary>Reads labels; null if somebody else has made the object. Pure.</summary>
    internal static LockInfo? Read(IReadOnlyDictionary<string, string> labels)
    {
        if (labels.GetValueOrDefault(Label) != "Lock"
            || Get("nonce") is not { Length: > 0 } nonce
            || Get("target") is not { } target
            || !int.TryParse(Get("process"), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            || !DateTimeOffset.TryParse(Get("since"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var since))
        {
            return null;
        }

        return new LockInfo
        {
            Target = target,
            Nonce = nonce,

            // An older version of this module has written a lock without these: it is a first claim.
            Chain = Get("chain") ?? nonce,
            Renewal = long.TryParse(Get("renewal"), NumberStyles.None, CultureInfo.InvariantCulture, out var renewal) ? renewal : 0,
            Ends = Get("ends") is not null,
            Operation = Get("operation") ?? "",
            User = Get("user") ?? "",
            Host = Get("host") ?? "",
            Process = new LockProcess(Get("machine") ?? "", Get("boot") ?? "", id, Get("process-start") ?? ""),
            Since = since,
            Service = Get("service"),
            Repository = Get("repository"),
            Note = Get("note"),
            Interrupted = Get("cut-off"),
        };

        string? Get(string name) => labels.GetValueOrDefault($"{Label}.{name}");
    }

    /// <summary>Writes the labels. Pure.</summary>
    internal Dictionary<string, string> ToLabels()
    {
        var labels = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            [Label] = "Lock",
            [Label + ".target"] = Target,
            [Label + ".nonce"] = Nonce,
            [Label + ".chain"] = Chain,
            [Label + ".renewal"] = Renewal.ToString(CultureInfo.InvariantCulture),
            [Label + ".ends"] = Ends ? "true" : null,
            [Label + ".operation"] = Operation,
            [Label + ".user"] = User,
            [Label + ".host"] = Host,
            [Label + ".machine"] = Process.Machine,
            [Label + ".boot"] = Process.Boot,
            [Label + ".process"] = Process.Id.ToString(CultureInfo.InvariantCulture),
            [Label + ".process-start"] = Process.Start,
            [Label + ".since"] = Since.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
            [Label + ".service"] = Service,
            [Label + ".repository"] = Repository,
            [Label + ".note"] = Note,
            [Label + ".cut-off"] = Interrupted,
        };
        return labels.Where(one => one.Value is not null).ToDictionary(one => one.Key, one => one.Value!, StringComparer.Ordinal);
    }

    /// <summary>The lock in a sentence's part.</summary>
    /// <returns>For example "roll back api to v1.2.2, by alice on build-1 (process 4711), since …".</returns>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Operation}, by {User} on {Host} (process {Process.Id}), since {Since:u}");
}
