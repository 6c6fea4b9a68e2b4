namespace Pro.DockerVersioning.Engine.Api;

/// <summary>
/// A host port that the engine chose for a container, and that its successors ask for by number. A label of theirs says so: for such a port
/// another one will do if something else has it.
/// </summary>
/// <param name="Port">The container's port: "80/tcp".</param>
/// <param name="HostPort">The host's port.</param>
/// <param name="Asked">What was asked for: "" for any, or a range.</param>
internal sealed record ChosenPort(string Port, string HostPort, string Asked)
{
    /// <summary>Whether an engine names it as busy.</summary>
    public bool IsNamedIn(string message) =>
        message.Split(':').Skip(1).Any(part => part.StartsWith(HostPort, StringComparison.Ordinal)
            && (part.Length == HostPort.Length || !char.IsAsciiDigit(part[HostPort.Length])));

    /// <summary>The label's value: "80/tcp=32768,81/tcp=8003:8000-8010".</summary>
    public static string Write(IEnumerable<ChosenPort> ports) =>
        string.Join(',', ports.Select(one => $"{one.Port}={one.HostPort}{(one.Asked.Length == 0 ? "" : ":" + one.Asked)}"));

    /// <summary>Reads it; what is not understood is left out.</summary>
    public static IEnumerable<ChosenPort> Read(string label) =>
        from part in label.Split(',')
        let sides = part.Split('=')
        where sides.Length == 2
        let host = sides[1].Split(':', 2)
        where host[0].Length > 0
        select new ChosenPort(sides[0], host[0], host.Length == 2 ? host[1] : "");
}
