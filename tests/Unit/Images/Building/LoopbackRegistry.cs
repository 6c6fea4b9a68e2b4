using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Xunit;

namespace Pro.DockerVersioning.Tests.Images.Building;

/// <summary>A real registry of the test's own, on loopback.</summary>
internal sealed class LoopbackRegistry : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pro-test-").FullName;
    private readonly HttpClient _http = new();
    private Process? _process;

    private LoopbackRegistry(int port) => Address = $"127.0.0.1:{port}";

    public string Address { get; }

    public static async Task<LoopbackRegistry> StartAsync()
    {
        var program = new[] { "docker-registry", "registry" }
            .SelectMany(name => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(folder => Path.Combine(folder, name)))
            .FirstOrDefault(File.Exists);
        Assert.SkipWhen(program is null, "No registry program (docker-registry) on PATH.");
        var registry = new LoopbackRegistry(FreePort());
        await registry.RunAsync(program);
        return registry;
    }

    public async Task<string> DigestAsync(string repository, string tag)
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, $"http://{Address}/v2/{repository}/manifests/{tag}");
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/vnd.docker.distribution.manifest.v2+json"));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/vnd.oci.image.manifest.v1+json"));
        using var response = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        return response.EnsureSuccessStatusCode().Headers.GetValues("Docker-Content-Digest").Single();
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (_process is not null)
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
            _process.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task RunAsync(string program)
    {
        var configuration = Path.Combine(_folder, "config.yml");
        await File.WriteAllTextAsync(
            configuration,
            $"version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {_folder}/data}}}}\nhttp: {{addr: {Address}}}\n",
            TestContext.Current.CancellationToken);
        _process = Process.Start(
            new ProcessStartInfo(program, ["serve", configuration]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var until = DateTime.UtcNow.AddSeconds(20);
        while (true)
        {
            try
            {
                using var answer = await _http.GetAsync(new Uri($"http://{Address}/v2/"), TestContext.Current.CancellationToken);
                return;
            }
            catch (HttpRequestException) when (DateTime.UtcNow < until)
            {
                await Task.Delay(50, TestContext.Current.CancellationToken);
            }
        }
    }
}
