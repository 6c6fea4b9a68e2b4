using System.Diagnostics;

namespace Pro.DockerVersioning.Bench;

/// <summary>Programs that are measured, or that prepare a measurement.</summary>
internal static class Child
{
    /// <summary>Runs a program to its end.</summary>
    /// <returns>Its standard output.</returns>
    /// <exception cref="InvalidOperationException">It failed: what it said is in the message.</exception>
    public static string Run(string program, params IEnumerable<string> arguments) => RunIn(Environment.CurrentDirectory, program, arguments);

    /// <summary>Starts a program, its standard output to be read.</summary>
    public static Process Start(string program, params IEnumerable<string> arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;

    /// <summary>Runs a shell's pipeline, as a user types it; any part of it failing is a failure.</summary>
    public static string Shell(string folder, string script) => RunIn(folder, "bash", ["-o", "pipefail", "-c", script]);

    /// <summary>Runs a program in a folder.</summary>
    public static string RunIn(string folder, string program, IEnumerable<string> arguments, Action<Stream>? input = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        input?.Invoke(process.StandardInput.BaseStream);
        process.StandardInput.Close();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output.GetAwaiter().GetResult()
            : throw new InvalidOperationException($"{program} ended with exit code {process.ExitCode}: {errors.GetAwaiter().GetResult()}");
    }
}
