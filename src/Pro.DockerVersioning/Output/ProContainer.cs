namespace Pro.DockerVersioning;

/// <summary>A container, running or not, that uses an image.</summary>
public sealed class ProContainer
{
    internal ProContainer(string name, string id, string state)
    {
        Name = name;
        Id = id;
        State = state;
    }

    /// <summary>The container's name, without the leading slash.</summary>
    public string Name { get; }

    /// <summary>The container's id, 64 hexadecimal digits.</summary>
    public string Id { get; }

    /// <summary>The engine's word for its state: running, paused, restarting, exited, created, dead, removing.</summary>
    public string State { get; }

    /// <summary>True if its processes are there: running, paused or restarting.</summary>
    public bool IsRunning => State is "running" or "paused" or "restarting";

    /// <summary>The name.</summary>
    /// <returns>The container's name.</returns>
    public override string ToString() => Name;
}
