using System.Management.Automation;
using System.Management.Automation.Host;

namespace Pro.DockerVersioning.Commands;

/// <summary>Whether there is anybody who could be asked.</summary>
internal static class Prompts
{
    /// <summary>False if the session reads from a file or a pipe: an answer from there was not meant.</summary>
    public static bool HasReader(PSHost host) => host.Name != "ConsoleHost" || !Console.IsInputRedirected;

    /// <summary>What a host throws that can't ask: <c>-NonInteractive</c>, a job, a remote session.</summary>
    public static bool IsNobody(Exception exception) =>
        exception is PSInvalidOperationException or HostException or NotImplementedException or NotSupportedException;
}
