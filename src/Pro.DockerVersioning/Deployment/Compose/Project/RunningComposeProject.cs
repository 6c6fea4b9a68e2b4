using System.Text.RegularExpressions;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Git;

namespace Pro.DockerVersioning.Deployment.Compose.Project;

/// <summary>A compose project as an operator started it: its name, folder and files. All paths are absolute, and are here.</summary>
internal sealed partial record RunningComposeProject
{
    public required string Name { get; init; }

    /// <summary>The project's folder: relative paths of the files and <c>.env</c> start there.</summary>
    public required string WorkingDirectory { get; init; }

    /// <summary>The files in the order in which they are merged.</summary>
    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>The files that <c>--env-file</c> named; empty if <c>.env</c> is read.</summary>
    public IReadOnlyList<string> EnvironmentFiles { get; init; } = [];

    /// <summary>The version of compose that made its container, or null.</summary>
    public string? MadeBy { get; init; }

    /// <summary>Where variables are kept unless <c>--env-file</c> names another file.</summary>
    public string DotEnv => Path.Combine(WorkingDirectory, ".env");

    /// <summary>What goes before every command, so that compose works on this project wherever it runs.</summary>
    public IReadOnlyList<string> Arguments =>
    [
        "--project-name", Name,
        "--project-directory", WorkingDirectory,
        .. Files.SelectMany(file => new[] { "--file", file }),
        .. EnvironmentFiles.SelectMany(file => new[] { "--env-file", file }),
    ];

    /// <summary>Reads the labels of a container, whose name is for errors.</summary>
    /// <exception cref="ProException">The files are on another host, or aren't there any more.</exception>
    public static RunningComposeProject FromContainer(string container, IDictionary<string, string> labels)
    {
        string Label(string label) => ComposeLabels.Get(labels, label) ?? throw ComposeErrors.NoLabel(container, label);
        var (name, folder, files) = (Label(ComposeLabels.Project), Label(ComposeLabels.WorkingDirectory), Label(ComposeLabels.Files));
        if (!IsHere(folder) || !Directory.Exists(folder))
        {
            throw ComposeErrors.NotHere(name, folder, container);
        }

        return new RunningComposeProject
        {
            Name = name,
            WorkingDirectory = folder,
            Files = Locate(container, name, folder, Split(files)),
            EnvironmentFiles = Locate(container, name, folder, Split(ComposeLabels.Get(labels, ComposeLabels.EnvironmentFile) ?? "")),
            MadeBy = ComposeLabels.Get(labels, ComposeLabels.Version),
        };
    }

    /// <summary>
    /// The files of another project's labels that can be found here. Nothing is refused: they are only looked at to see whether it shares
    /// a variable.
    /// </summary>
    public static RunningComposeProject? TryFromContainer(IDictionary<string, string> labels)
    {
        try
        {
            return FromContainer(string.Empty, labels);
        }
        catch (ProException)
        {
            return null;
        }
    }

    /// <summary>
    /// Files that the operator named. The project's name is compose's own business (<c>COMPOSE_PROJECT_NAME</c>, <c>name:</c>, the folder's
    /// name): <see cref="ComposeClient.NameAsync"/>.
    /// </summary>
    /// <exception cref="ProException">One isn't there.</exception>
    public static RunningComposeProject FromFiles(IReadOnlyList<string> files, string folder)
    {
        var paths = files.Select(file => Path.GetFullPath(file, folder)).ToList();
        if (paths.FirstOrDefault(path => !File.Exists(path)) is { } missing)
        {
            throw ComposeErrors.FileMissing(missing);
        }

        return new RunningComposeProject { Name = string.Empty, WorkingDirectory = Path.GetDirectoryName(paths[0])!, Files = paths };
    }

    /// <summary>The same with another file instead of one of its own, or after them.</summary>
    public RunningComposeProject WithFile(string instead, string file) => this with
    {
        Files = Files.Contains(instead) ? [.. Files.Select(one => one == instead ? file : one)] : [.. Files, file],
    };

    private static List<string> Split(string label) =>
        [.. label.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];

    // Later versions write absolute paths. 1.x writes what was typed, relative to the folder that it was typed in, which no label names:
    // that folder follows from the first file, which lies in the project's folder unless --project-directory was given.
    private static List<string> Locate(string container, string project, string folder, List<string> names)
    {
        if (names.FirstOrDefault(name => (Path.IsPathRooted(name) || Drive().IsMatch(name)) && !IsHere(name)) is { } foreign)
        {
            throw ComposeErrors.NotHere(project, foreign, container);
        }

        var starts = names is [var first, ..] && !Path.IsPathFullyQualified(first) ? StartsOf(folder, first) : [];
        foreach (var start in starts.Append(folder))
        {
            // Who removes our own file wants its pins gone.
            var paths = names.Select(name => Path.GetFullPath(name, start))
                .Where(path => File.Exists(path) || !path.EndsWith(OwnFiles.OverrideEnding, StringComparison.Ordinal)).ToList();
            if (paths.TrueForAll(File.Exists) && (paths.Count > 0 || names.Count == 0))
            {
                return paths;
            }
        }

        throw ComposeErrors.NotHere(
            project, names.Select(name => Path.GetFullPath(name, folder)).FirstOrDefault(path => !File.Exists(path)) ?? folder,
            container);
    }

    /// <summary>From where a relative name leads into the folder: /srv/shop/deploy and deploy/compose.yml give /srv/shop.</summary>
    private static IEnumerable<string> StartsOf(string folder, string name)
    {
        for (var start = Path.TrimEndingDirectorySeparator(folder); start is not null; start = Path.GetDirectoryName(start))
        {
            if (Path.GetDirectoryName(Path.GetFullPath(name, start)) == Path.TrimEndingDirectorySeparator(folder))
            {
                yield return start;
            }
        }
    }

    /// <summary>A path of Windows on another system, or the other way round, is not a path here at all.</summary>
    private static bool IsHere(string path) => Path.IsPathFullyQualified(path) && (OperatingSystem.IsWindows() || !Drive().IsMatch(path));

    [GeneratedRegex(@"\A[A-Za-z]:[\\/]")]
    private static partial Regex Drive();
}
