using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Configuration.Compose;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Services.Compose;

/// <summary>
/// Who else a change of a variable in <c>.env</c> would reach: other services of the project, networks and volumes, other compose files in
/// the folder (test and production side by side), and other projects on the engine that are made of the same files.
/// </summary>
internal sealed class VariableUses(ComposeProjectOnEngine project, ProjectFiles files, string service, string variable)
{
    private static readonly string[] Extensions = [".yml", ".yaml"];

    private static readonly string[] KeyedByName = ["environment", "args"];

    /// <summary>Everybody but the service itself, each in the words of a message.</summary>
    /// <param name="neighbours">Other projects on the engine with the same folder.</param>
    public IReadOnlyList<string> Others(IReadOnlyList<ComposeProjectOnEngine> neighbours)
    {
        var others = files.Services
            .Where(one => one.Name != service && Uses(one.Node))
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

    /// <summary>True where the variable stands anywhere in a node: as a variable, or as a name without a value of its own.</summary>
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

    private IEnumerable<string> OtherFile(string file)
    {
        foreach (var document in Documents(file))
        {
            if (Uses(document))
            {
                yield return $"the file {file}";
            }
            else if ((document["services"] as ComposeMapping)?[service] is ComposeMapping node
                && node["image"] is null && node["build"] is null)
            {
                // It has no image of its own: somebody puts it over one of our files, and that is another project with our variable.
                yield return $"what {file} is put over";
            }
        }
    }

    private IEnumerable<string> OutsideOfServices(string file) =>
        from document in Documents(file)
        from entry in document.Entries
        where entry.Key != "services" && !entry.Key.StartsWith("x-", StringComparison.Ordinal) && Uses(entry.Value)
        select $"\"{entry.Key}\" in {file}";

    private bool FileUses(string file) => Documents(file).Any(Uses);

    /// <summary>A file that can't be read uses nothing that anybody could start.</summary>
    private static IReadOnlyList<ComposeMapping> Documents(string file)
    {
        try
        {
            var nothing = new ComposeVariables(_ => null, new Dictionary<string, string>(), string.Empty, reports: null);
            var source = new ComposeSource(file, string.Empty, nothing, DiskRoot: null);
            return [.. ComposeYaml.Parse(SourceText.Decode(File.ReadAllBytes(file), file), source).OfType<ComposeMapping>()];
        }
        catch (Exception exception) when (exception is ProException or IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
