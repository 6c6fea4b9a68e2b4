using System.Globalization;
using System.Text;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Git;
using Xunit;

namespace Pro.DockerVersioning.Tests.Git;

public sealed class DescribeTests
{
    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(3, true)]
    public void It_answers_as_git_does_on_a_history_with_merges_and_many_tags(int seed, bool wrongClocks)
    {
        using var made = TestRepository.Create();
        var random = new Random(seed);
        made.GitWithInput(History(random, 2200, wrongClocks), "fast-import", "--quiet");
        AddTags(made, random, 2200);
        made.Git("reset", "--quiet", "--hard", "main");
        using var repository = GitRepository.Open(made.Root);
        var all = made.Git("rev-list", "--all").Split('\n');

        var sample = Enumerable.Range(0, 60).Select(_ => all[random.Next(all.Length)]).Distinct().ToArray();

        foreach (var sha in sample)
        {
            string? expected;
            try
            {
                expected = made.Git("describe", "--tags", "--abbrev=12", sha);
            }
            catch (InvalidOperationException)
            {
                expected = null;
            }

            Assert.Equal(expected, repository.DescribeOrNull(sha));
            if (expected is not null)
            {
                Assert.Equal(sha, repository.Resolve(expected).Sha);
            }
        }
    }

    [Fact]
    public void Of_several_tags_on_one_commit_it_names_the_one_that_git_names()
    {
        using var made = TestRepository.Create();
        made.Commit(("a", "1"));
        made.Tag("v1.0.0-b").Tag("v1.0.0-c");
        Check();

        // Packed references are read after loose ones by libgit2, by name by git.
        made.Git("pack-refs", "--all");
        made.Tag("v1.0.0-d").Tag("v1.0.0-a");
        Check();

        made.AnnotatedTag("v2.0.0-z").AnnotatedTag("v2.0.0-y");
        Check();

        made.AnnotatedTag("v2.0.0-x", "v2.0.0-z");
        made.Git("pack-refs", "--all");
        Check();

        void Check()
        {
            using var repository = GitRepository.Open(made.Root);
            var tip = made.Sha("HEAD");
            Assert.Equal(made.Git("describe", "--tags", "--abbrev=12", tip), repository.Describe(tip, out _));
            made.Commit(("a", "next"));
            var child = made.Sha("HEAD");
            Assert.Equal(made.Git("describe", "--tags", "--abbrev=12", child), repository.Describe(child, out _));
            made.Git("reset", "--quiet", "--hard", tip);
        }
    }

    [Fact]
    public void A_tag_whose_name_looks_described_is_still_a_tag()
    {
        using var made = TestRepository.Create();
        var sha = made.Commit(("a", "1"));
        made.Tag("v1.0.0-3-gabcdef1");

        using var repository = GitRepository.Open(made.Root);

        Assert.Equal("v1.0.0-3-gabcdef1", repository.Describe(sha, out _));
    }

    [Fact]
    public void The_nearest_tag_that_is_a_version_names_and_others_are_passed_over_and_named()
    {
        using var made = TestRepository.Create();
        made.Commit(("a", "1"));
        made.AnnotatedTag("v1.2.3").AnnotatedTag("v1", "v1.2.3").Tag("old");
        made.Commit(("a", "2"));
        made.AnnotatedTag("tools-v0.2.0").Tag("nightly").Tag("api/v9.0.0");
        var sha = made.Commit(("a", "3"));
        using var repository = GitRepository.Open(made.Root);

        Assert.Equal($"v1.2.3-2-g{sha[..12]}", repository.Describe(sha, out var passedOver));
        Assert.Equal(["api/v9.0.0", "nightly", "tools-v0.2.0", "old", "v1"], passedOver);
    }

    [Fact]
    public void Of_two_versions_on_one_commit_the_release_wins_over_its_candidate()
    {
        using var made = TestRepository.Create();
        var sha = made.Commit(("a", "1"));
        made.Tag("v1.0.0").AnnotatedTag("v1.0.0-rc.1").AnnotatedTag("v1.0.0-rc.2");
        using var repository = GitRepository.Open(made.Root);

        Assert.Equal("v1.0.0", repository.Describe(sha, out _));
    }

    [Fact]
    public void Junk_among_the_tags_is_passed_over_and_named()
    {
        using var made = TestRepository.Create();
        var sha = made.Commit(("a", "1"));
        made.Tag("v1.0.0");
        string[] junk = [".DS_Store", "desktop.ini", "v0.9.0", "v1.0.0 (conflicted copy)"];
        foreach (var name in junk)
        {
            made.Write($".git/refs/tags/{name}", name == "v0.9.0" ? "" : "junk\n");
        }

        using var repository = GitRepository.Open(made.Root);

        Assert.Equal("v1.0.0", repository.Describe(sha, out _));
        Assert.Equal(junk, repository.UnreadableTags.Order(StringComparer.Ordinal));
        Assert.Equal(sha, repository.Resolve("v1.0.0").Sha);
        Assert.Equal("TagNotFound", Assert.Throws<ProException>(() => repository.Resolve("v0.9.0")).Id);
    }

    [Fact]
    public void Without_a_version_the_tags_that_are_none_are_named_and_no_description_is_advised_as_a_tag()
    {
        using var made = TestRepository.Create();
        var sha = made.Commit(("a", "1"));
        made.Tag("1.2.0");
        using var repository = GitRepository.Open(made.Root);

        Assert.Contains(
            "Passed over: 1.2.0", Assert.Throws<ProException>(() => repository.Describe(sha, out _)).Message, StringComparison.Ordinal);
        Assert.DoesNotContain(
            "git tag", Assert.Throws<ProException>(() => repository.Resolve("v9.9.9-1-gzzz")).RecommendedAction, StringComparison.Ordinal);
        Assert.DoesNotContain(
            "git tag", VersionErrors.InvalidVersion("1.2.0-1-gabcdef123456", "x", "v1.2.0-1-gabcdef123456").RecommendedAction,
            StringComparison.Ordinal);
    }

    /// <summary>Three branches that merge into each other now and then, one commit a minute, some in the same second.</summary>
    private static string History(Random random, int commits, bool wrongClocks)
    {
        var text = new StringBuilder();
        var tips = new int[3];
        var time = 1_600_000_000L;
        for (var mark = 1; mark <= commits; mark++)
        {
            var branch = mark == 1 ? 0 : random.Next(3);
            time += random.Next(4) == 0 ? 0 : 60;
            text.Append(CultureInfo.InvariantCulture, $"commit refs/heads/{(branch == 0 ? "main" : "side" + branch)}\nmark :{mark}\n");
            var clock = wrongClocks && random.Next(5) == 0 ? time + random.Next(-20_000, 20_000) : time;
            text.Append(CultureInfo.InvariantCulture, $"committer Ada <ada@example.com> {clock} +0000\ndata 1\nx\n");
            var parent = tips[branch] == 0 ? tips[0] : tips[branch];
            if (parent != 0)
            {
                text.Append(CultureInfo.InvariantCulture, $"from :{parent}\n");
                var other = tips[random.Next(3)];
                if (other != 0 && other != parent && random.Next(8) == 0)
                {
                    text.Append(CultureInfo.InvariantCulture, $"merge :{other}\n");
                }
            }

            text.Append('\n');
            tips[branch] = mark;
        }

        return text.Append("done\n").ToString();
    }

    private static void AddTags(TestRepository made, Random random, int commits)
    {
        var all = made.Git("rev-list", "--all").Split('\n');
        var text = new StringBuilder();
        for (var number = 0; number < commits / 20; number++)
        {
            var sha = all[random.Next(all.Length)];
            if (random.Next(2) == 0)
            {
                text.Append(CultureInfo.InvariantCulture, $"reset refs/tags/v0.{number}.0\nfrom {sha}\n\n");
            }
            else
            {
                text.Append(CultureInfo.InvariantCulture, $"tag v1.{number}.0\nfrom {sha}\n");
                var time = 1_700_000_000 + random.Next(50);
                text.Append(CultureInfo.InvariantCulture, $"tagger Ada <ada@example.com> {time} +0000\ndata 1\nx\n");
            }
        }

        made.GitWithInput(text.ToString(), "fast-import", "--quiet");
    }
}
