using System.Diagnostics;

namespace Pro.DockerVersioning.Tests.Engine;

/// <summary>A PowerShell session in a process of its own, where nothing of the module was ever loaded.</summary>
internal static class FreshProcess
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>Runs commands in tools/ProShell, a console host on the real engine.</summary>
    public static async Task<FreshProcessResult> RunAsync(
        string commands,
        string folder,
        IReadOnlyDictionary<string, string?>? environment = null,
        CancellationToken cancellationToken = default)
    {
        var start = new ProcessStartInfo("dotnet", [TestSetup.ProShell, "-c", commands])
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
