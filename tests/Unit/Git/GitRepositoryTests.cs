using Pro.DockerVersioning.Git;
using Xunit;

namespace Pro.DockerVersioning.Tests.Git;

public sealed class GitRepositoryTests
{
    [Fact]
    public void It_is_found_from_any_folder_below_its_root()
    {
        using var made = TestRepository.Create();
        made.Commit(("apps/api/src/main.c", "int main;"));

        using var repository = GitRepository.Open(made.FullPath("apps/api/src"));

        Assert.Equal(made.Root, repository.Root);
        Assert.False(repository.IsShallow);
    }

    [Fact]
    public void A_linked_worktree_is_its_own_root_with_its_own_HEAD()
    {
        using var made = TestRepository.Create();
        var first = made.Commit(("a", "1"));
        made.Commit(("a", "2"));
        var linked = Path.Combine(made.Beside, "linked");
        made.Git("worktree", "add", "--quiet", "--detach", linked, first);

        using var repository = GitRepository.Open(linked);

        Assert.Equal(linked, repository.Root);
        Assert.Equal(first, repository.Resolve(null).Sha);
    }

    [Fact]
    public void A_folder_without_repository_is_said()
    {
        var folder = Directory.CreateTempSubdirectory("pro-git-");
        var error = Assert.Throws<ProException>(() => GitRepository.Open(folder.FullName));
        folder.Delete();

        Assert.Equal("RepositoryNotFound", error.Id);
        Assert.Contains(folder.FullName, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bare_repository_is_refused()
    {
        using var made = TestRepository.Create();
        var bare = Path.Combine(made.Beside, "bare.git");
        made.Git("init", "--quiet", "--bare", bare);

        Assert.Equal("RepositoryIsBare", Assert.Throws<ProException>(() => GitRepository.Open(bare)).Id);
    }

    [Fact]
    public void A_SHA_256_repository_is_refused_by_name()
    {
        using var made = TestRepository.Create("--object-format=sha256");

        var error = Assert.Throws<ProException>(() => GitRepository.Open(made.Root));

        Assert.Equal("RepositoryFormatUnsupported", error.Id);
        Assert.Contains("SHA-256", error.Message, StringComparison.Ordinal);
        Assert.NotNull(error.InnerException);
    }

    [Theory]
    [InlineData("refStorage", "reftable", "reftable")]
    [InlineData("partialClone", "origin", "partial clone")]
    [InlineData("somethingNew", "true", "somethingnew")]
    public void An_extension_that_libgit2_does_not_know_is_refused_by_name(string extension, string value, string named)
    {
        using var made = TestRepository.Create();
        File.AppendAllText(
            made.FullPath(".git/config"), $"[core]\n\trepositoryformatversion = 1\n[extensions]\n\t{extension} = {value}\n");

        var error = Assert.Throws<ProException>(() => GitRepository.Open(made.Root));

        Assert.Equal("RepositoryFormatUnsupported", error.Id);
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_repository_of_another_user_names_the_command_that_trusts_it()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "only root can give a folder away");
        using var made = TestRepository.Create();
        made.Commit(("a", "1"));
        using (var chown = System.Diagnostics.Process.Start("chown", ["-R", "12345", made.Root]))
        {
            chown.WaitForExit();
        }

        var error = Assert.Throws<ProException>(() => GitRepository.Open(made.Root));

        Assert.Equal("RepositoryOwnedByOther", error.Id);
        Assert.Equal(ProErrorCategory.PermissionDenied, error.Category);
        Assert.Contains($"git config --global --add safe.directory {made.Root}", error.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void Ancestors_are_told_from_descendants_siblings_and_strangers()
    {
        using var made = TestRepository.Create();
        var first = made.Commit(("a", "1"));
        var second = made.Commit(("a", "2"));
        made.Git("checkout", "--quiet", "-b", "side", first);
        var side = made.Commit(("b", "1"));
        made.Git("checkout", "--quiet", "--orphan", "stranger");
        var stranger = made.Commit(("c", "1"));

        using var repository = GitRepository.Open(made.Root);

        Assert.True(repository.IsAncestor(first, second));
        Assert.True(repository.IsAncestor(first, first));
        Assert.False(repository.IsAncestor(second, first));
        Assert.False(repository.IsAncestor(second, side));
        Assert.False(repository.IsAncestor(stranger, second));
        Assert.False(repository.IsAncestor(second, stranger));
    }

    [Fact]
    public void Uncommitted_changes_are_counted_below_a_folder_without_what_git_does_not_track()
    {
        using var made = TestRepository.Create();
        made.Commit((".gitignore", "*.log\n"), ("api/a", "1"), ("api/b", "1"), ("web/c", "1"), ("api [1]/d", "1"));
        made.Write("api/a", "2").Write("api/new/x", "1").Write("api/new/y\n\"z\"", "1").Write("api/noise.log", "1").Write("web/c", "2");
        made.Delete("api/b");
        made.Write("api/staged", "1").Git("add", "api/staged");
        made.Write("api [1]/d", "2");

        using var repository = GitRepository.Open(made.Root);

        Assert.Equal(["api/a", "api/b", "api/staged"], repository.UncommittedPaths("api"));
        Assert.Equal(["api [1]/d"], repository.UncommittedPaths("api [1]"));
        Assert.Equal(5, repository.UncommittedPaths()!.Count);
        Assert.Single(repository.UncommittedPaths("./web/")!);
    }

    [Fact]
    public void Tags_are_listed_by_name_and_by_commit()
    {
        using var made = TestRepository.Create();
        var first = made.Commit(("a", "1"));
        made.Tag("v1.0.0").AnnotatedTag("v1.0.0-again").Tag("a-file", "HEAD:a");
        var second = made.Commit(("a", "2"));
        made.AnnotatedTag("v2.0.0").Git("pack-refs", "--all");
        made.AnnotatedTag("on-a-tag", "v2.0.0");

        using var repository = GitRepository.Open(made.Root);

        Assert.Equal(["a-file", "on-a-tag", "v1.0.0", "v1.0.0-again", "v2.0.0"], repository.Tags());
        Assert.Equal(["v1.0.0", "v1.0.0-again"], repository.TagsAt(first));
        Assert.Equal(["on-a-tag", "v2.0.0"], repository.TagsAt(second));
    }

    [Fact]
    public void Packed_tags_are_read_from_a_worktree_too_and_loose_ones_win_over_them()
    {
        using var made = TestRepository.Create();
        var first = made.Commit(("a", "1"));
        made.AnnotatedTag("v1.0.0").Tag("moved").Tag("deep/er/tag");
        made.Git("pack-refs", "--all", "--prune");
        var second = made.Commit(("a", "2"));
        made.Git("tag", "--force", "moved", second);
        var linked = Path.Combine(made.Beside, "linked");
        made.Git("worktree", "add", "--quiet", "--detach", linked);

        using var repository = GitRepository.Open(linked);

        Assert.Equal(["deep/er/tag", "v1.0.0"], repository.TagsAt(first));
        Assert.Equal(["moved"], repository.TagsAt(second));
    }

    [Fact]
    public void Packed_tags_without_their_targets_are_looked_up()
    {
        using var made = TestRepository.Create();
        var sha = made.Commit(("a", "1"));
        made.AnnotatedTag("v1.0.0").Tag("light").Git("pack-refs", "--all", "--prune");
        var packed = made.FullPath(".git/packed-refs");
        File.WriteAllLines(packed, File.ReadAllLines(packed).Where(line => line[0] is not '#' and not '^'));

        using var repository = GitRepository.Open(made.Root);

        Assert.Equal(["light", "v1.0.0"], repository.TagsAt(sha));
        Assert.Equal("v1.0.0", repository.Describe(sha));
    }
}
