using Pro.DockerVersioning.Configuration.Compose;
using Pro.DockerVersioning.Deployment.Compose.Program;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Deployment.Compose.Project;

/// <summary>
/// Who else a change of a variable in <c>.env</c> would reach: other services of the project, networks and volumes, other compose files in
/// the folder (test and production side by side), and other projects on the engine that are made of the same files. Services with the same
/// image get the same version: they are nobody else.
/// </summary>
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
    public IReadOnlyList<string> Others(IReadOnlyList<RunningComposeProject> neighbours)
    {
        var others = files.Services
            .Where(one => one.Name != service && Uses(one.Node) && !IsOurImage(one.Node))
            .Select(one => $"the service {one.Name} ({files.Place(one.At)})")
            .ToList();
        others.AddRange(files.Services
            .Where(one => files.TakesAll(one.Node, project.DotEnv))
            .Select(one => $"the service {one.Name}, which takes all of .env into its containers (env_file)"));
        others.AddRange(project.Files.SelectMany(OutsideOfServices));
        others.AddRange(Siblings().Where(IsAnothers).Select(file => $"the file {file}"));
        others.AddRange(neighbours
            .Where(neighbour => neighbour.Name != project.Name && neighbour.Files.SelectMany(ProjectFiles.DocumentsOf).Any(Uses))
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

    /// <summary>Compose files in the folder that aren't the project's: another environment's, mostly.</summary>
    private IEnumerable<string> Siblings() => Directory.EnumerateFiles(project.WorkingDirectory)
        .Where(file => Path.GetFileName(file).Contains("compose", StringComparison.OrdinalIgnoreCase)
            && Extensions.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase)
            && !project.Files.Contains(file, StringComparer.Ordinal)
            && !OverrideFile.IsOurs(file))
        .Order(StringComparer.Ordinal);

    // A file of another environment mostly has the same image: it may use the variable as ours does. Whatever else uses it would change
    // with it.
    private bool IsAnothers(string file) => ProjectFiles.DocumentsOf(file).Any(document => UsesOutside(document).Any()
        || (document["services"] as ComposeMapping)?.Entries.Any(one => Uses(one.Value) && !IsOurImage(one.Value)) == true);

    private IEnumerable<KeyValuePair<string, ComposeNode>> UsesOutside(ComposeMapping document) => document.Entries
        .Where(entry => entry.Key != "services" && !entry.Key.StartsWith("x-", StringComparison.Ordinal) && Uses(entry.Value));

    // The variable brings the tag, or all of the image.
    private bool IsOurImage(ComposeNode node) => node is ComposeMapping mapping && mapping["image"] is ComposeScalar image
        && VariableText.Names(image.Text).Contains(variable)
        && new[] { "v0", $"{repository}:v0" }.Any(value =>
            VariableText.TryExpand(image.Text, image.At, name => name == variable ? value : find(name)) is { } text
            && ImageReference.TryParse(text, out var named) && named.SameRepository(repository));

    private IEnumerable<string> OutsideOfServices(string file) => ProjectFiles.DocumentsOf(file).SelectMany(UsesOutside)
        .Where(entry => !IsOwnContent(entry.Key, entry.Value))
        .Select(entry => $"\"{entry.Key}\" in {file}");

    /// <summary>Whether all of a section that uses the variable are files that only services with this image get.</summary>
    private bool IsOwnContent(string section, ComposeNode node) => section is "configs" or "secrets" && node is ComposeMapping mapping
        && mapping.Entries.Where(entry => Uses(entry.Value)).All(entry => files.Services
            .Where(one => RenderedService.Sources(one.Node, section).Contains(entry.Key))
            .All(one => one.Name == service || IsOurImage(one.Node)));
}
