using Pro.DockerVersioning.Configuration.Compose;
using Pro.DockerVersioning.Deployment.Compose.Program;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Deployment.Compose.Project;

/// <summary>
/// Who else a change of a variable in <c>.env</c> would reach: other services of the project, networks and volumes, other compose files in
/// the folder (test and production side by side), and other projects on the engine that are made of the same files. Services with the same
/// image get the same version: they are nobody else.
/// </summary>
/// <param name="project">The project.</param>
/// <param name="files">Its files, as they were read.</param>
/// <param name="service">The service.</param>
/// <param name="variable">The variable that brings its version.</param>
/// <param name="repository">The repository of its images.</param>
/// <param name="find">What other variables are worth; null for one that nobody sets.</param>
internal sealed class VariableUsages(
    RunningComposeProject project,
    ProjectFiles files,
    string service,
    string variable,
    ImageReference repository,
    Func<string, string?> find)
{
    private static readonly string[] Extensions = [".yml", ".yaml"];

    private static readonly string[] KeyedByName = ["environment", "args"];

    /// <summary>The other services of the project that get the same image by the variable: they follow with it.</summary>
    public IReadOnlyList<string> Alike =>
        [.. files.Services.Where(one => one.Name != service && Uses(one.Node) && IsOurImage(one.Node)).Select(one => one.Name)];

    /// <summary>Everybody but the service itself and those with its image, each in the words of a message.</summary>
    /// <param name="neighbours">Other projects on the engine with the same folder.</param>
    public IReadOnlyList<string> Others(IReadOnlyList<RunningComposeProject> neighbours)
    {
        var others = files.Services
            .Where(one => one.Name != service && Uses(one.Node) && !IsOurImage(one.Node))
            .Select(one => $"the service {one.Name} ({files.Place(one.At)})")
            .ToList();
        others.AddRange(files.Services
            .Where(one => TakesWholeFile(one.Node))
            .Select(one => $"the service {one.Name}, which takes all of .env into its containers (env_file)"));
        others.AddRange(project.Files.SelectMany(OutsideOfServices));
        others.AddRange(Siblings().SelectMany(OtherFile));
        others.AddRange(neighbours
            .Where(neighbour => neighbour.Name != project.Name && neighbour.Files.Any(file => FileUses(file)))
            .Select(neighbour => $"the project {neighbour.Name} on this engine"));
        return [.. others.Distinct(StringComparer.Ordinal)];
    }

    /// <summary>True if the variable stands anywhere in a node: as a variable, or as a name without a value of its own.</summary>
    private bool Uses(ComposeNode node) => node switch
    {
        ComposeScalar scalar => VariableText.Names(scalar.Text).Contains(variable),
        ComposeSequence list => list.Items.Any(Uses),
        ComposeMapping mapping => mapping.Entries.Any(entry =>
            Uses(entry.Value) || (KeyedByName.Contains(entry.Key, StringComparer.Ordinal) && PassesOn(entry.Value))),
        _ => false,
    };

    private bool PassesOn(ComposeNode node) => node switch
    {
        ComposeSequence list => list.Items.OfType<ComposeScalar>().Any(item => item.Text == variable),
        ComposeMapping mapping => mapping.Has(variable) && mapping[variable] is null,
        _ => false,
    };

    /// <summary>A service may take the whole <c>.env</c> into its environment: then each change of it makes another container.</summary>
    private bool TakesWholeFile(ComposeMapping node)
    {
        var items = node["env_file"] is ComposeSequence list ? list.Items : node["env_file"] is { } one ? [one] : [];
        return items
            .Select(item => item is ComposeMapping mapping ? mapping["path"] : item)
            .OfType<ComposeScalar>()
            .Any(path => Path.GetFullPath(files.VariableFree(path.Text, path.At), project.WorkingDirectory) == project.DotEnv);
    }

    /// <summary>Compose files in the folder that aren't the project's: another environment's, mostly.</summary>
    private IEnumerable<string> Siblings() => Directory.EnumerateFiles(project.WorkingDirectory)
        .Where(file => Path.GetFileName(file).Contains("compose", StringComparison.OrdinalIgnoreCase)
            && Extensions.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase)
            && !project.Files.Contains(file, StringComparer.Ordinal)
            && !OverrideFile.IsOurs(file))
        .Order(StringComparer.Ordinal);

    /// <summary>
    /// A file of another environment mostly has the same image: it may use the variable as ours does. Whatever else uses it would change
    /// with it.
    /// </summary>
    private IEnumerable<string> OtherFile(string file)
    {
        foreach (var document in Documents(file))
        {
            var services = document["services"] as ComposeMapping;
            if (document.Entries.Any(entry => entry.Key != "services" && !entry.Key.StartsWith("x-", StringComparison.Ordinal) && Uses(entry.Value))
                || services?.Entries.Any(one => Uses(one.Value) && !IsOurImage(one.Value)) == true)
            {
                yield return $"the file {file}";
            }
        }
    }

    private bool IsOurImage(ComposeNode node) => node is ComposeMapping mapping && mapping["image"] is ComposeScalar image
        && VariableText.Names(image.Text).Contains(variable)
        && new[] { "v0", $"{repository}:v0" }.Any(value =>
            ImageReference.TryParse(Expand(image, value), out var named) && named.SameRepository(repository));

    /// <summary>With the variable at a value that it may have: it brings the tag, or all of the image.</summary>
    private string Expand(ComposeScalar text, string value)
    {
        try
        {
            return ComposeInterpolation.Expand(text.Text, text.At, name => name == variable ? value : find(name), tellMissing: null);
        }
        catch (ProException)
        {
            // Another variable that must be set and isn't: nothing can be said of it.
            return "";
        }
    }

    private IEnumerable<string> OutsideOfServices(string file) =>
        from document in Documents(file)
        from entry in document.Entries
        where entry.Key != "services" && !entry.Key.StartsWith("x-", StringComparison.Ordinal) && Uses(entry.Value)
            && !IsOwnContent(entry.Key, entry.Value)
        select $"\"{entry.Key}\" in {file}";

    /// <summary>Whether all of a section that uses the variable are files that only services with this image get.</summary>
    private bool IsOwnContent(string section, ComposeNode node) => section is "configs" or "secrets" && node is ComposeMapping mapping
        && mapping.Entries.Where(entry => Uses(entry.Value)).All(entry => files.Services
            .Where(one => RenderedService.Sources(one.Node, section).Contains(entry.Key))
            .All(one => one.Name == service || IsOurImage(one.Node)));

    private bool FileUses(string file) => Documents(file).Any(Uses);

    private static IReadOnlyList<ComposeMapping> Documents(string file) => ProjectFiles.DocumentsOf(file);
}
