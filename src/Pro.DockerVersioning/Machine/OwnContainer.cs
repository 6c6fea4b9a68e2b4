using System.Text.RegularExpressions;

namespace Pro.DockerVersioning.Machine;

/// <summary>The container in which this process runs, if it runs in one of Docker's.</summary>
internal static partial class OwnContainer
{
    private static readonly Lazy<string?> Own = new(Find);

    /// <summary>Its whole id; null on a machine of its own, and if nothing tells.</summary>
    public static string? Id => Own.Value;

    /// <summary>
    /// Reads it off <c>/proc/self/mountinfo</c>: the engine mounts a container's <c>/etc/hostname</c>, <c>/etc/hosts</c> and
    /// <c>/etc/resolv.conf</c> from a folder that has its id. Pure.
    /// </summary>
    public static string? Read(string mountInfo) =>
        mountInfo.Split('\n').Select(line => Mount().Match(line)).FirstOrDefault(match => match.Success)?.Groups["id"].Value;

    private static string? Find()
    {
        try
        {
            return OperatingSystem.IsLinux() ? Read(File.ReadAllText("/proc/self/mountinfo")) : null;
        }
        catch (Exception unseen) when (unseen is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    [GeneratedRegex(
        @"/containers/(?<id>[0-9a-f]{64})/(hostname|hosts|resolv\.conf) /etc/(hostname|hosts|resolv\.conf) ", RegexOptions.ExplicitCapture)]
    private static partial Regex Mount();
}
