using Pro.DockerVersioning.Git;

namespace Pro.DockerVersioning.Configuration.Catalog;

/// <summary>A place by convention where a service's Dockerfile lies.</summary>
/// <param name="Name">The service's name: the folder's, in small letters, since no image has capital ones.</param>
/// <param name="Folder">The folder as it is written; "" for the root.</param>
/// <param name="Context">The context.</param>
/// <param name="Dockerfile">The Dockerfile.</param>
/// <param name="Written">The folder's own name.</param>
internal sealed record ServiceFolder(string Name, string Folder, string Context, string Dockerfile, string Written);

/// <summary>Finds services by convention: folders with a Dockerfile.</summary>
internal static class ServiceFolders
{
    public const string DockerfileName = "Dockerfile";

    /// <summary>A folder of this name is not a service: its Dockerfile builds the root.</summary>
    private const string OfTheRoot = "docker";

    /// <summary>The folders whose own folders are services.</summary>
    private static readonly string[] Parents = ["apps", "services", "src"];

    /// <summary>
    /// The services under <c>apps/</c>, <c>services/</c>, <c>src/</c> and the root, by name, each with all places that could be meant. A
    /// Dockerfile of the root itself is a service too, unless there are several others: then it is rather their common base.
    /// </summary>
    /// <param name="tree">The repository's files.</param>
    /// <param name="rootName">The name of a service in the root: the repository's folder's.</param>
    public static IReadOnlyList<IGrouping<string, ServiceFolder>> Find(ISourceTree tree, string rootName)
    {
        var folders = All(tree).ToList();
        if (folders.Count < 2 && RootDockerfile(tree) is { } dockerfile)
        {
            folders.Add(new(NameOf(rootName), string.Empty, string.Empty, dockerfile, rootName));
        }

        return [.. folders.GroupBy(folder => folder.Name, StringComparer.Ordinal)];
    }

    /// <summary>The places by convention that a service of this name could live in.</summary>
    public static IReadOnlyList<ServiceFolder> Of(ISourceTree tree, string service) =>
        [.. All(tree).Where(folder => string.Equals(folder.Name, service, StringComparison.OrdinalIgnoreCase))];

    private static IEnumerable<ServiceFolder> All(ISourceTree tree) =>
        Parents.Append(string.Empty).SelectMany(parent => ServicesIn(tree, parent));

    private static string? RootDockerfile(ISourceTree tree) =>
        new[] { DockerfileName, $"{OfTheRoot}/{DockerfileName}" }.FirstOrDefault(path => SourceText.Exists(tree, path));

    private static IEnumerable<ServiceFolder> ServicesIn(ISourceTree tree, string parent) =>
        from entry in tree.List(parent)
        where entry.Kind is SourceEntryKind.Directory or SourceEntryKind.SymbolicLink
        let name = TreePath.Name(entry.Path)
        where !name.StartsWith('.') && !(parent.Length == 0 && name == OfTheRoot)
        let dockerfile = TreePath.Join(entry.Path, DockerfileName)
        where SourceText.Exists(tree, dockerfile)
        select new ServiceFolder(NameOf(name), entry.Path, entry.Path, dockerfile, name);

    private static string NameOf(string folder) => folder.ToLowerInvariant();
}
