using System.Diagnostics;

namespace Pro.DockerVersioning.Tests.Engine;

/// <summary>A PowerShell session in a process of its own, where nothing of the module was ever loaded.</summary>
internal static class FreshProcess
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>Runs commands in tools/ProShell, a console host on the real engine.</summary>
    /// <param name="commands">The commands.</param>
    /// <param name="folder">The folder that they run in.</param>
    /// <param name="environment">Variables that differ from this process's own.</param>
    /// <param name="input">What stands in its standard input.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static Task<FreshProcessResult> RunAsync(
        string commands,
        string folder,
        IReadOnlyDictionary<string, string?>? environment = null,
        string input = "",
        CancellationToken cancellationToken = default) => RunAsync(["-c", commands], folder, environment, input, cancellationToken);

    /// <summary>Runs a script's file, as a job does.</summary>
    public static Task<FreshProcessResult> RunFileAsync(string file, string folder, CancellationToken cancellationToken) =>
        RunAsync(["-File", file], folder, environment: null, input: "", cancellationToken);

    private static async Task<FreshProcessResult> RunAsync(
        string[] arguments, string folder, IReadOnlyDictionary<string, string?>? environment, string input,
        CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("dotnet", [TestSetup.ProShell, .. arguments])
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        bounded.CancelAfter(Patience);
        var output = process.StandardOutput.ReadToEndAsync(bounded.Token);
        var error = process.StandardError.ReadToEndAsync(bounded.Token);
        await process.WaitForExitAsync(bounded.Token);
        return new FreshProcessResult(process.ExitCode, await output, await error);
    }
}

/// <summary>How it ended.</summary>
internal sealed record FreshProcessResult(int ExitCode, string Output, string Error);
