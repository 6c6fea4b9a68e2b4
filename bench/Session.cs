using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace Pro.DockerVersioning.Bench;

/// <summary>A PowerShell session in this process, with the packaged module imported.</summary>
internal sealed class Session : IDisposable
{
    private readonly Runspace _runspace;

    public Session()
    {
        _runspace = RunspaceFactory.CreateRunspace(InitialSessionState.CreateDefault2());
        _runspace.Open();
        _ = Run($"Import-Module '{Setup.ModuleManifest}' -ErrorAction Stop");
    }

    /// <summary>Runs a command.</summary>
    /// <returns>Its output.</returns>
    /// <exception cref="InvalidOperationException">It wrote an error.</exception>
    public IReadOnlyList<PSObject> Run(string script)
    {
        using var shell = PowerShell.Create(_runspace);
        var output = shell.AddScript(script).Invoke();
        return shell.Streams.Error.Count == 0
            ? output
            : throw new InvalidOperationException($"{script}: {shell.Streams.Error[0]}", shell.Streams.Error[0].Exception);
    }

    /// <inheritdoc/>
    public void Dispose() => _runspace.Dispose();
}
