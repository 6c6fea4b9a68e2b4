using System.Diagnostics;
using Pro.DockerVersioning.Tests.History;
using Pro.DockerVersioning.Tests.Deployment.Locking;
using Xunit;

namespace Pro.DockerVersioning.Tests;

/// <summary>
/// Another real process that runs our code: the test program itself, started with a task in its environment. What counts between processes
/// (files, locks, a death by SIGKILL) isn't shown by threads.
/// </summary>
internal sealed class TestChild : IDisposable
{
    private const string Variable = "PRO_TEST_CHILD";
    private readonly Process _process;

    private TestChild(Process process) => _process = process;

    public int Id => _process.Id;

    /// <summary>Starts one; the arguments must not hold a vertical bar.</summary>
    public static TestChild Start(params string[] task)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };

        // Under `dotnet test` or `dotnet exec` the program is the host's argument.
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add(typeof(TestChild).Assembly.Location);
        }

        start.Environment[Variable] = string.Join('|', task);
        return new TestChild(Process.Start(start)!);
    }

    /// <summary>The next line that it prints; null at its end.</summary>
    public Task<string?> ReadAsync() => _process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask();

    /// <summary>Lets it go on.</summary>
    public Task TellAsync(string line) => _process.StandardInput.WriteLineAsync(line);

    /// <summary>Ends its input, and waits for its own end.</summary>
    public async Task<int> EndAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return _process.ExitCode;
    }

    /// <summary>SIGKILL, and waits until it is gone.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    /// <summary>Does the task in this process's environment; null where there is none, and this is the test program itself.</summary>
    public static async Task<int?> RunTaskAsync()
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { Length: > 0 } task)
        {
            return null;
        }

        var parts = task.Split('|');
        await (parts[0] switch
        {
            "history" => HistoryChild.RunAsync(parts[1], parts[2], int.Parse(parts[3])),
            "lock" => LockChild.RunAsync(parts[1]),
            "compete" => LockChild.CompeteAsync(parts[1], parts[2]),
            _ => throw new InvalidOperationException(task),
        });
        return 0;
    }
}
