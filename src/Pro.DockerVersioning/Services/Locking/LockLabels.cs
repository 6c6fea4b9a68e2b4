using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Pro.DockerVersioning.Services.Locking;

/// <summary>What kind of object it is.</summary>
internal enum LockRole
{
    /// <summary>The lock itself.</summary>
    Lock,

    /// <summary>The right to remove it.</summary>
    Takeover,

    /// <summary>Says that its holder lives.</summary>
    Renewal,
}

/// <summary>A lock as the labels of a volume or of a swarm's config, which are texts. Pure.</summary>
internal static class LockLabels
{
    /// <summary>Every object of ours has it; its value is the role.</summary>
    public const string Role = "pro.dockerversioning.lock";

    /// <summary>Of a takeover or renewal: the nonce of the lock that it is about.</summary>
    public const string Of = Role + ".of";

    private const string Target = Role + ".target";
    private const string Nonce = Role + ".nonce";
    private const string Operation = Role + ".operation";
    private const string User = Role + ".user";
    private const string Host = Role + ".host";
    private const string Machine = Role + ".machine";
    private const string Boot = Role + ".boot";
    private const string ProcessId = Role + ".process";
    private const string ProcessStart = Role + ".process-start";
    private const string Since = Role + ".since";
    private const string Renewal = Role + ".renewal";
    private const string Service = Role + ".service";
    private const string Repository = Role + ".repository";
    private const string Note = Role + ".note";
    private const string CutOff = Role + ".cut-off";

    /// <summary>The labels of a lock, takeover or renewal.</summary>
    public static Dictionary<string, string> Write(LockInfo info, LockRole role, string? of)
    {
        var labels = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [Role] = role.ToString(),
            [Target] = info.Target,
            [Nonce] = info.Nonce,
            [Operation] = info.Operation,
            [User] = info.User,
            [Host] = info.Host,
            [Machine] = info.Process.Machine,
            [Boot] = info.Process.Boot,
            [ProcessId] = info.Process.Id.ToString(CultureInfo.InvariantCulture),
            [ProcessStart] = info.Process.Start,
            [Since] = Text(info.Since),
            [Renewal] = info.Renewal.ToString(CultureInfo.InvariantCulture),
        };
        if (of is not null)
        {
            labels[Of] = of;
        }

        (string Name, string? Value)[] optional =
        [
            (Service, info.Service),
            (Repository, info.Repository),
            (Note, info.Note),
            (CutOff, info.CutOff),
        ];
        foreach (var (name, value) in optional)
        {
            if (value is not null)
            {
                labels[name] = value;
            }
        }

        return labels;
    }

    /// <summary>Reads them back; an object that somebody else has made is not a lock.</summary>
    public static bool TryRead(IReadOnlyDictionary<string, string> labels, [NotNullWhen(true)] out LockInfo? info)
    {
        info = null;
        if (Get(Nonce) is not { Length: > 0 } nonce
            || Get(Target) is not { } target
            || !int.TryParse(Get(ProcessId), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            || !TryTime(Get(Since), out var since))
        {
            return false;
        }

        info = new LockInfo
        {
            Target = target,
            Nonce = nonce,
            Operation = Get(Operation) ?? "",
            User = Get(User) ?? "",
            Host = Get(Host) ?? "",
            Process = new LockProcess(Get(Machine) ?? "", Get(Boot) ?? "", id, Get(ProcessStart) ?? ""),
            Since = since,
            // A module that knew deadlines has written none: it counts as never renewed.
            Renewal = long.TryParse(Get(Renewal), NumberStyles.None, CultureInfo.InvariantCulture, out var renewal) ? renewal : 0,
            Service = Get(Service),
            Repository = Get(Repository),
            Note = Get(Note),
            CutOff = Get(CutOff),
        };
        return true;

        string? Get(string name) => labels.TryGetValue(name, out var value) ? value : null;
    }

    /// <summary>The role of an object of ours.</summary>
    public static bool TryReadRole(IReadOnlyDictionary<string, string> labels, out LockRole role)
    {
        role = default;
        return labels.TryGetValue(Role, out var text) && Enum.TryParse(text, out role) && Enum.IsDefined(role);
    }

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);

    private static bool TryTime(string? text, out DateTimeOffset time) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);
}
