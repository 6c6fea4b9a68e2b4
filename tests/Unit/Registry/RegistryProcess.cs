using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Xunit;

namespace Pro.DockerVersioning.Tests.Registry;

/// <summary>How a real registry is to be set up.</summary>
public sealed record RegistryProcessOptions
{
    /// <summary>A login to ask for (htpasswd, bcrypt); null lets everyone in.</summary>
    public (string User, string Password)? Login { get; init; }
}

/// <summary>
/// A real registry (distribution, Debian's package docker-registry) as a process of the test's own, on a free loopback port, with
/// its storage in a temporary folder.
/// </summary>
public sealed partial class RegistryProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(20);

    private readonly Process _process;
    private readonly string _folder;

    private RegistryProcess(Process process, string folder)
    {
        _process = process;
        _folder = folder;
    }

    /// <summary><c>127.0.0.1:port</c>.</summary>
    public string Host { get; private set; } = string.Empty;

    /// <summary>Where the program is; null where it isn't installed.</summary>
    public static string? Program { get; } = FindOnPath("docker-registry");

    /// <summary>Starts one; skips the test where the program is missing (scripts/test.sh installs it).</summary>
    public static async Task<RegistryProcess> StartAsync(RegistryProcessOptions? options, CancellationToken cancellationToken)
    {
        options ??= new RegistryProcessOptions();
        Assert.SkipWhen(
            Program is null, "docker-registry is not installed (Debian's package docker-registry; scripts/test.sh installs it).");
        var folder = Directory.CreateTempSubdirectory("pro-registry-").FullName;
        var config = Path.Combine(folder, "config.yml");
        await File.WriteAllTextAsync(config, await ConfigurationAsync(options, folder, cancellationToken), cancellationToken);
        var process = Process.Start(new ProcessStartInfo(Program, ["serve", config])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        var registry = new RegistryProcess(process, folder);
        try
        {
            await registry.WaitUntilListeningAsync(cancellationToken);
            return registry;
        }
        catch
        {
            await registry.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    internal static string? FindOnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? string.Empty)
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, program))
            .FirstOrDefault(File.Exists);

    /// <summary>Port 0: the system picks a free one, and the log tells which.</summary>
    private static async Task<string> ConfigurationAsync(RegistryProcessOptions options, string folder, CancellationToken cancellationToken)
    {
        var configuration = $"""
            version: 0.1
            log:
              level: info
              formatter: text
            storage:
              filesystem:
                rootdirectory: {folder}/data
            http:
              addr: 127.0.0.1:0

            """;
        if (options.Login is not { } login)
        {
            return configuration;
        }

        var passwords = Path.Combine(folder, "htpasswd");
        await File.WriteAllTextAsync(passwords, await HtpasswdAsync(login.User, login.Password, cancellationToken), cancellationToken);
        return configuration + $"""
            auth:
              htpasswd:
                realm: test
                path: {passwords}

            """;
    }

    /// <summary>
    /// bcrypt is the only hash that the registry accepts. Debian's perl is always there and can do it. Cost 4: the registry checks the hash
    /// at every request.
    /// </summary>
    private static async Task<string> HtpasswdAsync(string user, string password, CancellationToken cancellationToken)
    {
        const string Script = """print "$ENV{WHO}:", crypt($ENV{PASSWORD}, "\$2y\$04\$abcdefghijklmnopqrstuu"), "\n";""";
        var start = new ProcessStartInfo("perl", ["-e", Script]) { RedirectStandardOutput = true };
        (start.Environment["WHO"], start.Environment["PASSWORD"]) = (user, password);
        using var process = Process.Start(start)!;
        var line = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        Assert.StartsWith(user + ":$2y$", line, StringComparison.Ordinal);
        return line;
    }

    /// <summary>Reads the log up to the line with the port, and goes on reading so that the process never waits for us.</summary>
    private async Task WaitUntilListeningAsync(CancellationToken cancellationToken)
    {
        var port = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        var log = new List<string>();
        void Read(string? line)
        {
            if (line is null)
            {
                port.TrySetException(new InvalidOperationException($"The registry ended: {string.Join('\n', log)}"));
            }
            else if (ListeningLine().Match(line) is { Success: true } match)
            {
                port.TrySetResult(int.Parse(match.Groups["port"].Value, CultureInfo.InvariantCulture));
            }
            else if (!port.Task.IsCompleted)
            {
                log.Add(line);
            }
        }

        _process.ErrorDataReceived += (_, data) => Read(data.Data);
        _process.OutputDataReceived += (_, _) => { };
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
        Host = $"127.0.0.1:{await port.Task.WaitAsync(StartTimeout, cancellationToken)}";
    }

    [GeneratedRegex(@"listening on 127\.0\.0\.1:(?<port>\d+)")]
    private static partial Regex ListeningLine();
}
