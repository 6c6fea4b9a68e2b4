namespace Pro.DockerVersioning.Tests.Engine;

/// <summary>Environment variables belong to the whole process: what a test sets or takes away comes back at its end.</summary>
internal sealed class EnvironmentScope : IDisposable
{
    private readonly Dictionary<string, string?> _before = [];

    /// <summary>Sets a variable, or takes it away.</summary>
    public string? this[string name]
    {
        get => Environment.GetEnvironmentVariable(name);
        set
        {
            _ = _before.TryAdd(name, Environment.GetEnvironmentVariable(name));
            Environment.SetEnvironmentVariable(name, value);
        }
    }

    public void Dispose()
    {
        foreach (var (name, value) in _before)
        {
            Environment.SetEnvironmentVariable(name, value);
        }
    }
}
