using System.Diagnostics;

namespace Pro.DockerVersioning.Tests.Engine;

/// <summary>Docker's own client, as an operator uses it.</summary>
internal static class DockerClient
{
    /// <summary>Runs it to its end, and gives what it wrote.</summary>
    /// <param name="host">The engine; null for the one of the environment.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <exception cref="InvalidOperationException">It failed: what it said is in the message.</exception>
    public static string Run(string? host, params string[] arguments)
    {
        using var process = Start(host, arguments);
        var error = process.StandardError.ReadToEndAsync(CancellationToken.None);
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException(
            $"docker {string.Join(' ', arguments)} ended with {process.ExitCode}: {error.GetAwaiter().GetResult()}");
    }

    /// <summary>Starts it, with both streams to be read.</summary>
    public static Process Start(string? host, params string[] arguments)
    {
        var start = new ProcessStartInfo(
            TestSettings.DockerClient, [.. host is null ? Array.Empty<string>() : ["--host", host], .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DOCKER_BUILDKIT"] = "0";
        return Process.Start(start)!;
    }
}
