using LibGit2Sharp;

namespace Pro.DockerVersioning.Git;

/// <summary>
/// Reads all tags. git writes into <c>packed-refs</c> what each tag leads to (https://git-scm.com/docs/gitrepository-layout), so most
/// tags cost a line of text there; through the library a thousand of them cost more than git describe takes in all.
/// </summary>
internal static class TagReader
{
    private const string Prefix = "refs/tags/";

    /// <summary>The tags, in no order.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="unreadable">Gets the names of files among the tags that are none: junk of file managers and of synchronization.</param>
    public static IEnumerable<GitTag> Read(Repository repository, ICollection<string> unreadable)
    {
        var common = CommonDirectory(repository.Info.Path);
        var tags = new Dictionary<string, GitTag>(StringComparer.Ordinal);

        // Loose ones first: one that git packs in between is then found in the other place, and they win over packed ones anyhow.
        foreach (var name in LooseNames(common))
        {
            try
            {
                if (FromLibrary(repository, name) is { } tag)
                {
                    tags[name] = tag;
                }
            }
            catch (Exception error) when (error is LibGit2SharpException or ArgumentException)
            {
                // git passes over them too.
                unreadable.Add(name);
            }
        }

        foreach (var tag in Packed(repository, Path.Combine(common, "packed-refs")))
        {
            tags.TryAdd(tag.Name, tag);
        }

        return tags.Values;
    }

    // A linked worktree has its own folder, and the tags are in the main one.
    private static string CommonDirectory(string gitDirectory)
    {
        var pointer = Path.Combine(gitDirectory, "commondir");
        return File.Exists(pointer) ? Path.GetFullPath(Path.Combine(gitDirectory, File.ReadAllText(pointer).Trim())) : gitDirectory;
    }

    private static string[] LooseNames(string common)
    {
        var folder = Path.Combine(common, "refs", "tags");
        return Directory.Exists(folder)
            ? [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                .Select(file => Path.GetRelativePath(folder, file).Replace(Path.DirectorySeparatorChar, '/'))
                .Where(name => !name.EndsWith(".lock", StringComparison.Ordinal))]
            : [];
    }

    private static GitTag? FromLibrary(Repository repository, string name)
    {
        var target = repository.Refs[Prefix + name]?.ResolveToDirectReference()?.TargetIdentifier;
        if (target is null || repository.Lookup(new ObjectId(target)) is not { } found)
        {
            return null;
        }

        var annotation = found is TagAnnotation ? found.Sha : null;
        while (found is TagAnnotation next)
        {
            found = next.Target;
        }

        return new(name, found.Sha, annotation);
    }

    private static List<GitTag> Packed(Repository repository, string file)
    {
        var tags = new List<GitTag>();
        var peeled = false;
        var lastWasTag = false;
        foreach (var line in File.Exists(file) ? File.ReadLines(file) : [])
        {
            if (line.StartsWith('#'))
            {
                // Both words promise a line with the final target after each annotated tag.
                peeled = line.Contains("peeled", StringComparison.Ordinal);
            }
            else if (line.StartsWith('^'))
            {
                if (lastWasTag)
                {
                    tags[^1] = tags[^1] with { TargetSha = line[1..], AnnotationSha = tags[^1].TargetSha };
                }
            }
            else
            {
                var space = line.IndexOf(' ', StringComparison.Ordinal);
                lastWasTag = space > 0 && line.AsSpan(space + 1).StartsWith(Prefix, StringComparison.Ordinal);
                if (lastWasTag)
                {
                    tags.Add(new(line[(space + 1 + Prefix.Length)..], line[..space], null));
                }
            }
        }

        return peeled ? tags : [.. tags.Select(tag => FromLibrary(repository, tag.Name)).OfType<GitTag>()];
    }
}
