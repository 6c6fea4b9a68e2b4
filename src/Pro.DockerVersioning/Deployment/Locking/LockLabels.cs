using System.Globalization;

namespace Pro.DockerVersioning.Deployment.Locking;

/// <summary>A claim as the labels of a volume or of a swarm's config, which are texts. Pure.</summary>
internal static class LockLabels
{
    /// <summary>Every claim has it.</summary>
    public const string Label = "pro.dockerversioning.lock";

    /// <summary>The labels of a claim.</summary>
    public static Dictionary<string, string> Write(LockInfo info)
    {
        var labels = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            [Label] = "Lock",
            [Label + ".target"] = info.Target,
            [Label + ".nonce"] = info.Nonce,
            [Label + ".chain"] = info.Chain,
            [Label + ".renewal"] = info.Renewal.ToString(CultureInfo.InvariantCulture),
            [Label + ".ends"] = info.Ends ? "true" : null,
            [Label + ".operation"] = info.Operation,
            [Label + ".user"] = info.User,
            [Label + ".host"] = info.Host,
            [Label + ".machine"] = info.Process.Machine,
            [Label + ".boot"] = info.Process.Boot,
            [Label + ".process"] = info.Process.Id.ToString(CultureInfo.InvariantCulture),
            [Label + ".process-start"] = info.Process.Start,
            [Label + ".since"] = info.Since.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
            [Label + ".service"] = info.Service,
            [Label + ".repository"] = info.Repository,
            [Label + ".note"] = info.Note,
            [Label + ".cut-off"] = info.CutOff,
        };
        return labels.Where(one => one.Value is not null).ToDictionary(one => one.Key, one => one.Value!, StringComparer.Ordinal);
    }

    /// <summary>Reads them back; null if somebody else has made the object.</summary>
    public static LockInfo? Read(IReadOnlyDictionary<string, string> labels)
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
            CutOff = Get("cut-off"),
        };

        string? Get(string name) => labels.GetValueOrDefault($"{Label}.{name}");
    }
}
