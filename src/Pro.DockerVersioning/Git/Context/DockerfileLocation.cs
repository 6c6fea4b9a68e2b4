using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Git.Context;

/// <summary>Where a Dockerfile was found, and which ignore file goes with it.</summary>
internal sealed class DockerfileLocation
{
    /// <summary>The ignore file at a context's top.</summary>
    public const string IgnoreFileName = ".dockerignore";

    private readonly string contextDirectory;
    private readonly string asGiven;

    private DockerfileLocation(string contextDirectory, string asGiven, SourceEntry entry, string text, string? inContext)
    {
        this.contextDirectory = contextDirectory;
        this.asGiven = asGiven;
        Entry = entry;
        Text = text;
        InContext = inContext;
    }

    /// <summary>The file itself, links followed.</summary>
    public SourceEntry Entry { get; }

    /// <summary>Its content.</summary>
    public string Text { get; }

    /// <summary>Its path relative to the context; null if it lies outside.</summary>
    public string? InContext { get; }

    /// <summary>True once the context's own <c>.dockerignore</c> was read, and not one beside the Dockerfile.</summary>
    public bool RulesFromContext { get; private set; }

    /// <summary>Finds it; as with Docker, <c>dockerfile</c> will do where <c>Dockerfile</c> isn't there.</summary>
    /// <exception cref="ProException">It isn't in the tree.</exception>
    public static DockerfileLocation Find(ISourceTree tree, string contextDirectory, string dockerfile)
    {
        var asGiven = TreePath.Normalize(dockerfile);
        var entry = FindFile(tree, asGiven);
        if (entry is null && TreePath.Name(asGiven) is "Dockerfile")
        {
            var lower = TreePath.Join(TreePath.Parent(asGiven), "dockerfile");
            entry = FindFile(tree, lower);
            asGiven = entry is null ? asGiven : lower;
        }

        if (entry is null)
        {
            throw GitErrors.DockerfileNotFound(tree.Description, asGiven, tree.IsOnDisk(asGiven));
        }

        var text = TreePath.ReadText(tree, entry);
        var inContext = TreePath.RelativeTo(contextDirectory, entry.Path);
        return new(contextDirectory, asGiven, entry, text, inContext);
    }

    /// <summary><c>NAME.dockerignore</c> beside the Dockerfile wins over <c>.dockerignore</c> at the context's top.</summary>
    public DockerIgnore ReadIgnore(ISourceTree tree)
    {
        // As BuildKit reads them: to it, the file's own folder is the root. A link that leads out of the folder finds nothing there.
        string[] candidates = [$"{asGiven}.dockerignore", $"{Entry.Path}.dockerignore", TreePath.Join(contextDirectory, IgnoreFileName)];
        foreach (var candidate in candidates)
        {
            if (TreePath.Follow(tree, TreePath.Parent(candidate)) is { } folder
                && TreePath.FollowInside(tree, folder.Path, TreePath.Name(candidate)) is
                    { Kind: SourceEntryKind.File or SourceEntryKind.ExecutableFile } file)
            {
                RulesFromContext = candidate == candidates[^1];
                return DockerIgnore.Parse(TreePath.ReadText(tree, file), candidate);
            }
        }

        return DockerIgnore.None;
    }

    private static SourceEntry? FindFile(ISourceTree tree, string path) =>
        TreePath.Follow(tree, path) is { Kind: SourceEntryKind.File or SourceEntryKind.ExecutableFile } file ? file : null;
}
