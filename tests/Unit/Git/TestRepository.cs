using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Pro.DockerVersioning.Tests.Git;

/// <summary>
/// A small repository in a temporary folder, made by the real git. Author, dates and configuration are fixed, so that the same calls
/// give the same hashes on every machine and day.
/// </summary>
public sealed class TestRepository : IDisposable
{
    private static readonly DateTimeOffset FirstCommit = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly string folder;
    private int ticks;

    private TestRepository(string folder, string root)
    {
        this.folder = folder;
        Root = root;
    }

    /// <summary>The work tree.</summary>
    public string Root { get; }

    /// <summary>A folder beside the repository, for clones and worktrees; it goes away with it.</summary>
    public string Beside => folder;

    /// <summary>Makes an empty repository whose branch is main.</summary>
    public static TestRepository Create(params string[] initOptions)
    {
        var folder = Directory.CreateTempSubdirectory("pro-git-").FullName;
        var root = Path.Combine(folder, "repo");
        var repository = new TestRepository(folder, root);
        Directory.CreateDirectory(root);
        repository.Git(["init", "--quiet", "--initial-branch=main", .. initOptions]);
        return repository;
    }

    /// <summary>Runs git in the work tree and gives what it printed, without the last line end.</summary>
    public string Git(params string[] arguments) => Run(null, arguments);

    /// <summary>Runs git with a text on its standard input.</summary>
    public string GitWithInput(string input, params string[] arguments) => Run(input, arguments);

    /// <summary>Writes a file, not committed.</summary>
    public TestRepository Write(string path, string text) => Write(path, Encoding.UTF8.GetBytes(text));

    /// <summary>Writes a file, not committed.</summary>
    public TestRepository Write(string path, byte[] bytes)
    {
        var full = FullPath(path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllBytes(full, bytes);
        return this;
    }

    /// <summary>Writes a file with the executable bit, also where the file system has none; it's in the index then.</summary>
    public TestRepository WriteExecutable(string path, string text)
    {
        Write(path, text);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(FullPath(path), (UnixFileMode)0x1ED);
        }

        Git("add", "--chmod=+x", "--", path);
        return this;
    }

    /// <summary>Makes a symbolic link, not committed.</summary>
    public TestRepository Link(string path, string target)
    {
        var full = FullPath(path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.CreateSymbolicLink(full, target);
        return this;
    }

    /// <summary>Deletes a file, not committed.</summary>
    public TestRepository Delete(string path)
    {
        File.Delete(FullPath(path));
        return this;
    }

    /// <summary>Writes the files, adds everything and commits; an hour after the commit before. Gives the hash.</summary>
    public string Commit(params (string Path, string Text)[] files)
    {
        foreach (var (path, text) in files)
        {
            Write(path, text);
        }

        Git("add", "--all", "--force", ".");
        Git("commit", "--quiet", "--allow-empty", "--message", FormattableString.Invariant($"Commit {ticks}"));
        ticks++;
        return Sha("HEAD");
    }

    /// <summary>Makes a lightweight tag.</summary>
    public TestRepository Tag(string name, string at = "HEAD")
    {
        Git("tag", name, at);
        return this;
    }

    /// <summary>Makes an annotated tag, an hour after what was before.</summary>
    public TestRepository AnnotatedTag(string name, string at = "HEAD")
    {
        Git("tag", "--annotate", "--message", name, name, at);
        ticks++;
        return this;
    }

    /// <summary>The object that a name means.</summary>
    public string Sha(string name) => Git("rev-parse", "--verify", name);

    /// <summary>A path on disk.</summary>
    public string FullPath(string path) => Path.Combine(Root, path);

    /// <inheritdoc/>
    public void Dispose()
    {
        // git's objects are read-only, which Windows minds.
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories))
        {
            if (OperatingSystem.IsWindows())
            {
                file.Attributes = FileAttributes.Normal;
            }
        }

        Directory.Delete(folder, recursive: true);
    }

    private string Run(string? input, string[] arguments)
    {
        var start = new ProcessStartInfo("git")
        {
            WorkingDirectory = Root,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        var time = FirstCommit.AddHours(ticks).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
        string[] always = ["-c", "core.autocrlf=false", "-c", "gc.auto=0", "-c", "protocol.file.allow=always"];
        foreach (var argument in always.Concat(arguments))
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (key, value) in new Dictionary<string, string>
        {
            ["GIT_CONFIG_GLOBAL"] = OperatingSystem.IsWindows() ? "NUL" : "/dev/null",
            ["GIT_CONFIG_NOSYSTEM"] = "1",
            ["GIT_AUTHOR_NAME"] = "Ada",
            ["GIT_AUTHOR_EMAIL"] = "ada@example.com",
            ["GIT_AUTHOR_DATE"] = time,
            ["GIT_COMMITTER_NAME"] = "Ada",
            ["GIT_COMMITTER_EMAIL"] = "ada@example.com",
            ["GIT_COMMITTER_DATE"] = time,
            ["LC_ALL"] = "C",
        })
        {
            start.Environment[key] = value;
        }

        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output.GetAwaiter().GetResult().TrimEnd('\n')
            : throw new InvalidOperationException($"git {string.Join(' ', arguments)}: {errors.GetAwaiter().GetResult()}");
    }
}
