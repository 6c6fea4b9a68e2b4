using Pro.DockerVersioning.Git;
using Xunit;

namespace Pro.DockerVersioning.Tests.Git;

public sealed class VersionResolverTests : IDisposable
{
    private readonly TestRepository made = TestRepository.Create();
    private GitRepository? opened;

    private GitRepository Repository => opened ??= GitRepository.Open(made.Root);

    [Fact]
    public void No_version_means_HEAD_by_its_hash_even_on_a_tag()
    {
        var sha = made.Commit(("a", "1"));
        made.Tag("v1.0.0");

        var resolved = Repository.Resolve(null);

        Assert.Equal(new ResolvedCommit(sha, new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero), null, sha[..12]), resolved);
    }

    [Fact]
    public void A_tag_may_be_lightweight_or_annotated_or_stand_on_a_tag_and_share_its_commit()
    {
        var sha = made.Commit(("a", "1"));
        made.Tag("v1.0.0").AnnotatedTag("v1.0.1").AnnotatedTag("v1.0.2", "v1.0.1");
        made.Commit(("a", "2"));

        foreach (var tag in new[] { "v1.0.0", "v1.0.1", "v1.0.2" })
        {
            var resolved = Repository.Resolve(tag);
            Assert.Equal((sha, tag, tag), (resolved.Sha, resolved.Tag, resolved.Version));
        }
    }

    [Fact]
    public void An_exact_tag_wins_over_branch_hash_and_describe_text()
    {
        var first = made.Commit(("a", "1"));
        made.Commit(("a", "2"));
        made.Tag("release", first).Git("branch", "release", "HEAD");
        made.Tag("v1.0.0-7-gabcdef123456", first);
        var asHash = made.Sha("HEAD")[..12];
        made.Tag(asHash, first);

        Assert.Equal(first, Repository.Resolve("release").Sha);
        Assert.Equal("v1.0.0-7-gabcdef123456", Repository.Resolve("v1.0.0-7-gabcdef123456").Tag);
        Assert.Equal(first, Repository.Resolve(asHash).Sha);
    }

    [Fact]
    public void Any_other_commit_ish_is_its_hash_cut_to_12()
    {
        var first = made.Commit(("a", "1"));
        var second = made.Commit(("a", "2"));
        made.AnnotatedTag("v1.0.0", first);

        foreach (var (text, sha) in new[]
        {
            ("main", second), ("HEAD~1", first), ("main^", first), ("refs/heads/main", second), ("refs/tags/v1.0.0", first),
            (first, first), (first[..7], first), (second[..4], second), ("v1.0.0^{commit}", first),
        })
        {
            var resolved = Repository.Resolve(text);
            Assert.Equal((sha, null, sha[..12]), (resolved.Sha, resolved.Tag, resolved.Version));
        }
    }

    [Fact]
    public void A_described_version_is_checked_and_gets_12_digits()
    {
        made.Commit(("a", "1"));
        made.AnnotatedTag("v1.2.3");
        made.Commit(("a", "2"));
        var sha = made.Commit(("a", "3"));

        var resolved = Repository.Resolve($"v1.2.3-2-g{sha[..7]}");

        Assert.Equal((sha, null, $"v1.2.3-2-g{sha[..12]}"), (resolved.Sha, resolved.Tag, resolved.Version));
        Assert.Equal(resolved, Repository.Resolve($"v1.2.3-2-g{sha}"));
        Assert.Equal($"v1.2.3-2-g{sha[..12]}", Repository.Describe(sha));
    }

    [Fact]
    public void The_long_form_on_the_tag_itself_is_accepted()
    {
        var sha = made.Commit(("a", "1"));
        made.AnnotatedTag("v1.2.3");

        Assert.Equal($"v1.2.3-0-g{sha[..12]}", Repository.Resolve($"v1.2.3-0-g{sha[..7]}").Version);
    }

    [Fact]
    public void A_described_version_that_is_not_what_it_says_is_refused_with_the_reason()
    {
        made.Commit(("a", "1"));
        made.AnnotatedTag("v1.2.3");
        var sha = made.Commit(("a", "2"));
        made.Git("checkout", "--quiet", "-b", "side", "v1.2.3");
        made.Commit(("b", "1"));
        made.AnnotatedTag("v1.3.0");

        foreach (var (text, reason) in new[]
        {
            ($"v1.2.3-4-g{sha[..7]}", "1 commits after 'v1.2.3', not 4"),
            ($"v1.3.0-1-g{sha[..7]}", "'v1.3.0' isn't an ancestor"),
            ($"v9.9.9-1-g{sha[..7]}", "no tag 'v9.9.9'"),
            ("v1.2.3-1-g0123456", "no commit 0123456"),
        })
        {
            var error = Assert.Throws<ProException>(() => Repository.Resolve(text));
            Assert.Equal("DescribeMismatch", error.Id);
            Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void What_git_describe_prints_is_accepted_with_any_number_of_digits()
    {
        made.Commit(("a", "1"));
        made.AnnotatedTag("v1.0.0");
        var sha = made.Commit(("a", "2"));

        Assert.Equal(Repository.Describe(sha), Repository.Resolve(made.Git("describe", "--tags", "--abbrev=9")).Version);
    }

    [Fact]
    public void A_tag_on_a_file_or_a_folder_is_an_error()
    {
        made.Commit(("a/b", "1"));
        made.Tag("v1.0.0", "HEAD:a/b").AnnotatedTag("v2.0.0", "HEAD:a");

        foreach (var tag in new[] { "v1.0.0", "v2.0.0" })
        {
            Assert.Equal("TagIsNoCommit", Assert.Throws<ProException>(() => Repository.Resolve(tag)).Id);
        }

        Assert.Equal("NotACommit", Assert.Throws<ProException>(() => Repository.Resolve("HEAD:a")).Id);
    }

    [Fact]
    public void A_release_that_is_no_tag_says_how_to_make_it_and_which_is_the_newest()
    {
        made.Commit(("a", "1"));
        made.Tag("v1.2.3");

        var error = Assert.Throws<ProException>(() => Repository.Resolve("v1.2.4"));

        Assert.Equal("TagNotFound", error.Id);
        Assert.Contains("the newest is v1.2.3", error.Message, StringComparison.Ordinal);
        Assert.Contains("git tag -a v1.2.4 -m \"v1.2.4\"", error.RecommendedAction, StringComparison.Ordinal);
        Assert.DoesNotContain("unshallow", error.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void A_release_without_its_v_suggests_the_tag()
    {
        made.Commit(("a", "1"));
        made.Tag("v1.2.3").Tag("v1.2.30");

        var error = Assert.Throws<ProException>(() => Repository.Resolve("1.2.3"));

        Assert.Equal("VersionNotFound", error.Id);
        Assert.Contains("did you mean 'v1.2.3'?", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_shallow_clone_names_the_fetch_that_brings_the_tags()
    {
        made.Commit(("a", "1"));
        made.AnnotatedTag("v1.0.0");
        made.Commit(("a", "2"));
        var sha = made.Commit(("a", "3"));
        var clone = Path.Combine(made.Beside, "shallow");
        made.Git("clone", "--quiet", "--depth=1", new Uri(made.Root).AbsoluteUri, clone);
        using var shallow = GitRepository.Open(clone);

        Assert.True(shallow.IsShallow);
        foreach (var text in new[] { "v1.0.0", "nonsense", $"v1.0.0-2-g{sha[..7]}" })
        {
            var error = Assert.Throws<ProException>(() => shallow.Resolve(text));
            Assert.Contains("git fetch --tags --unshallow", error.RecommendedAction, StringComparison.Ordinal);
        }

        Assert.Equal("NoTagToDescribeFrom", Assert.Throws<ProException>(() => shallow.Describe(sha)).Id);
        Assert.Null(shallow.DescribeOrNull(sha));
    }

    [Fact]
    public void An_empty_repository_has_no_HEAD_to_build()
    {
        Assert.Equal("RepositoryHasNoCommits", Assert.Throws<ProException>(() => Repository.Resolve(null)).Id);
        Assert.Equal("RepositoryHasNoCommits", Assert.Throws<ProException>(() => Repository.Resolve("HEAD")).Id);
    }

    [Fact]
    public void A_prefix_of_several_objects_is_ambiguous()
    {
        // Of so many blobs some share four digits, and always the same ones.
        made.Commit([.. Enumerable.Range(0, 2000).Select(number => ($"f{number}", $"{number}"))]);
        var ids = made.Git("cat-file", "--batch-all-objects", "--batch-check=%(objectname)").Split('\n');
        var twice = ids.GroupBy(id => id[..4]).First(group => group.Count() > 1).Key;

        var error = Assert.Throws<ProException>(() => Repository.Resolve(twice));

        Assert.Equal("HashAmbiguous", error.Id);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("a..b")]
    [InlineData("--all")]
    [InlineData("v1.0.0 ")]
    [InlineData("HEAD@{5}")]
    [InlineData("^")]
    [InlineData("v1.0.0\nv1.0.0")]
    public void What_git_has_no_grammar_for_names_no_version(string text)
    {
        made.Commit(("a", "1"));
        made.Tag("v1.0.0");

        Assert.Equal("VersionNotFound", Assert.Throws<ProException>(() => Repository.Resolve(text)).Id);
    }

    public void Dispose()
    {
        opened?.Dispose();
        made.Dispose();
    }
}
