using System.Diagnostics.CodeAnalysis;
using System.Text;
using LibGit2Sharp;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Machine;

namespace Pro.DockerVersioning.Git;

/// <summary>
/// The files as they are on disk, those that git ignores too, just as <c>docker build</c> would see them; only <c>.git</c> is never
/// among them. Links aren't followed. A submodule that was filled is an ordinary folder; an empty one is a
/// <see cref="SourceEntryKind.Submodule"/>, since its content isn't here.
/// </summary>
internal sealed class WorkingTree : ISourceTree
{
    private static readonly EnumerationOptions Everything = new()
    {
        AttributesToSkip = FileAttributes.None,
        IgnoreInaccessible = false,
        MatchType = MatchType.Simple,
        RecurseSubdirectories = false,
    };

    private readonly string root;
    private readonly GitRepository? repository;

    // The index knows what such a file system can't say: the executable bit, and links that were written out as files.
    private readonly bool modesFromIndex;
    private Dictionary<string, Mode>? modesOfProgram;

    /// <summary>
    /// The files below a folder, without opening the repository: to list services, nobody needs it, and it may be another user's.
    /// Submodules aren't recognized, and on Windows no file is executable.
    /// </summary>
    internal WorkingTree(string root) => this.root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));

    internal WorkingTree(GitRepository repository)
        : this(repository.Root)
    {
        this.repository = repository;
        modesFromIndex = OperatingSystem.IsWindows()
            || repository.Library.Config.Get<bool>("core.filemode") is { Value: false };
    }

    /// <inheritdoc/>
    public string Description => "the working tree";

    /// <inheritdoc/>
    public SourceEntry? Find(string path)
    {
        // Level by level through the listings: a file system may ignore case, and links on the way aren't followed.
        var reached = new SourceEntry(string.Empty, SourceEntryKind.Directory, null);
        foreach (var name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (reached.Kind != SourceEntryKind.Directory)
            {
                return null;
            }

            var wanted = TreePath.Join(reached.Path, name);
            var child = Children(reached.Path).FirstOrDefault(item => string.Equals(item.Name, name, StringComparison.Ordinal));
            if (child is null)
            {
                return null;
            }

            reached = new(wanted, KindOf(wanted, child), null);
        }

        return reached;
    }

    /// <inheritdoc/>
    public IEnumerable<SourceEntry> List(string directory) => Children(directory)
        .Select(item => Translate(TreePath.Join(directory, item.Name), item))
        .OrderBy(entry => entry.Path, StringComparer.Ordinal)
        .ToArray();

    /// <inheritdoc/>
    public long GetLength(SourceEntry entry)
    {
        var file = new FileInfo(FullPath(entry.Path));
        if (LinkText(entry, file) is { } target)
        {
            return Encoding.UTF8.GetByteCount(target);
        }

        return file.Exists ? file.Length : throw GitErrors.FileUnreadable(entry.Path, "it has vanished", null);
    }

    /// <inheritdoc/>
    public SourceContent Open(SourceEntry entry)
    {
        var file = new FileInfo(FullPath(entry.Path));
        if (LinkText(entry, file) is { } target)
        {
            var bytes = Encoding.UTF8.GetBytes(target);
            return new(new MemoryStream(bytes, writable: false), bytes.Length);
        }

        try
        {
            // Opening a named pipe would wait for a writer; like an empty file it has no length.
            return file.Length == 0
                ? new(Stream.Null, 0)
                : OpenFile(file.FullName);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw GitErrors.FileUnreadable(entry.Path, error.Message, error);
        }
    }

    /// <inheritdoc/>
    public void EnsureRegular(SourceEntry entry) => RegularFile.Ensure(FullPath(entry.Path));

    /// <inheritdoc/>
    public bool IsOnDisk(string path) => Path.Exists(FullPath(path));

    [SuppressMessage("Reliability", "CA2000", Justification = "The caller disposes the content, and with it the stream.")]
    private static SourceContent OpenFile(string path)
    {
        var stream = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.Open,
            Access = FileAccess.Read,
            Share = FileShare.ReadWrite | FileShare.Delete,
            Options = FileOptions.SequentialScan,
            BufferSize = 0,
        });
        return new(stream, stream.Length);
    }

    private string? LinkText(SourceEntry entry, FileInfo file)
    {
        if (entry.Kind != SourceEntryKind.SymbolicLink || file.LinkTarget is not { } target)
        {
            return null;
        }

        // The runtime puts this character in the place of bytes that aren't UTF-8.
        if (target.Contains('\uFFFD', StringComparison.Ordinal))
        {
            throw GitErrors.LinkTargetUnusable(Description, entry.Path, inner: null);
        }

        return OperatingSystem.IsWindows() ? target.Replace('\\', '/') : target;
    }

    private static bool IsGitDirectory(FileSystemInfo item) =>
        string.Equals(item.Name, ".git", OperatingSystem.IsLinux() ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase);

    private string FullPath(string path) => path.Length == 0 ? root : Path.Combine(root, path);

    private FileSystemInfo[] Children(string directory)
    {
        var folder = new DirectoryInfo(FullPath(directory));
        try
        {
            return folder.Exists
                ? [.. folder.EnumerateFileSystemInfos("*", Everything).Where(item => !IsGitDirectory(item))]
                : [];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw GitErrors.FileUnreadable(directory, error.Message, error);
        }
    }

    private SourceEntry Translate(string path, FileSystemInfo item) =>
        new(path, KindOf(path, item), null) { HasUnusableName = item.Name.Contains('\uFFFD', StringComparison.Ordinal) };

    private SourceEntryKind KindOf(string path, FileSystemInfo item)
    {
        if (item.LinkTarget is not null)
        {
            return SourceEntryKind.SymbolicLink;
        }

        if (item is DirectoryInfo)
        {
            return IsEmptySubmodule(path) ? SourceEntryKind.Submodule : SourceEntryKind.Directory;
        }

        if (modesFromIndex)
        {
            return IndexMode(path) switch
            {
                Mode.ExecutableFile => SourceEntryKind.ExecutableFile,
                Mode.SymbolicLink => SourceEntryKind.SymbolicLink,
                _ => SourceEntryKind.File,
            };
        }

        // The owner's bit alone, as git has it.
        return !OperatingSystem.IsWindows() && (item.UnixFileMode & UnixFileMode.UserExecute) != 0
            ? SourceEntryKind.ExecutableFile
            : SourceEntryKind.File;
    }

    private bool IsEmptySubmodule(string path) =>
        repository is not null && IndexMode(path) == Mode.GitLink && Children(path).Length == 0;

    private Mode? IndexMode(string path)
    {
        if (modesOfProgram is null)
        {
            try
            {
                return repository!.Library.Index[path]?.Mode;
            }
            catch (LibGit2SharpException)
            {
                // A sparse or split index, which only the program can read.
                modesOfProgram = ReadModes(repository!.Root);
            }
        }

        return modesOfProgram.TryGetValue(path, out var mode) ? mode : null;
    }

    // A line is "MODE HASH STAGE\tPATH".
    private static Dictionary<string, Mode> ReadModes(string root)
    {
        var modes = new Dictionary<string, Mode>(StringComparer.Ordinal);
        var output = GitProgram.TryRun(root, "ls-files", "--stage", "-z") ?? string.Empty;
        foreach (var line in output.Split('\0', StringSplitOptions.RemoveEmptyEntries))
        {
            modes[line[(line.IndexOf('\t', StringComparison.Ordinal) + 1)..]] = (Mode)Convert.ToInt32(line.Split(' ')[0], 8);
        }

        return modes;
    }
}
