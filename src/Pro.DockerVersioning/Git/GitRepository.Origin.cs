using System.Text.RegularExpressions;
using LibGit2Sharp;

namespace Pro.DockerVersioning.Git;

/// <content>Where the repository comes from, and what of its history is here.</content>
internal sealed partial class GitRepository
{
    /// <summary>True if the commit is in this repository (a shallow clone lacks many).</summary>
    public bool Knows(string sha) => ObjectId.TryParse(sha, out var id) && repository.Lookup<Commit>(id) is not null;

    /// <summary>True if a commit's hash begins with these digits. A branch or a tag of that name is not a commit's hash.</summary>
    public bool KnowsPrefix(string hash)
    {
        try
        {
            return repository.Lookup(hash) is Commit commit && commit.Sha.StartsWith(hash, StringComparison.OrdinalIgnoreCase);
        }
        catch (AmbiguousSpecificationException)
        {
            // Several objects begin so. Whether one is a commit can't be asked: what can't be told is not touched.
            return false;
        }
        catch (LibGit2SharpException)
        {
            return false;
        }
    }

    /// <summary>
    /// The address of the remote "origin" as a web page's, without a user, a password or a token in it; null if there is none.
    /// </summary>
    public string? SourceAddress()
    {
        var address = repository.Network.Remotes["origin"]?.Url;
        if (string.IsNullOrEmpty(address))
        {
            return null;
        }

        if (ScpAddress().Match(address) is { Success: true } scp)
        {
            return $"https://{scp.Groups["host"].Value}/{WithoutSuffix(scp.Groups["path"].Value)}";
        }

        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme is not ("https" or "http" or "ssh" or "git"))
        {
            return null;
        }

        var isWeb = uri.Scheme is "http" or "https";
        var host = isWeb && !uri.IsDefaultPort ? $"{uri.Host}:{uri.Port}" : uri.Host;
        return $"{(isWeb ? uri.Scheme : "https")}://{host}/{WithoutSuffix(uri.AbsolutePath)}";
    }

    private static string WithoutSuffix(string path) =>
        (path.EndsWith(".git", StringComparison.Ordinal) ? path[..^4] : path).Trim('/');

    // git@github.com:org/repo.git: no drive letter, no scheme.
    [GeneratedRegex(@"\A(?:[^@/:]+@)(?<host>[^/:]+):(?!//)(?<path>.+)\z")]
    private static partial Regex ScpAddress();
}
