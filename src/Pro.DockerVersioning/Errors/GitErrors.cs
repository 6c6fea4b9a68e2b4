using System.Globalization;
using System.Text.RegularExpressions;

namespace Pro.DockerVersioning.Errors;

/// <summary>Every sentence about repositories, versions in git, and the files that go into a build.</summary>
internal static partial class GitErrors
{
    private const int NamesShown = 10;

    /// <summary>No repository around a folder.</summary>
    public static ProException RepositoryNotFound(string folder) => new(
        "RepositoryNotFound",
        ProErrorCategory.ObjectNotFound,
        $"There is no git repository in '{folder}' nor in any folder above it.",
        "Change to a folder of your repository, or make one: git init",
        folder);

    /// <summary>A repository without files on disk.</summary>
    public static ProException RepositoryIsBare(string folder) => new(
        "RepositoryIsBare",
        ProErrorCategory.InvalidOperation,
        $"The repository in '{folder}' is bare: it has no working tree, and so no services to be found.",
        $"Clone it and work in the clone: git clone {Quote(folder)}",
        folder);

    /// <summary>git's own guard against repositories of other users.</summary>
    public static ProException RepositoryOwnedByOther(string folder, Exception inner) => new(
        "RepositoryOwnedByOther",
        ProErrorCategory.PermissionDenied,
        $"The repository '{folder}' belongs to another user, and git refuses such repositories unless they are declared safe.",
        $"If you trust it: git config --global --add safe.directory {Quote(folder)}",
        folder,
        inner);

    /// <summary>A repository in a format that libgit2 can't read.</summary>
    public static ProException RepositoryFormatUnsupported(string folder, string feature, string remedy, Exception inner) => new(
        "RepositoryFormatUnsupported",
        ProErrorCategory.NotImplemented,
        $"The repository of '{folder}' uses {feature}, which this module can't read.",
        remedy,
        folder,
        inner);

    /// <summary>Whatever else git's library says.</summary>
    public static ProException RepositoryUnreadable(string folder, Exception inner) => new(
        "RepositoryUnreadable",
        ProErrorCategory.ReadError,
        $"The repository of '{folder}' can't be read: {inner.Message.TrimEnd('.')}.",
        "See what git says of it: git fsck",
        folder,
        inner);

    /// <summary>HEAD points at a branch without commits.</summary>
    public static ProException NoCommits(string root) => new(
        "RepositoryHasNoCommits",
        ProErrorCategory.InvalidOperation,
        $"The repository '{root}' has no commit yet on its current branch: there is no tree to build from.",
        "Commit first: git add, git commit. -WorkingTree needs a commit too: its images are named by the commit they were changed from.",
        root);

    /// <summary>A release that is not a tag.</summary>
    public static ProException TagNotFound(string version, string? newest, bool fetchTags) => new(
        "TagNotFound",
        ProErrorCategory.ObjectNotFound,
        $"There is no git tag '{version}'{(newest is null ? string.Empty : $" (the newest is {newest})")}."
            + (fetchTags ? " This clone is shallow or has no tags at all: they may only be missing here." : string.Empty),
        TagAdvice(version, fetchTags),
        version);

    // What looks described is a commit's name, and would be a wrong one as a tag.
    private static string TagAdvice(string version, bool fetchTags)
    {
        var fetch = fetchTags ? "Fetch the tags: git fetch --tags --unshallow (without --unshallow in a full clone)." : string.Empty;
        return LooksDescribed().IsMatch(version)
            ? $"{fetch} Ask git for the commit's right name: git describe --tags --abbrev=12 --match 'v[0-9]*'".TrimStart()
            : (fetchTags ? fetch + " Or make" : "Make")
                + $" the release from the current commit: git tag -a {version} -m \"{version}\". -Ref HEAD builds it without a tag.";
    }

    /// <summary>A version without its prefix, whose tag is there.</summary>
    public static ProException VersionWithoutPrefix(string version, string meant) => new(
        "VersionNotFound",
        ProErrorCategory.ObjectNotFound,
        $"'{version}' is neither a tag nor a commit of this repository (did you mean '{meant}'?).",
        $"A version starts with v, as its git tag does: {meant}",
        version);

    /// <summary>A text that names no commit.</summary>
    public static ProException VersionNotFound(string version, string? nearest, bool fetchTags) => new(
        "VersionNotFound",
        ProErrorCategory.ObjectNotFound,
        $"'{version}' is neither a tag nor a commit of this repository{Suggestion(nearest)}."
            + (fetchTags ? " This clone is shallow or has no tags at all: it may only be missing here." : string.Empty),
        fetchTags
            ? "Fetch what is missing: git fetch --tags --unshallow (without --unshallow in a full clone). Then look: git tag --list"
            : "Look at what there is: git tag --list, git log --oneline",
        version);

    /// <summary>A tag on something that has no files.</summary>
    public static ProException TagIsNoCommit(string tag, string kind) => new(
        "TagIsNoCommit",
        ProErrorCategory.InvalidData,
        $"The git tag '{tag}' points at a {kind}, not at a commit: nothing can be built from it.",
        $"Choose another tag, or move this one: git tag -f -a {tag} -m \"{tag}\" COMMIT",
        tag);

    /// <summary>A commit-ish that is a file or a folder.</summary>
    public static ProException NotACommit(string version, string kind) => new(
        "NotACommit",
        ProErrorCategory.InvalidArgument,
        $"'{version}' names a {kind}, not a commit.",
        "Give a tag, a branch or a commit's hash.",
        version);

    /// <summary>Several objects begin with these digits.</summary>
    public static ProException HashAmbiguous(string version, Exception? inner) => new(
        "HashAmbiguous",
        ProErrorCategory.InvalidArgument,
        $"Several objects of this repository begin with '{version}'.",
        "Give more digits of the hash: git log --format=%H",
        version,
        inner);

    /// <summary>A describe text that disagrees with the repository.</summary>
    public static ProException DescribeMismatch(string version, string why, bool shallow) => new(
        "DescribeMismatch",
        ProErrorCategory.InvalidArgument,
        $"'{version}' looks like an answer of git describe, but {why}.",
        (shallow ? "This clone is shallow and may lack the history in between: git fetch --tags --unshallow. " : string.Empty)
            + "An image must be what its tag says. Ask git for the right name (git describe --tags --abbrev=12 COMMIT),"
            + " or give the hash alone.",
        version);

    /// <summary>git describe has nothing to start from.</summary>
    public static ProException NothingToDescribe(string sha, IReadOnlyCollection<string> passedOver, bool fetchTags) => new(
        "NoTagToDescribeFrom",
        ProErrorCategory.ObjectNotFound,
        passedOver.Count == 0
            ? $"No tag can be reached from commit {ShortId.Of(sha)}, so git describe has no name for it."
            : $"No tag that can be reached from commit {ShortId.Of(sha)} is a version. Passed over: {Names(passedOver)}.",
        fetchTags
            ? "Fetch the tags: git fetch --tags --unshallow (without --unshallow in a full clone)."
            : "Tag a commit before it (git tag -a v0.1.0 -m \"v0.1.0\" COMMIT), or use the hash.",
        sha);

    /// <summary>An object that the history names and the clone lacks.</summary>
    public static ProException ObjectMissing(string what, string sha, Exception? inner) => new(
        "ObjectMissing",
        ProErrorCategory.ReadError,
        $"The repository lacks an object: {what} ({sha}).",
        "Fetch it anew (git fetch --refetch, a full clone), and check with: git fsck",
        what,
        inner);

    /// <summary>A name that no tar and no other system can carry.</summary>
    public static ProException FileNameUnusable(string tree, string path) => new(
        "FileNameUnusable",
        ProErrorCategory.InvalidData,
        $"'{path}' in {tree} has a name that isn't UTF-8 or isn't a file's name, and can't be sent to a builder.",
        "Rename it, or leave it out by a pattern in .dockerignore that has ? for each such character: "
            + $"**/{path[(path.LastIndexOf('/') + 1)..].Replace('\uFFFD', '?')}",
        path);

    /// <summary>A link whose target can't be written into a tar as it is.</summary>
    public static ProException LinkTargetUnusable(string tree, string path, Exception? inner) => new(
        "LinkTargetUnusable",
        ProErrorCategory.InvalidData,
        $"The symbolic link '{path}' in {tree} has a target that isn't UTF-8, and can't be sent to a builder.",
        "Make the link anew with a UTF-8 target, or keep it out of the context with .dockerignore.",
        path,
        inner);

    /// <summary>Two files of a tree that this machine can't hold side by side.</summary>
    public static ProException NamesCollide(string path) => new(
        "FileNamesCollide",
        ProErrorCategory.InvalidData,
        $"The file system of the temporary folder takes '{path}' for another file of the context, whose name differs by case only.",
        "Rename one of them, or don't list the Dockerfile in .dockerignore: then nothing is written to disk.",
        path);

    /// <summary>The git program is needed and missing.</summary>
    public static ProException GitProgramMissing(string purpose, Exception? inner) => new(
        "GitProgramMissing",
        ProErrorCategory.ResourceUnavailable,
        $"The program 'git' is needed to {purpose}, and it isn't on PATH.",
        "Install git (https://git-scm.com/downloads), or add its folder to PATH.",
        "git",
        inner);

    /// <summary>The git program failed while a large file was read.</summary>
    public static ProException GitProgramFailed(string sha, int exitCode, string message) => new(
        "GitProgramFailed",
        ProErrorCategory.ReadError,
        string.Create(
            CultureInfo.InvariantCulture,
            $"git cat-file could not read object {sha} (exit code {exitCode}): {message.Trim().TrimEnd('.')}."),
        "Check the repository: git fsck",
        sha);

    /// <summary>A path that leaves the repository.</summary>
    public static ProException PathOutsideRepository(string path) => new(
        "PathOutsideRepository",
        ProErrorCategory.InvalidArgument,
        $"The path '{path}' leads out of the repository.",
        "Contexts and Dockerfiles are looked up inside the repository: give a path relative to its root.",
        path);

    /// <summary>Symbolic links that lead in a circle.</summary>
    public static ProException LinkLoop(string path) => new(
        "SymbolicLinkLoop",
        ProErrorCategory.InvalidData,
        $"The symbolic links of '{path}' lead in a circle.",
        "Correct the link, and commit it.",
        path);

    /// <summary>No such folder in the tree.</summary>
    public static ProException ContextNotFound(string tree, string path, bool onDisk) => new(
        "ContextNotFound",
        ProErrorCategory.ObjectNotFound,
        NotInTree("folder", path, tree, onDisk),
        CommitOrCorrect("context", onDisk),
        path);

    /// <summary>No such Dockerfile in the tree.</summary>
    public static ProException DockerfileNotFound(string tree, string path, bool onDisk) => new(
        "DockerfileNotFound",
        ProErrorCategory.ObjectNotFound,
        NotInTree("Dockerfile", path, tree, onDisk),
        CommitOrCorrect("dockerfile", onDisk),
        path);

    private static string NotInTree(string what, string path, string tree, bool onDisk) =>
        $"There is no {what} '{path}' in {tree}{(onDisk ? ", though there is one on disk" : string.Empty)}.";

    private static string CommitOrCorrect(string key, bool onDisk) => onDisk
        ? "Commit it and tag that commit, or build what is on disk with -WorkingTree."
        : $"Correct the service's {key} in pro.json or the compose file, or choose a version that has it.";

    /// <summary>A bad line in an ignore file.</summary>
    public static ProException IgnorePatternInvalid(string file, int line, string pattern) => new(
        "IgnorePatternInvalid",
        ProErrorCategory.InvalidData,
        string.Create(CultureInfo.InvariantCulture, $"Line {line} of '{file}' is not a pattern that Docker accepts: '{pattern}'."),
        "Correct the line: brackets must be closed, ranges must rise, a lone '!' or a '\\' at the end means nothing.",
        file);

    /// <summary>The context holds files whose content git doesn't have.</summary>
    public static ProException ContentNotInGit(string tree, IReadOnlyCollection<string> submodules, IReadOnlyCollection<string> lfsPointers)
    {
        List<string> parts = [];
        List<string> remedies = [];
        if (submodules.Count > 0)
        {
            parts.Add($"submodules ({Names(submodules)})");
            remedies.Add("Fill the submodules (git submodule update --init --recursive) and build with -WorkingTree.");
        }

        if (lfsPointers.Count > 0)
        {
            parts.Add($"git-lfs pointers in place of the files ({Names(lfsPointers)})");
            remedies.Add("Bring the large files (git lfs pull) and build with -WorkingTree.");
        }

        remedies.Add("Or keep them out of the context with .dockerignore.");
        return new(
            "ContentNotInGit",
            ProErrorCategory.InvalidData,
            $"The build context in {tree} holds {string.Join(" and ", parts)}: their content isn't there, and the image would lack it.",
            string.Join(' ', remedies),
            submodules.Concat(lfsPointers).ToArray());
    }

    /// <summary>A file on disk that can't be read, or changed while it was.</summary>
    public static ProException FileUnreadable(string path, string why, Exception? inner) => new(
        "FileUnreadable",
        ProErrorCategory.ReadError,
        $"The file '{path}' can't be read: {why.TrimEnd('.')}.",
        "Close what holds or changes it, see to its permissions, or keep it out of the context with .dockerignore.",
        path,
        inner);

    [GeneratedRegex("-[0-9]+-g[0-9A-Za-z]+$")]
    private static partial Regex LooksDescribed();

    private static string Suggestion(string? nearest) => nearest is null ? string.Empty : $" (did you mean '{nearest}'?)";

    private static string Names(IReadOnlyCollection<string> names)
    {
        var shown = string.Join(", ", names.Take(NamesShown));
        return names.Count <= NamesShown
            ? shown
            : string.Create(CultureInfo.InvariantCulture, $"{shown} and {names.Count - NamesShown} more");
    }

    private static string Quote(string path) => path.Any(c => !char.IsAsciiLetterOrDigit(c) && "/\\:._-".IndexOf(c) < 0)
        ? $"'{path.Replace("'", "'\\''", StringComparison.Ordinal)}'"
        : path;
}
