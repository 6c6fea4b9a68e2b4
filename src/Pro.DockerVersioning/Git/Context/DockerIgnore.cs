using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Git.Context;

/// <summary>
/// A <c>.dockerignore</c>, with the rules of Docker's own reader and matcher (github.com/moby/patternmatcher), walked as BuildKit
/// walks: the last pattern that matches a path or one of its folders decides. Backslashes escape on every system, so that one commit
/// gives the same context everywhere.
/// </summary>
internal sealed class DockerIgnore
{
    private readonly DockerIgnorePattern[] patterns;

    private DockerIgnore(DockerIgnorePattern[] patterns) => this.patterns = patterns;

    /// <summary>Ignores nothing.</summary>
    public static DockerIgnore None { get; } = new([]);

    /// <summary>How many patterns there are: the size of the state that a walk carries.</summary>
    public int Count => patterns.Length;

    /// <summary>Reads the text of an ignore file.</summary>
    /// <param name="text">Its content.</param>
    /// <param name="fileName">Its name, for the message about a bad line.</param>
    /// <exception cref="ProException">A line is not a pattern.</exception>
    public static DockerIgnore Parse(string text, string fileName)
    {
        var patterns = new List<DockerIgnorePattern>();
        var number = 0;
        foreach (var line in text.TrimStart('\uFEFF').Split('\n'))
        {
            number++;
            if (line.StartsWith('#') || line.Trim() is not { Length: > 0 } pattern)
            {
                continue;
            }

            patterns.Add(DockerIgnorePattern.Parse(pattern) ?? throw GitErrors.IgnorePatternInvalid(fileName, number, pattern));
        }

        return new([.. patterns]);
    }

    /// <summary>Is a path ignored, looked at by itself?</summary>
    public bool IsIgnored(string path)
    {
        Span<bool> above = new bool[Count];
        Span<bool> own = new bool[Count];
        for (var slash = path.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = path.IndexOf('/', slash + 1))
        {
            Evaluate(path[..slash], above, own);
            own.CopyTo(above);
        }

        return Evaluate(path, above, own);
    }

    /// <summary>Is a path ignored, given which patterns matched the folder that holds it?</summary>
    /// <param name="path">Relative to the context.</param>
    /// <param name="above">For each pattern: did it match a folder above? All false at the top.</param>
    /// <param name="own">Receives the same for this path, to be handed down.</param>
    public bool Evaluate(string path, ReadOnlySpan<bool> above, Span<bool> own)
    {
        var ignored = false;
        for (var index = 0; index < patterns.Length; index++)
        {
            var pattern = patterns[index];
            var matches = above[index];

            // A pattern that could change nothing isn't asked; Docker hands that "no" down as well, and so do we.
            if (!matches && pattern.IsException == ignored)
            {
                matches = pattern.Matches(path);
            }

            own[index] = matches;
            if (matches)
            {
                ignored = !pattern.IsException;
            }
        }

        return ignored;
    }

    /// <summary>Could an exception bring back something below an ignored folder? If not, nobody needs to look into it.</summary>
    public bool MayBringBackBelow(string directory) => patterns.Any(pattern => pattern.IsException && pattern.MayMatchBelow(directory));
}
