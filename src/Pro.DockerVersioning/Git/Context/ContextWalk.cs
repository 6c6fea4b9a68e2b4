using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Git.Context;

/// <summary>Walks a context's folder and leaves out what the ignore file says; ignored folders aren't entered without need.</summary>
/// <param name="tree">Where the files are.</param>
/// <param name="root">The context's folder.</param>
/// <param name="ignore">The rules.</param>
/// <param name="cancellationToken">Ends the walk.</param>
internal sealed class ContextWalk(ISourceTree tree, string root, DockerIgnore ignore, CancellationToken cancellationToken)
{
    private readonly List<ContextEntry> entries = [];

    /// <summary>The entries that are left, a folder before its children.</summary>
    public List<ContextEntry> Run()
    {
        Walk(root, string.Empty, new bool[ignore.Count]);
        return entries;
    }

    private void Walk(string directory, string relative, bool[] above)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var own = new bool[ignore.Count];
        foreach (var child in tree.List(directory))
        {
            var name = TreePath.Join(relative, TreePath.Name(child.Path));
            var ignored = ignore.Evaluate(name, above, own);
            if (!ignored && child.HasUnusableName)
            {
                throw GitErrors.FileNameUnusable(tree.Description, child.Path);
            }

            if (child.Kind == SourceEntryKind.Directory)
            {
                Enter(child, name, ignored, own);
            }
            else if (!ignored)
            {
                entries.Add(new(name, child));
            }
        }
    }

    private void Enter(SourceEntry directory, string name, bool ignored, bool[] matched)
    {
        if (ignored && !ignore.MayBringBackBelow(name))
        {
            return;
        }

        entries.Add(new(name, directory));
        var before = entries.Count;
        Walk(directory.Path, name, [.. matched]);

        // An ignored folder is there only for the sake of what was re-included below it.
        if (ignored && entries.Count == before)
        {
            entries.RemoveAt(before - 1);
        }
    }
}
