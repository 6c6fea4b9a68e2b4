using System.Globalization;
using System.Text;

namespace Pro.DockerVersioning.Errors;

/// <summary>A new version that did not prove well.</summary>
internal static class VerificationErrors
{
    /// <summary>It ended.</summary>
    public static ProException Exited(VerificationEvidence evidence) =>
        Failed("ContainerExited", ProErrorCategory.InvalidOperation, evidence);

    /// <summary>It ends again and again.</summary>
    public static ProException Restarting(VerificationEvidence evidence) =>
        Failed("ContainerRestarting", ProErrorCategory.InvalidOperation, evidence);

    /// <summary>Its check says that it is unhealthy.</summary>
    public static ProException Unhealthy(VerificationEvidence evidence) =>
        Failed("ContainerUnhealthy", ProErrorCategory.InvalidOperation, evidence);

    /// <summary>It took too long.</summary>
    public static ProException TimedOut(VerificationEvidence evidence) =>
        Failed("HealthTimeout", ProErrorCategory.OperationTimeout, evidence);

    /// <summary>Whether it is one of those: a verdict on a container.</summary>
    public static bool IsVerdict(ProException failure) =>
        failure.Id is "ContainerExited" or "ContainerRestarting" or "ContainerUnhealthy" or "HealthTimeout";

    /// <summary>A loopback health URL that something else would answer.</summary>
    /// <param name="service">The service.</param>
    /// <param name="url">The URL as it may be shown.</param>
    /// <param name="port">The port that it names.</param>
    /// <param name="container">The container.</param>
    /// <param name="ports">The ports that it publishes.</param>
    public static ProException HealthUrlPortNotPublished(
        string service, string url, int port, string container, IReadOnlyList<int> ports) => new(
        "HealthUrlPortNotPublished",
        ProErrorCategory.InvalidArgument,
        string.Create(
            CultureInfo.InvariantCulture, $"The healthUrl of {service}, {url}, names port {port}, which {container} doesn't publish: ")
            + (ports.Count > 0 ? $"it publishes {string.Join(", ", ports)}." : "it publishes no TCP port."),
        (ports.Count > 0 ? "Name one of its ports in pro.json" : "Give the image a HEALTHCHECK, or publish the port")
            + ". If a proxy answers there, name its host and not localhost.",
        service);

    /// <summary>The id of <see cref="HealthUrlCannotBeAsked"/>.</summary>
    public const string HealthUrlCannotBeAskedId = "HealthUrlCannotBeAsked";

    /// <summary>A health URL that only the container itself could ask, and no program in the image that does.</summary>
    /// <param name="url">The URL as it may be shown.</param>
    /// <param name="engine">The engine.</param>
    /// <param name="programs">What could have asked it.</param>
    public static ProException HealthUrlCannotBeAsked(string url, string engine, IEnumerable<string> programs) => new(
        HealthUrlCannotBeAskedId,
        ProErrorCategory.InvalidOperation,
        $"{url} (healthUrl) means the machine of the engine {engine}, so it is asked inside the container. "
            + $"The image has no program that can ask it ({string.Join(", ", programs)}).",
        "Give the image a HEALTHCHECK, or let healthUrl name a host that this machine reaches.",
        url);

    /// <summary>It runs, and doesn't answer where the old container did.</summary>
    /// <param name="container">The container.</param>
    /// <param name="why">What was asked and what came of it, as a sentence's part.</param>
    /// <param name="after">How long it was tried.</param>
    /// <param name="port">The container's port behind the address; null if a URL was asked.</param>
    public static ProException FinalAddressNotAnswered(string container, string why, TimeSpan after, string? port) => new(
        "FinalAddressNotAnswered",
        ProErrorCategory.InvalidOperation,
        string.Create(
            CultureInfo.InvariantCulture,
            $"The new version of {container} runs, "
                + $"but after {after.TotalSeconds:0.0} s it doesn't answer where the old container did: {why}."),
        port is null
            ? "Look at healthUrl in pro.json, and at what the new version answers there."
            : $"If nothing listens on {port} in the container, let a process listen there on all addresses (0.0.0.0). "
                + "If the process itself closes each new connection, name a healthUrl in pro.json that it answers.",
        container);

    private static ProException Failed(string id, ProErrorCategory category, VerificationEvidence evidence)
    {
        var text = new StringBuilder();
        _ = text.Append(
            CultureInfo.InvariantCulture,
            $"{evidence.Subject} {evidence.Reason}, {evidence.After.TotalSeconds:0.0} s after the check began.");
        Append(text, $"{evidence.Proof} said last", evidence.HealthLog);
        Append(text, "Its last log lines", evidence.LogTail);
        return new ProException(id, category, text.ToString(), Remedy(id, evidence), evidence.Subject);
    }

    private static void Append(StringBuilder text, string heading, IReadOnlyList<string> lines)
    {
        if (lines.Count > 0)
        {
            _ = text.Append('\n').Append(heading).Append(':');
            // A check that fails says the same each time.
            for (var i = 0; i < lines.Count; i++)
            {
                if (i == 0 || lines[i] != lines[i - 1])
                {
                    _ = text.Append("\n  ").Append(lines[i]);
                }
            }
        }
    }

    private static string Remedy(string id, VerificationEvidence evidence)
    {
        // A command comes last: with a dot or a word behind it, it can't be copied.
        var look = evidence.IsKept
            ? $"See all of its log: docker logs {evidence.Container}"
            : $"Try the image by hand: docker run -it --rm --entrypoint /bin/sh {evidence.Image}";
        var first = evidence.IsOutOfMemory ? "Give it more memory, or find out why it needs it. "
            : id == "HealthTimeout" ? "If it only needs longer to start, give it time with -HealthTimeout. "
            : "Look whether what it depends on runs ('docker ps'), and whether its environment is right for this version. ";
        return first + look;
    }
}
