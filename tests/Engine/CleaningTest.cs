using System.Management.Automation;

namespace Pro.DockerVersioning.Tests.Engine;

/// <summary>A repository with two services, a session in it, and images with names of the test's own.</summary>
public abstract class CleaningTest : IDisposable
{
    /// <summary>The layer of each image that is loaded: its content, or in containerd's store the blocks that it takes.</summary>
    private protected static readonly long LayerBytes = TestEngine.HasContainerdStore ? 8_192 : 4_000;

    private protected static readonly string OneLayer = TestEngine.HasContainerdStore ? "8KB" : "3.91KB";
    private protected static readonly string TwoLayers = TestEngine.HasContainerdStore ? "16KB" : "7.81KB";

    private readonly Dictionary<string, string?> _variables = [];

    private protected CleaningTest()
    {
        Set("REGISTRY", Engine.Registry);
        Set("XDG_STATE_HOME", Path.Combine(Folder, "state"));
        foreach (var name in new[] { "COMPOSE_FILE", "DOCKER_HOST", "DOCKER_CONTEXT" })
        {
            Set(name, null);
        }

        AddService("api");
        AddService("web");
        Configure("");
        _ = Shell.In(Repository);
    }

    internal CleaningEngine Engine { get; } = new();

    internal Shell Shell { get; } = new();

    private protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private protected string Folder { get; } = Directory.CreateTempSubdirectory("pro-clean-").FullName;

    private protected string Repository => Path.Combine(Folder, "repository");

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    private protected static IEnumerable<string> Actions(IEnumerable<PSObject> results) =>
        results.Select(result => $"{result.Properties["Action"].Value} {result.Properties["Version"].Value}");

    protected virtual void Dispose(bool disposing)
    {
        Shell.Dispose();
        foreach (var (name, value) in _variables)
        {
            Environment.SetEnvironmentVariable(name, value);
        }

        Engine.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private protected void AddService(string service)
    {
        _ = Directory.CreateDirectory(Path.Combine(Repository, "apps", service));
        File.WriteAllText(Path.Combine(Repository, "apps", service, "Dockerfile"), "FROM scratch\n");
    }

    private protected void Configure(string text)
    {
        _ = Directory.CreateDirectory(Path.Combine(Repository, ".git"));
        if (text.Length > 0)
        {
            File.WriteAllText(Path.Combine(Repository, "pro.json"), text);
        }
    }

    private protected void Set(string name, string? value)
    {
        _ = _variables.TryAdd(name, Environment.GetEnvironmentVariable(name));
        Environment.SetEnvironmentVariable(name, value);
    }

    private protected IReadOnlyList<PSObject> Good(string script) => Shell.Run(script).ThrowIfFailed().Output;
}
