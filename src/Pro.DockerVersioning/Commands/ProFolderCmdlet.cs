using System.Management.Automation;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Commands;

/// <summary>The base of the cmdlets that work in a folder of a repository.</summary>
public abstract class ProFolderCmdlet : ProCmdlet
{
    private protected ProFolderCmdlet()
    {
    }

    /// <summary>A folder of the repository; the current one where it isn't given.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>The folder that the command runs in, as the system knows it.</summary>
    private protected string Folder
    {
        get
        {
            // The session's folder: the process's own is another one.
            var current = SessionState.Path.CurrentFileSystemLocation.ProviderPath;
            var folder = Path is null ? current : System.IO.Path.GetFullPath(SessionState.Path.GetUnresolvedProviderPathFromPSPath(Path));
            return Directory.Exists(folder) ? folder : throw WorkspaceErrors.FolderNotFound(folder);
        }
    }
}
