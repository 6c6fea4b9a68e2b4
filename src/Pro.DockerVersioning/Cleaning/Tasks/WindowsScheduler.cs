using System.Text;

namespace Pro.DockerVersioning.Cleaning.Tasks;

/// <summary>Windows' Task Scheduler, by the program <c>schtasks</c>.</summary>
internal sealed class WindowsScheduler : ITaskScheduler
{
    private const string Program = "schtasks.exe";

    /// <inheritdoc/>
    public Task CheckAsync(CancellationToken cancellationToken) =>
        SystemProgram.RequireAsync(Program, ["/Query", "/FO", "CSV", "/NH"], null, cancellationToken);

    /// <inheritdoc/>
    public async Task RegisterAsync(CleanupTask task, CancellationToken cancellationToken)
    {
        var document = WindowsTaskXml.Document(task, $"{Environment.UserDomainName}\\{Environment.UserName}", DateTime.Now);
        var file = Path.ChangeExtension(task.Script, ".xml");
        // The declaration says UTF-16, and schtasks believes it.
        await File.WriteAllTextAsync(file, $"{document.Declaration}\r\n{document}", Encoding.Unicode, cancellationToken)
            .ConfigureAwait(false);
        _ = await SystemProgram.RequireAsync(Program, ["/Create", "/TN", NameOf(task), "/XML", file, "/F"], null, cancellationToken)
            .ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<bool> HasAsync(CleanupTask task, CancellationToken cancellationToken) =>
        (await SystemProgram.RunAsync(Program, ["/Query", "/TN", NameOf(task)], null, cancellationToken).ConfigureAwait(false))
            .ExitCode == 0;

    /// <inheritdoc/>
    public async Task<string?> FindScriptAsync(string name, CancellationToken cancellationToken)
    {
        var found = await SystemProgram.RunAsync(Program, ["/Query", "/TN", NameOf(name), "/XML"], null, cancellationToken)
            .ConfigureAwait(false);
        return found.ExitCode == 0 ? WindowsTaskXml.FindScript(found.Output) : null;
    }

    /// <inheritdoc/>
    public async Task UnregisterAsync(CleanupTask task, CancellationToken cancellationToken)
    {
        if (await HasAsync(task, cancellationToken).ConfigureAwait(false))
        {
            _ = await SystemProgram.RequireAsync(Program, ["/Delete", "/TN", NameOf(task), "/F"], null, cancellationToken)
                .ConfigureAwait(false);
        }
    }

    private static string NameOf(CleanupTask task) => NameOf(task.Name);

    private static string NameOf(string task) => $"\\Pro.DockerVersioning\\{task}";
}
