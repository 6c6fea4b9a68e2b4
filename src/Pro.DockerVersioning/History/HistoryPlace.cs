namespace Pro.DockerVersioning.History;

/// <summary>Where a service runs: an engine as a machine sees it, and a target on it.</summary>
/// <param name="Engine">The engine's address.</param>
/// <param name="Host">The machine that says so: unix:///var/run/docker.sock is another engine on another machine.</param>
/// <param name="Service">The service.</param>
/// <param name="Target">What runs it there.</param>
internal sealed record HistoryPlace(string Engine, string Host, string Service, string Target)
{
    /// <summary>Whether an entry is about this service at this place.</summary>
    public bool Matches(ProHistoryEntry entry) =>
        entry.Service == Service && entry.Target == Target && IsSameEngine(entry, Engine, Host);

    /// <summary>
    /// Whether an entry is about an engine: by its address, and by the machine where the address means that machine itself.
    /// </summary>
    public static bool IsSameEngine(ProHistoryEntry entry, string engine, string host) =>
        entry.Engine == HistoryLine.WithoutUser(engine)
        && (!IsOfMachine(engine) || string.Equals(entry.Host, host, StringComparison.OrdinalIgnoreCase));

    private static bool IsOfMachine(string engine) =>
        engine.StartsWith("unix:", StringComparison.OrdinalIgnoreCase)
        || engine.StartsWith("npipe:", StringComparison.OrdinalIgnoreCase)
        || (Uri.TryCreate(engine, UriKind.Absolute, out var address) && address.IsLoopback);
}
