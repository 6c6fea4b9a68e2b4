using System.Globalization;
using LibGit2Sharp;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Git;

/// <summary>
/// Finds the commit that a text means. An exact tag wins over everything; a described version must be what it says; any other
/// commit-ish of git's is its hash.
/// </summary>
internal sealed class VersionResolver(GitRepository repository)
{
    private Repository Library => repository.Library;

    /// <summary>See <see cref="GitRepository.Resolve"/>.</summary>
    public ResolvedCommit Resolve(string? version)
    {
        if (version is null)
        {
            return Library.Head.Tip is { } tip ? ByHash(tip) : throw GitErrors.NoCommits(repository.Root);
        }

        return ByTag(version) ?? ByDescribeText(version) ?? ByHash(CommitIsh(version));
    }

    private static ResolvedCommit ByHash(Commit commit) => Named(commit, null, commit.Sha[..DescribeText.HashLength]);

    private static ResolvedCommit Named(Commit commit, string? tag, string version) => new(commit.Sha, commit.Committer.When, tag, version);

    private ResolvedCommit? ByTag(string version)
    {
        var tag = FindTag(version);
        return tag is null
            ? null
            : tag.PeeledTarget is Commit commit
                ? Named(commit, version, version)
                : throw GitErrors.TagIsNoCommit(version, KindOf(tag.PeeledTarget));
    }

    private Tag? FindTag(string name)
    {
        if (!Reference.IsValidName("refs/tags/" + name))
        {
            return null;
        }

        var tag = ReadTag(name);

        // Loose references are files: where the file system ignores case, V1 would find v1.
        return tag is null || OperatingSystem.IsLinux() || repository.Tags().Contains(name, StringComparer.Ordinal) ? tag : null;
    }

    private Tag? ReadTag(string name)
    {
        try
        {
            return Library.Tags["refs/tags/" + name];
        }
        catch (LibGit2SharpException)
        {
            // A file of that name that is not a tag.
            return null;
        }
    }

    private ResolvedCommit? ByDescribeText(string version)
    {
        if (DescribeText.Parse(version) is not { } parts || Library.Refs["refs/heads/" + version] is not null)
        {
            return null;
        }

        var commit = Lookup(parts.Hash, version) as Commit
            ?? throw Mismatch(version, $"there is no commit {parts.Hash}");
        var tag = FindTag(parts.Tag) ?? throw Mismatch(version, $"there is no tag '{parts.Tag}'");
        var start = tag.PeeledTarget as Commit ?? throw GitErrors.TagIsNoCommit(parts.Tag, KindOf(tag.PeeledTarget));
        var normal = parts with { Hash = commit.Sha[..DescribeText.HashLength] };
        Check(version, normal, start.Sha, commit.Sha);
        return Named(commit, null, FormattableString.Invariant($"{normal.Tag}-{normal.Count}-g{normal.Hash}"));
    }

    private void Check(string version, DescribeText parts, string start, string sha)
    {
        var count = repository.CountSince(start, sha);
        if (count == parts.Count)
        {
            return;
        }

        // Where clocks were wrong, git describe itself counts otherwise than git rev-list: what it prints is right as well.
        if (count is not null && parts == repository.DescribeParts(sha))
        {
            return;
        }

        throw Mismatch(
            version,
            count is null
                ? $"tag '{parts.Tag}' isn't an ancestor of commit {parts.Hash}"
                : string.Create(
                    CultureInfo.InvariantCulture, $"commit {parts.Hash} is {count} commits after '{parts.Tag}', not {parts.Count}"));
    }

    private ProException Mismatch(string version, string why) => GitErrors.DescribeMismatch(version, why, repository.IsShallow);

    private Commit CommitIsh(string version)
    {
        var found = Lookup(version, version);
        while (found is TagAnnotation annotation)
        {
            found = annotation.Target;
        }

        return found switch
        {
            Commit commit => commit,
            null => throw NotFound(version),
            _ => throw GitErrors.NotACommit(version, KindOf(found)),
        };
    }

    private GitObject? Lookup(string text, string version)
    {
        try
        {
            return Library.Lookup(text);
        }
        catch (AmbiguousSpecificationException error)
        {
            throw GitErrors.HashAmbiguous(text, error);
        }
        catch (Exception error) when (error is LibGit2SharpException or ArgumentException)
        {
            // Not in git's grammar of revisions: it can name nothing.
            throw NotFound(version);
        }
    }

    private ProException NotFound(string version)
    {
        if (string.Equals(version, "HEAD", StringComparison.Ordinal) && Library.Info.IsHeadUnborn)
        {
            return GitErrors.NoCommits(repository.Root);
        }

        if (ProVersion.TryParse(version, out var release) && release.Kind == ProVersionKind.Release)
        {
            return GitErrors.TagNotFound(version, NewestRelease(), repository.TagsMayBeMissing);
        }

        return VersionSuggestion.Suggest(version) is { } suggested && FindTag(suggested) is not null
            ? GitErrors.VersionWithoutPrefix(version, suggested)
            : GitErrors.VersionNotFound(version, NameSuggestion.Nearest(version, repository.Tags()), repository.TagsMayBeMissing);
    }

    private string? NewestRelease() => repository.Tags()
        .Select(tag => ProVersion.TryParseTag(tag, out var version) ? version : null)
        .Max()?.ToString();

    private static string KindOf(GitObject? target) => target switch
    {
        Blob => "file (blob)",
        Tree => "folder (tree)",
        null => "missing object",
        _ => "git object that is not a commit",
    };
}
