using System.Text;
using Pro.DockerVersioning.Git;
using Xunit;

namespace Pro.DockerVersioning.Tests.Git;

public sealed class SourceTreeTests : IDisposable
{
    private readonly TestRepository made = TestRepository.Create();
    private GitRepository? opened;

    private GitRepository Repository => opened ??= GitRepository.Open(made.Root);

    private CommitTree Tree => Repository.TreeOf(Repository.Resolve(null));

    private WorkingTree Disk => Repository.TreeOnDisk();

    [Fact]
    public void A_commit_gives_raw_blobs_whatever_the_attributes_say()
    {
        made.Commit((".gitattributes", "*.txt text eol=crlf ident export-subst\n"), ("a.txt", "$Id$ $Format:%H$\nline\n"));

        Assert.Equal("$Id$ $Format:%H$\nline\n", Text(Tree, "a.txt"));
    }

    [Fact]
    public void Both_trees_tell_files_executables_links_folders_and_list_them_in_ordinal_order()
    {
        made.Write("b", "1").WriteExecutable("a", "1").Link("link", "nowhere/at all").Link("up", "d");
        made.Commit(("d/x", "12345"), ("B", "1"));

        foreach (ISourceTree tree in new ISourceTree[] { Tree, Disk })
        {
            Assert.Equal(
                ["B File", "a ExecutableFile", "b File", "d Directory", "link SymbolicLink", "up SymbolicLink"],
                tree.List(string.Empty).Select(entry => $"{entry.Path} {entry.Kind}"));
            Assert.Equal("nowhere/at all", Text(tree, "link"));
            Assert.Equal(5, tree.GetLength(tree.Find("d/x")!));
            Assert.Equal(14, tree.GetLength(tree.Find("link")!));
            Assert.Equal(SourceEntryKind.Directory, tree.Find(string.Empty)!.Kind);
            Assert.Null(tree.Find("D/x"));
            Assert.Null(tree.Find("d/x/y"));
            Assert.Null(tree.Find("up/x"));
            Assert.Empty(tree.List("nowhere"));
        }
    }

    [Fact]
    public void The_disk_has_what_git_ignores_but_never_git_itself()
    {
        made.Commit((".gitignore", "*.log\n"), ("a", "1"));
        made.Write("b.log", "1").Write("nested/.git/HEAD", "x").Write("nested/y", "1");

        Assert.Equal([".gitignore", "a", "b.log", "nested"], Disk.List(string.Empty).Select(entry => entry.Path));
        Assert.Equal(["nested/y"], Disk.List("nested").Select(entry => entry.Path));
        Assert.Null(Disk.Find(".git"));
    }

    [Fact]
    public void A_submodule_has_no_content_in_the_commit_and_on_disk_only_once_it_was_filled()
    {
        using var lib = TestRepository.Create();
        lib.Commit(("inside", "1"));
        made.Commit(("a", "1"));
        made.Git("submodule", "--quiet", "add", lib.Root, "vendor/lib");
        made.Git("commit", "--quiet", "-m", "x");

        Assert.Equal(SourceEntryKind.Submodule, Tree.Find("vendor/lib")!.Kind);
        Assert.Equal(SourceEntryKind.Submodule, Assert.Single(Tree.List("vendor")).Kind);
        Assert.Equal(SourceEntryKind.Directory, Disk.Find("vendor/lib")!.Kind);
        Assert.Equal(["vendor/lib/inside"], Disk.List("vendor/lib").Select(entry => entry.Path));

        made.Git("submodule", "--quiet", "deinit", "--all");
        Assert.Equal(SourceEntryKind.Submodule, Disk.Find("vendor/lib")!.Kind);
    }

    [Fact]
    public void A_blob_id_computed_from_disk_is_the_one_that_git_gives()
    {
        made.Write("bytes", [0, 1, 2, 255, 13, 10]).Write("empty", []).Link("link", "tärget");
        made.Commit();

        foreach (var name in new[] { "bytes", "empty", "link" })
        {
            Assert.Equal(made.Sha("HEAD:" + name), BlobId.Compute(Disk, Disk.Find(name)!));
        }
    }

    [Fact]
    public void Where_the_file_system_has_no_executable_bit_the_index_tells_it()
    {
        made.Write("a", "1").Commit();
        made.Git("update-index", "--chmod=+x", "a");
        made.Git("config", "core.filemode", "false");

        Assert.Equal(SourceEntryKind.ExecutableFile, Disk.Find("a")!.Kind);
    }

    [Fact]
    public void A_name_that_is_not_UTF_8_is_marked()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "other file systems don't take such a name");
        made.Commit(("a", "1"));
        var blob = made.Sha("HEAD:a");
        made.Git("-c", "core.quotePath=false", "read-tree", "--empty");
        var path = Path.Combine(made.Beside, "input");
        File.WriteAllBytes(path, [.. Encoding.ASCII.GetBytes($"100644 {blob}\tb"), 0xE9, 0]);
        var command = $"cd '{made.Root}' && git update-index -z --index-info < '{path}'";
        using (var shell = System.Diagnostics.Process.Start("sh", ["-c", command]))
        {
            shell.WaitForExit();
        }

        made.Git("-c", "user.name=a", "commit", "--quiet", "-m", "x");

        Assert.True(Assert.Single(Tree.List(string.Empty)).HasUnusableName);
    }

    [Fact]
    public void A_file_that_vanished_from_disk_is_an_error_with_its_name()
    {
        made.Commit(("a", "1"));
        var entry = Disk.Find("a")!;
        made.Delete("a");

        Assert.Equal("FileUnreadable", Assert.Throws<ProException>(() => Disk.Open(entry)).Id);
        Assert.Equal("FileUnreadable", Assert.Throws<ProException>(() => Disk.GetLength(entry)).Id);
    }

    [Fact]
    public void A_missing_object_is_an_error_with_its_name()
    {
        made.Commit(("a", "some content"));
        var blob = made.Sha("HEAD:a");
        var entry = Tree.Find("a")!;
        File.Delete(made.FullPath($".git/objects/{blob[..2]}/{blob[2..]}"));

        var error = Assert.Throws<ProException>(() => Tree.Open(entry));

        Assert.Equal("ObjectMissing", error.Id);
        Assert.Contains("'a'", error.Message, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        opened?.Dispose();
        made.Dispose();
    }

    private static string Text(ISourceTree tree, string path) => TreePath.ReadText(tree, tree.Find(path)!);
}
