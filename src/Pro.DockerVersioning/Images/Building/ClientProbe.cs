using System.Text.RegularExpressions;
using Pro.DockerVersioning.Engine;

namespace Pro.DockerVersioning.Images.Building;

/// <summary>What a program said.</summary>
/// <param name="IsSuccess">It ended with 0.</param>
/// <param name="Text">Its output, or why there is none.</param>
internal sealed record ProbeAnswer(bool IsSuccess, string Text)
{
    /// <summary>True if none came in time.</summary>
    public bool IsLate { get; init; }
}

/// <summary>What is known of one <c>docker</c> program.</summary>
internal sealed partial class ClientProbe
{
    private readonly string _problem;

    /// <summary>Reads the answers to <c>--version</c> and <c>buildx version</c>.</summary>
    public ClientProbe(string path, ProbeAnswer version, ProbeAnswer buildx)
    {
        Path = path;
        IsLate = version.IsLate || buildx.IsLate;

        // Podman's docker answers as well, with its own version: what it calls buildx is another program.
        var client = Client().Match(version.Text);
        if (version.IsSuccess && client.Success)
        {
            Version = client.Groups["version"].Value;
        }

        if (buildx.IsSuccess && Buildx().Match(buildx.Text) is { Success: true } plugin)
        {
            HasBuildx = true;
            BuildxVersion = plugin.Groups["version"] is { Success: true, Value: var text } ? text : null;
        }

        _problem = version.IsSuccess
            ? client.Success ? string.Empty : "isn't Docker's client"
            : version.Text.Length > 0 ? version.Text : "failed to tell its version";
    }

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>True if it did not answer in time.</summary>
    public bool IsLate { get; }

    /// <summary>Its version, or null if it isn't Docker's client.</summary>
    public string? Version { get; }

    /// <summary>It has the plugin buildx.</summary>
    public bool HasBuildx { get; }

    /// <summary>buildx's version, where it tells one.</summary>
    public string? BuildxVersion { get; }

    /// <summary>It does BuildKit by itself.</summary>
    public bool HasBuildKit =>
        ClientVersion.Parse(Version) is { } version && version >= ClientBuildKitBuilder.First && version < ClientBuildKitBuilder.End;

    /// <summary>Why it lost.</summary>
    public string WhyNot(string what) =>
        _problem.Length > 0 ? _problem
        : what == "buildx" && HasBuildx ? "stands later on PATH"
        : HasBuildKit ? what == "buildx" ? $"{Version} without buildx" : "stands later on PATH"
        : $"{Version} without buildx";

    [GeneratedRegex(@"\ADocker version (?<version>[^\s,]+)", RegexOptions.ExplicitCapture)]
    private static partial Regex Client();

    [GeneratedRegex(@"buildx(?:\s+(?<version>v?[0-9]\S*))?", RegexOptions.ExplicitCapture)]
    private static partial Regex Buildx();
}
