using Pro.DockerVersioning.Git;

namespace Pro.DockerVersioning.Configuration;

/// <summary>Finds services by convention: folders with a Dockerfile.</summary>
internal static class ServiceFolders
{
    public const string DockerfileName = "Dockerfile";

    /// <summary>The folders whose own folders are services.</summary>
    private static readonly string[] Parents = ["apps", "services"];

    /// <summary>
    /// The services under <c>apps/</c>, <c>services/</c> and the root, by name, each with all folders that could be meant. Only where there
    /// are none, a Dockerfile in the root itself is a service: in a repository of several it is rather a common base.
    /// </summary>
    /// <param name="tree">The repository's files.</param>
    /// <param name="rootName">The name of a service in the root: the repository's folder's.</param>
    public static IReadOnlyList<KeyValuePair<string, IReadOnlyList<string>>> Find(ISourceTree tree, string rootName)
    {
        var folders = Parents.Append(string.Empty).SelectMany(parent => ServicesIn(tree, parent)).ToList();
        if (folders.Count == 0 && HasDockerfile(tree, string.Empty))
        {
            return [new(rootName, [string.Empty])];
        }

        return [.. folders
            .GroupBy(NameOf, StringComparer.Ordinal)
            .Select(group => new KeyValuePair<string, IReadOnlyList<string>>(group.Key, [.. group]))];
    }

    /// <summary>The folders by convention that a service of this name could live in.</summary>
    public static IReadOnlyList<string> Of(ISourceTree tree, string service) =>
        [.. Parents.Append(string.Empty)
            .Select(parent => RepositoryPath.Join(parent, service))
            .Where(folder => HasDockerfile(tree, folder))];

    private static IEnumerable<string> ServicesIn(ISourceTree tree, string parent) =>
        tree.List(parent)
            .Where(entry => entry.Kind == SourceEntryKind.Directory && !NameOf(entry.Path).StartsWith('.'))
            .Select(entry => entry.Path)
            .Where(folder => HasDockerfile(tree, folder));

    private static bool HasDockerfile(ISourceTree tree, string folder) =>
        SourceText.Exists(tree, RepositoryPath.Join(folder, DockerfileName));

    private static string NameOf(string folder) => folder[(folder.LastIndexOf('/') + 1)..];
}
