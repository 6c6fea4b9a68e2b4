using System.Formats.Tar;
using System.Security.Cryptography;
using Pro.DockerVersioning.Git;
using Pro.DockerVersioning.Git.Context;
using Xunit;

namespace Pro.DockerVersioning.Tests.Git;

public sealed class BuildContextTests : IDisposable
{
    private const string Pointer =
        "version https://git-lfs.github.com/spec/v1\n"
        + "oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n";

    private readonly TestRepository made = TestRepository.Create();
    private GitRepository? opened;

    private GitRepository Repository => opened ??= GitRepository.Open(made.Root);

    private CommitTree Tree => Repository.TreeOf(Repository.Resolve(null));

    private WorkingTree Disk => Repository.TreeOnDisk();

    [Fact]
    public void Without_an_ignore_file_everything_below_the_folder_goes_folders_first()
    {
        made.Commit(("api/Dockerfile", "FROM scratch"), ("api/a.txt", "1"), ("api/a/b", "1"), ("api/B", "1"), ("web/x", "1"));

        var context = BuildContext.Create(Tree, "api", "api/Dockerfile");

        Assert.Equal(["B", "Dockerfile", "a", "a/b", "a.txt"], Names(context));
        Assert.Equal(("Dockerfile", "FROM scratch"), (context.DockerfileName, context.DockerfileText));
    }

    [Fact]
    public void The_ignore_file_filters_and_an_ignored_folder_stays_for_what_was_brought_back()
    {
        made.Commit(
            ("Dockerfile", "FROM scratch"),
            (".dockerignore", "**/*.log\nnode_modules\nbuild\n!build/keep/me\nempty\n"),
            ("build/drop", "1"),
            ("build/keep/me", "1"),
            ("build/keep/not", "1"),
            ("empty/x", "1"),
            ("logs/a.log", "1"),
            ("node_modules/m/index.js", "1"),
            ("src/a.log", "1"),
            ("src/a.js", "1"));

        string[] expected = [".dockerignore", "Dockerfile", "build", "build/keep", "build/keep/me", "logs", "src", "src/a.js"];

        Assert.Equal(expected, Names(BuildContext.Create(Tree, ".", "Dockerfile")));
        Assert.Equal(expected, Names(BuildContext.Create(Disk, string.Empty, "./Dockerfile")));
    }

    [Fact]
    public void Ignored_folders_are_not_entered()
    {
        made.Commit(("Dockerfile", "FROM scratch"), (".dockerignore", "node_modules\n!src/x\n"), ("node_modules/a/b", "1"), ("src/x", "1"));
        var tree = new CountingTree(Tree);

        BuildContext.Create(tree, ".", "Dockerfile");

        Assert.Equal(["", "src"], tree.Listed.Distinct());
    }

    // As seen of buildx 0.29 on Engine 28.5: BuildKit takes the folder that it was given for the root of the disk.
    [Theory]
    [InlineData("rules", true)]
    [InlineData("d/rules", true)]
    [InlineData("link", true)]
    [InlineData("../rules", true)]
    [InlineData("/rules", true)]
    [InlineData("../../outside", false)]
    [InlineData(".dockerignore", false)]
    [InlineData("nothing", false)]
    [InlineData("d", false)]
    public void A_link_as_ignore_file_is_followed_as_if_the_context_were_the_root(string target, bool isFollowed)
    {
        made.Write("api/Dockerfile", "FROM scratch").Write("api/f", "1").Write("api/rules", "f\n").Write("api/d/rules", "f\n");
        made.Write("outside", "f\n").Link("api/link", "d/../rules").Link("api/.dockerignore", target).Commit();

        foreach (var tree in new ISourceTree[] { Tree, Disk })
        {
            Assert.Equal(isFollowed, !Names(BuildContext.Create(tree, "api", "api/Dockerfile")).Contains("f"));
        }
    }

    [Theory]
    [InlineData("rules", true)]
    [InlineData("../outside", false)]
    public void So_is_one_beside_the_Dockerfile(string target, bool isFollowed)
    {
        made.Write("docker/Dockerfile", "FROM scratch").Write("docker/rules", "f\n").Write("outside", "f\n").Write("api/f", "1");
        made.Link("docker/Dockerfile.dockerignore", target).Commit();

        Assert.Equal(isFollowed, !Names(BuildContext.Create(Tree, "api", "docker/Dockerfile")).Contains("f"));
    }

    [Fact]
    public void The_ignore_file_beside_the_Dockerfile_wins()
    {
        made.Commit(
            ("api/docker/prod.Dockerfile", "FROM scratch"),
            ("api/docker/prod.Dockerfile.dockerignore", "a\n"),
            ("api/.dockerignore", "b\n"),
            ("api/a", "1"),
            ("api/b", "1"));

        var names = Names(BuildContext.Create(Tree, "api", "api/docker/prod.Dockerfile"));

        Assert.DoesNotContain("a", names);
        Assert.Contains("b", names);
    }

    [Fact]
    public async Task A_Dockerfile_that_is_ignored_is_not_among_what_COPY_sees_and_comes_last_under_another_name()
    {
        made.Commit(("x/docker/Dockerfile", "FROM scratch"), (".dockerignore", "*\n!y\n"), ("x/docker/other", "1"), ("y", "1"));

        var context = BuildContext.Create(Tree, "", "x/docker/Dockerfile");

        Assert.Equal(["y"], Names(context));
        Assert.True(context.HidesDockerfile);
        Assert.Equal(["y", context.DockerfileName], await TarNames(context.WriteTarAsync));
        Assert.StartsWith(".pro.Dockerfile-", context.DockerfileName, StringComparison.Ordinal);
    }

    [Fact]
    public void A_hidden_Dockerfile_counts_in_the_hash()
    {
        made.Commit(("Dockerfile", "FROM scratch"), (".dockerignore", "Dockerfile\n"), ("y", "1"));
        var before = BuildContext.Create(Disk, "", "Dockerfile");
        made.Write("Dockerfile", "FROM busybox");
        var after = BuildContext.Create(Disk, "", "Dockerfile");

        Assert.NotEqual(before.TreeHash, after.TreeHash);
        Assert.Equal(Names(before), Names(after));
    }

    [Fact]
    public async Task The_classic_builder_gets_an_ignore_file_that_takes_the_Dockerfile_out_as_Dockers_client_sends_it()
    {
        made.Commit(("in/Dockerfile", "FROM scratch"), ("in/.dockerignore", "Dockerfile\n"), ("in/y", "1"));
        made.Commit(("all/Dockerfile", "FROM scratch"), ("all/.dockerignore", "*\n!y\n"), ("all/y", "1"));
        made.Commit(("out.Dockerfile", "FROM scratch"), ("out/.dockerignore", "z\n"), ("out/y", "1"));
        var inside = BuildContext.Create(Tree, "in", "in/Dockerfile");
        var all = BuildContext.Create(Tree, "all", "all/Dockerfile");
        var outside = BuildContext.Create(Tree, "out", "out.Dockerfile");

        Assert.Equal([".dockerignore", "y", "Dockerfile"], await ClassicNames(inside));
        Assert.Equal(["y", ".dockerignore", all.DockerfileName], await ClassicNames(all));
        Assert.Equal(["y", ".dockerignore", outside.DockerfileName], await ClassicNames(outside));
        Assert.Equal("Dockerfile", inside.ClassicDockerfileName);
        Assert.Equal("Dockerfile\n", await IgnoreFile(inside));
        Assert.Equal($".dockerignore\n\n{all.DockerfileName}\n", await IgnoreFile(all));
        Assert.Equal($"z\n\n{outside.DockerfileName}\n", await IgnoreFile(outside));
    }

    [Fact]
    public async Task A_folder_gets_the_same_files_modes_links_and_times_as_the_tar()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There the tar is used.");
        made.Write("Dockerfile", "FROM scratch").Write(".dockerignore", "Dockerfile\n").Write("dir/äöü", "1");
        made.WriteExecutable("run.sh", "#!/bin/sh\n").Link("dangling", "no/where").Link("dir/link", "../run.sh").Commit();
        var time = new DateTimeOffset(2024, 2, 3, 4, 5, 6, TimeSpan.Zero);
        var folder = Directory.CreateDirectory(Path.Combine(made.Beside, "context")).FullName;

        await BuildContext.Create(Tree, "", "Dockerfile").WriteFolderAsync(folder, time, TestContext.Current.CancellationToken);

        var found = new DirectoryInfo(folder).EnumerateFileSystemInfos("*", SearchOption.AllDirectories)
            .Select(
                item => $"{Path.GetRelativePath(folder, item.FullName)} {item.LinkTarget ?? Convert.ToString((int)item.UnixFileMode, 8)}");
        Assert.Equal(
            [".dockerignore 644", "dangling no/where", "dir 755", "dir/link ../run.sh", "dir/äöü 644", "run.sh 755"],
            found.Order(StringComparer.Ordinal));
        Assert.All(
            new DirectoryInfo(folder).EnumerateFileSystemInfos("*", SearchOption.AllDirectories),
            item => Assert.Equal((item.Name, time.UtcDateTime), (item.Name, item.LastWriteTimeUtc)));
    }

    [Fact]
    public void A_name_that_is_not_UTF_8_is_refused_only_if_it_would_be_sent()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "other file systems don't take such a name");
        made.Commit(("api/Dockerfile", "FROM scratch"), ("api/.dockerignore", "*.md\n"), ("web/Dockerfile", "FROM scratch"));
        WriteRawName("root", "."u8, ".md"u8);
        WriteRawName("api", "api/"u8, ".md"u8);
        WriteRawName("web", "web/"u8, ".md"u8);
        made.Commit(("x", "1"));

        Assert.Equal([".dockerignore", "Dockerfile"], Names(BuildContext.Create(Tree, "api", "api/Dockerfile")));
        Assert.Equal([".dockerignore", "Dockerfile"], Names(BuildContext.Create(Disk, "api", "api/Dockerfile")));
        Assert.Equal("FileNameUnusable", Assert.Throws<ProException>(() => BuildContext.Create(Tree, "web", "web/Dockerfile")).Id);
        Assert.Equal("FileNameUnusable", Assert.Throws<ProException>(() => BuildContext.Create(Disk, "web", "web/Dockerfile")).Id);

        // The runtime can't delete what it can't name.
        Shell($"cd '{made.Root}' && rm -- *.md */*.md");
    }

    [Fact]
    public void A_link_target_that_is_not_UTF_8_is_refused()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "other file systems don't take such a target");
        made.Commit(("Dockerfile", "FROM scratch"));
        Shell($"ln -s \"$(printf 'b\\351')\" '{made.FullPath("link")}'");
        made.Commit(("x", "1"));

        Assert.Equal("LinkTargetUnusable", Assert.Throws<ProException>(() => BuildContext.Create(Tree, "", "Dockerfile")).Id);
        Assert.Equal("LinkTargetUnusable", Assert.Throws<ProException>(() => BuildContext.Create(Disk, "", "Dockerfile")).Id);
    }

    [Fact]
    public async Task A_Dockerfile_outside_the_context_is_hidden_under_a_name_of_its_content()
    {
        made.Write("docker/api.Dockerfile.dockerignore", "b\n");
        made.Commit(("docker/api.Dockerfile", "FROM scratch\n"), ("api/a", "1"), ("api/b", "1"));

        var context = BuildContext.Create(Tree, "api", "docker/api.Dockerfile");

        Assert.Equal($".pro.Dockerfile-{made.Sha("HEAD:docker/api.Dockerfile")[..12]}", context.DockerfileName);
        Assert.Equal(["a"], Names(context));
        Assert.Equal(["a", context.DockerfileName], await TarNames(context.WriteTarAsync));
        Assert.Equal(context.TreeHash, BuildContext.Create(Disk, "api", "docker/api.Dockerfile").TreeHash);
    }

    [Fact]
    public void Links_to_the_context_and_to_the_Dockerfile_are_followed_inside_the_repository()
    {
        made.Write("real/Dockerfile", "FROM scratch").Write("real/shared.Dockerfile", "FROM busybox").Link("api", "real");
        made.Link("real/Linked", "../common/../real/shared.Dockerfile").Link("out", "../elsewhere").Link("circle", "circle");
        made.Commit(("common/x", "1"));

        var context = BuildContext.Create(Tree, "api", "api/Linked");

        Assert.Equal(("shared.Dockerfile", "FROM busybox"), (context.DockerfileName, context.DockerfileText));
        Assert.Equal("PathOutsideRepository", Assert.Throws<ProException>(() => BuildContext.Create(Tree, "real", "out")).Id);
        Assert.Equal("SymbolicLinkLoop", Assert.Throws<ProException>(() => BuildContext.Create(Disk, "real", "circle")).Id);
    }

    [Fact]
    public void A_lower_case_dockerfile_will_do_and_nothing_else_is_taken_for_another_case()
    {
        made.Commit(("a/dockerfile", "FROM scratch"), ("b/DOCKERFILE", "FROM scratch"));

        Assert.Equal("dockerfile", BuildContext.Create(Tree, "a", "a/Dockerfile").DockerfileName);
        Assert.Equal("dockerfile", BuildContext.Create(Disk, "a", "a/Dockerfile").DockerfileName);
        Assert.Equal("DockerfileNotFound", Assert.Throws<ProException>(() => BuildContext.Create(Tree, "b", "b/Dockerfile")).Id);
        Assert.Equal("DockerfileNotFound", Assert.Throws<ProException>(() => BuildContext.Create(Disk, "b", "b/Dockerfile")).Id);
    }

    [Fact]
    public void What_is_missing_in_the_tree_is_named_and_whether_it_is_on_disk()
    {
        made.Commit(("a/x", "1"));
        made.AnnotatedTag("v1.0.0");
        made.Write("a/Dockerfile", "FROM scratch").Write("new/Dockerfile", "FROM scratch");
        var tag = Repository.TreeOf(Repository.Resolve("v1.0.0"));

        var context = Assert.Throws<ProException>(() => BuildContext.Create(tag, "new", "new/Dockerfile"));
        var dockerfile = Assert.Throws<ProException>(() => BuildContext.Create(tag, "a", "a/Dockerfile"));
        var neither = Assert.Throws<ProException>(() => BuildContext.Create(tag, "nowhere", "nowhere/Dockerfile"));
        var outside = Assert.Throws<ProException>(() => BuildContext.Create(tag, "a/../..", "a/Dockerfile"));

        Assert.Equal("ContextNotFound", context.Id);
        Assert.Contains("'new' in the tree of v1.0.0, though there is one on disk", context.Message, StringComparison.Ordinal);
        Assert.Equal("DockerfileNotFound", dockerfile.Id);
        Assert.Contains("-WorkingTree", dockerfile.RecommendedAction, StringComparison.Ordinal);
        Assert.DoesNotContain("on disk", neither.Message, StringComparison.Ordinal);
        Assert.Equal("PathOutsideRepository", outside.Id);
    }

    [Fact]
    public void Submodules_and_lfs_pointers_in_the_context_are_one_error_that_names_them()
    {
        var lib = made.Commit(("Dockerfile", "FROM scratch"), (".dockerignore", "ignored\n"));
        made.Git("update-index", "--add", "--cacheinfo", $"160000,{lib},vendor/lib");
        made.Git("update-index", "--add", "--cacheinfo", $"160000,{lib},ignored/lib");
        made.Write("big.bin", Pointer).Write("ignored/big.bin", Pointer);
        made.Write("no-pointer.txt", Pointer.Replace("github", "example"));
        made.Git("add", "big.bin", "ignored/big.bin", "no-pointer.txt");
        made.Git("commit", "--quiet", "-m", "x");

        var error = Assert.Throws<ProException>(() => BuildContext.Create(Tree, ".", "Dockerfile"));

        Assert.Equal("ContentNotInGit", error.Id);
        Assert.Contains("submodules (vendor/lib)", error.Message, StringComparison.Ordinal);
        Assert.Contains("git-lfs pointers in place of the files (big.bin)", error.Message, StringComparison.Ordinal);
        Assert.Contains("git lfs pull", error.RecommendedAction, StringComparison.Ordinal);
        Assert.Contains(
            "(big.bin)", Assert.Throws<ProException>(() => BuildContext.Create(Disk, ".", "Dockerfile")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_many_pointers_ten_are_named_and_the_rest_counted()
    {
        made.Commit([("Dockerfile", "FROM scratch"), .. Enumerable.Range(10, 15).Select(number => ($"f{number}", Pointer))]);

        var error = Assert.Throws<ProException>(() => BuildContext.Create(Tree, ".", "Dockerfile"));

        Assert.Contains("f19 and 5 more", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_bytes_on_disk_and_in_the_commit_have_the_same_hash_and_the_same_tar()
    {
        made.Write("Dockerfile", "FROM scratch").Write("äöü/\"q\"\n", "1").Write("empty", "").Write(".dockerignore", "drop\n");
        made.WriteExecutable("run.sh", "#!/bin/sh\n").Link("dir/link", "../run.sh");
        made.Commit();
        made.Write("drop", "not in the commit");

        var commit = BuildContext.Create(Tree, ".", "Dockerfile");
        var disk = BuildContext.Create(Disk, ".", "Dockerfile");

        Assert.Equal(commit.TreeHash, disk.TreeHash);
        Assert.Equal(await TarHash(commit), await TarHash(disk));
        Assert.Matches("^[0-9a-f]{64}$", commit.TreeHash);
    }

    [Fact]
    public void Every_change_of_content_mode_name_or_Dockerfile_changes_the_hash()
    {
        made.Commit(("Dockerfile", "FROM scratch"), ("Other", "FROM scratch"), ("a", "1"));
        var hashes = new List<string> { BuildContext.Create(Disk, ".", "Dockerfile").TreeHash };
        hashes.Add(BuildContext.Create(Disk, ".", "Other").TreeHash);
        made.Write("a", "2");
        hashes.Add(BuildContext.Create(Disk, ".", "Dockerfile").TreeHash);
        made.WriteExecutable("a", "2");
        hashes.Add(BuildContext.Create(Disk, ".", "Dockerfile").TreeHash);
        made.Delete("a").Link("a", "2");
        hashes.Add(BuildContext.Create(Disk, ".", "Dockerfile").TreeHash);
        made.Delete("a").Write("b", "2");
        hashes.Add(BuildContext.Create(Disk, ".", "Dockerfile").TreeHash);
        Directory.CreateDirectory(made.FullPath("void"));
        hashes.Add(BuildContext.Create(Disk, ".", "Dockerfile").TreeHash);

        Assert.Equal(hashes.Count, hashes.Distinct().Count());
    }

    [Fact]
    public async Task Several_contexts_are_written_at_once_from_one_repository()
    {
        var files = Enumerable.Range(0, 300).Select(number => ($"d{number % 7}/f{number}", $"content {number}"));
        made.Commit([("Dockerfile", "FROM scratch"), .. files]);
        var tree = Tree;

        var hashes = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(_ => Task.Run(() => TarHash(BuildContext.Create(tree, ".", "Dockerfile")))));

        Assert.Single(hashes.Distinct());
    }

    public void Dispose()
    {
        opened?.Dispose();
        made.Dispose();
    }

    private static string[] Names(BuildContext context) => [.. context.Entries.Select(entry => entry.Name)];

    private void WriteRawName(string name, ReadOnlySpan<byte> folder, ReadOnlySpan<byte> end) =>
        Shell(
            $"cd '{made.Root}' && echo {name} > \"{System.Text.Encoding.ASCII.GetString(folder).TrimStart('.')}"
                + $"$(printf '\\316\\304'){System.Text.Encoding.ASCII.GetString(end)}\"");

    private static void Shell(string command)
    {
        using var shell = System.Diagnostics.Process.Start("sh", ["-c", command]);
        shell.WaitForExit();
        Assert.Equal(0, shell.ExitCode);
    }

    private static Task<List<string>> TarNames(Func<Stream, DateTimeOffset, IProgress<long>?, CancellationToken, Task> write) =>
        TarNames(stream => write(stream, DateTimeOffset.UnixEpoch, null, TestContext.Current.CancellationToken));

    private static Task<List<string>> ClassicNames(BuildContext context) =>
        TarNames(stream => context.WriteClassicTarAsync(stream, DateTimeOffset.UnixEpoch, TestContext.Current.CancellationToken));

    private static async Task<List<string>> TarNames(Func<Stream, Task> write)
    {
        using var tar = new MemoryStream();
        await write(tar);
        tar.Position = 0;
        using var reader = new TarReader(tar);
        var names = new List<string>();
        while (await reader.GetNextEntryAsync(cancellationToken: TestContext.Current.CancellationToken) is { } entry)
        {
            names.Add(entry.Name);
        }

        return names;
    }

    private static async Task<string> IgnoreFile(BuildContext context)
    {
        using var tar = new MemoryStream();
        await context.WriteClassicTarAsync(tar, DateTimeOffset.UnixEpoch, TestContext.Current.CancellationToken);
        tar.Position = 0;
        using var reader = new TarReader(tar);
        while (await reader.GetNextEntryAsync(cancellationToken: TestContext.Current.CancellationToken) is { } entry)
        {
            if (entry.Name == ".dockerignore")
            {
                using var text = new StreamReader(entry.DataStream!);
                return await text.ReadToEndAsync(TestContext.Current.CancellationToken);
            }
        }

        return string.Empty;
    }

    private static async Task<string> TarHash(BuildContext context)
    {
        using var tar = new MemoryStream();
        await context.WriteTarAsync(tar, DateTimeOffset.UnixEpoch, null, TestContext.Current.CancellationToken);
        return Convert.ToHexString(SHA256.HashData(tar.ToArray()));
    }

    private sealed class CountingTree(ISourceTree inner) : ISourceTree
    {
        public List<string> Listed { get; } = [];

        public string Description => inner.Description;

        public SourceEntry? Find(string path) => inner.Find(path);

        public IEnumerable<SourceEntry> List(string directory)
        {
            Listed.Add(directory);
            return inner.List(directory);
        }

        public long GetLength(SourceEntry entry) => inner.GetLength(entry);

        public SourceContent Open(SourceEntry entry) => inner.Open(entry);

        public bool IsOnDisk(string path) => inner.IsOnDisk(path);
    }
}
