namespace Pro.DockerVersioning.Tests.Configuration;

/// <summary>A folder on disk that goes away with the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("pro-folder-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);

    public void Write(string name, string text)
    {
        var full = System.IO.Path.Combine(Path, name);
        _ = Directory.CreateDirectory(System.IO.Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }
}
