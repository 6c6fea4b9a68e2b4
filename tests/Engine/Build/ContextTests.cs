using System.Formats.Tar;
using System.Management.Automation;

namespace Pro.DockerVersioning.Tests.Engine.Build;

/// <summary>Which files get into an image, and how.</summary>
public sealed class ContextTests : EngineTest
{
    [Fact]
    public void Links_and_executable_bits_arrive_and_times_are_the_commits()
    {
        _ = Repository.Write("apps/api/Dockerfile", CopyAll).WriteExecutable("apps/api/bin/run.sh", "#!/bin/sh\n")
            .Write("apps/api/plain", "x");
        _ = Repository.Link("apps/api/latest", "bin/run.sh");
        _ = Repository.Commit();
        _ = One("Build-ProImage api");
        var files = Files($"api:{Head12}");
        Assert.Equal(0x1ED, files["bin/run.sh"].Mode & 0x1FF);
        Assert.Equal(0x1A4, files["plain"].Mode & 0x1FF);
        Assert.Equal((TarEntryType.SymbolicLink, "bin/run.sh"), (files["latest"].Type, files["latest"].LinkTarget));
        Assert.Equal(DateTimeOffset.Parse(Repository.Git("log", "-1", "--format=%cI")), files["plain"].Modified);
    }

    [Fact]
    public void Names_of_all_alphabets_and_lengths_arrive()
    {
        var deep = string.Join('/', Enumerable.Repeat("a-folder-with-a-long-name", 8)) + "/文件 with blanks.txt";
        _ = Repository.Commit(("apps/api/Dockerfile", CopyAll), ("apps/api/" + deep, "deep"), ("apps/api/empty", ""));
        _ = One("Build-ProImage api");
        var files = Files($"api:{Head12}");
        Assert.Equal("deep", files[deep].Text);
        Assert.Equal("", files["empty"].Text);
    }

    [Fact]
    public void Dockerignore_keeps_files_out_with_Dockers_rules()
    {
        _ = Repository.Commit(
            ("apps/api/Dockerfile", CopyAll),
            ("apps/api/.dockerignore", "# comment\n*.md\n!README.md\n**/secret\nlogs\n"),
            ("apps/api/README.md", "kept"),
            ("apps/api/notes.md", "out"),
            ("apps/api/sub/notes.md", "kept: *.md means the root only"),
            ("apps/api/sub/secret", "out"),
            ("apps/api/logs/today", "out"));
        _ = One("Build-ProImage api");
        var files = Files($"api:{Head12}").Keys.ToHashSet();
        Assert.Subset(files, new HashSet<string> { "README.md", "sub/notes.md" });
        Assert.DoesNotContain("notes.md", files);
        Assert.DoesNotContain("sub/secret", files);
        Assert.DoesNotContain("logs/today", files);
    }

    [Theory]
    [InlineData("buildx", "Dockerfile\n")]
    [InlineData("buildx", ".dockerignore\nDockerfile\n")]
    [InlineData("buildx", "*\n!file\n!bin\n!latest\n")]
    [InlineData("classic", "Dockerfile\n")]
    [InlineData("classic", "*\n!file\n!bin\n!latest\n")]
    public void An_ignored_Dockerfile_is_not_in_the_image(string builder, string ignore)
    {
        Variables["DOCKER_BUILDKIT"] = builder == "classic" ? "0" : null;
        _ = Repository.WriteExecutable("apps/api/bin/run.sh", "#!/bin/sh\n").Link("apps/api/latest", "bin/run.sh");
        _ = Repository.Commit(("apps/api/Dockerfile", CopyAll), ("apps/api/.dockerignore", ignore), ("apps/api/file", "one"));
        _ = One("Build-ProImage api");
        var files = Files($"api:{Head12}");
        string[] expected = ["bin", "bin/run.sh", "file", "latest"];
        Assert.Equal(ignore == "Dockerfile\n" ? [".dockerignore", .. expected] : expected, files.Keys.Order(StringComparer.Ordinal));
        Assert.Equal((TarEntryType.SymbolicLink, 0x1ED), (files["latest"].Type, files["bin/run.sh"].Mode & 0x1FF));
        Assert.All(
            files.Values.Where(file => file.Type != TarEntryType.Directory),
            file => Assert.Equal(DateTimeOffset.Parse(Repository.Git("log", "-1", "--format=%cI")), file.Modified));
    }

    [Theory]
    [InlineData("buildx")]
    [InlineData("classic")]
    public void A_Dockerfile_outside_of_the_context_is_not_in_the_image(string builder)
    {
        Variables["DOCKER_BUILDKIT"] = builder == "classic" ? "0" : null;
        _ = Repository.Commit(
            ("pro.json", """{ "services": { "api": { "context": "apps/api", "dockerfile": "docker/api.Dockerfile" } } }"""),
            ("docker/api.Dockerfile", CopyAll),
            ("docker/api.Dockerfile.dockerignore", "drop\n"),
            ("apps/api/drop", "out"),
            ("apps/api/file", "one"));
        _ = One("Build-ProImage api");
        Assert.Equal(["file"], Files($"api:{Head12}").Keys);
    }

    [Fact]
    public void A_change_of_an_ignored_Dockerfile_keeps_the_cache_of_its_COPY()
    {
        const string Start = $"FROM {Base}\nCOPY . /src\nRUN head -c 16 /dev/urandom > /random\n";
        _ = Repository.Commit(("apps/api/Dockerfile", Start), ("apps/api/.dockerignore", "Dockerfile\n"), ("apps/api/file", "one"));
        _ = One("Build-ProImage api");
        var first = Files($"api:{Head12}")["random"].Text;
        _ = Repository.Commit(("apps/api/Dockerfile", Start + "ENV LATER=1\n"));
        _ = One("Build-ProImage api");
        Assert.Equal(first, Files($"api:{Head12}")["random"].Text);
    }

    [Fact]
    public void The_Engine_API_refuses_a_COPY_that_would_bring_an_ignored_Dockerfile_along_and_builds_any_other()
    {
        OnlyClient(null);
        _ = Repository.Commit(("apps/api/Dockerfile", CopyAll), ("apps/api/.dockerignore", "Dockerfile\n"), ("apps/api/file", "one"));
        foreach (var parameter in (string[])["", "-WhatIf"])
        {
            var error = Bad($"Build-ProImage api {parameter}", "BuildDockerfileNotApart", ErrorCategory.NotImplemented);
            Assert.Contains("COPY . /", error.ToString(), StringComparison.Ordinal);
        }

        _ = Repository.Commit(("apps/api/Dockerfile", "FROM scratch\nCOPY file /file\n"));
        _ = One("Build-ProImage api");
        Assert.Equal(["file"], Files($"api:{Head12}").Keys);
    }

    [Fact]
    public void The_ignore_file_beside_the_Dockerfile_wins()
    {
        _ = Repository.Commit(
            ("apps/api/Dockerfile", CopyAll),
            ("apps/api/.dockerignore", "one\n"),
            ("apps/api/Dockerfile.dockerignore", "two\n"),
            ("apps/api/one", "1"),
            ("apps/api/two", "2"));
        _ = One("Build-ProImage api");
        var files = Files($"api:{Head12}");
        Assert.True(files.ContainsKey("one"));
        Assert.False(files.ContainsKey("two"));
    }

    [Theory]
    [InlineData(1, "2 uncommitted files are")]
    [InlineData(3, "4 uncommitted files are")]
    public void Uncommitted_changes_stay_out_and_are_counted_but_not_what_git_does_not_track(int count, string words)
    {
        _ = Commit();
        _ = Repository.Commit(("apps/api/new1", "1"), ("apps/api/new2", "1"), ("apps/api/.env", "API_VERSION=v1\n"));
        _ = Repository.Write("apps/api/untracked", "untracked").Write("apps/api/.env", "API_VERSION=v2\n");
        _ = Repository.Write("README", "outside of the context");
        _ = Repository.Write("apps/api/file", "changed");
        for (var number = 1; number < count; number++)
        {
            _ = Repository.Write($"apps/api/new{number}", "changed");
        }

        var result = Run("Build-ProImage api").ThrowIfFailed();
        var warning = Assert.Single(result.Warnings);
        Assert.Contains(words, warning, StringComparison.Ordinal);
        Assert.Contains("-WorkingTree", warning, StringComparison.Ordinal);
        Assert.Equal("one", Files($"api:{Head12}")["file"].Text);
    }

    [Theory]
    [InlineData("sparse-checkout set --cone --sparse-index apps/api")]
    [InlineData("sparse-checkout set --no-cone /* !/apps/api/big/")]
    [InlineData("update-index --split-index")]
    [InlineData("update-index --skip-worktree apps/api/file")]
    public void Odd_indexes_and_sparse_checkouts_build_and_nothing_is_counted_as_uncommitted(string git)
    {
        _ = Repository.Commit(("apps/api/Dockerfile", CopyAll), ("apps/api/file", "one"), ("apps/api/big/1", "1"), ("other/1", "1"));
        _ = Repository.Tag("v1.0.0");
        _ = Repository.Git(git.Split(' '));
        var result = Run("Build-ProImage api v1.0.0").ThrowIfFailed();
        Assert.Empty(result.Warnings);
        Assert.Equal("1", Files("api:v1.0.0")["big/1"].Text);
        Assert.Empty(Run("Build-ProImage api -WorkingTree -WhatIf").ThrowIfFailed().Errors);
    }

    [Fact]
    public void A_filter_makes_no_phantom_changes()
    {
        _ = Repository.Git("config", "filter.upper.clean", "tr a-z A-Z");
        _ = Repository.Git("config", "filter.upper.smudge", "tr A-Z a-z");
        _ = Repository.Commit((".gitattributes", "*.txt filter=upper\n"), ("apps/api/Dockerfile", CopyAll), ("apps/api/a.txt", "text"));
        File.Delete(Repository.FullPath("apps/api/a.txt"));
        _ = Repository.Git("checkout", "--", "apps/api/a.txt");
        Assert.Empty(Run("Build-ProImage api").ThrowIfFailed().Warnings);
    }

    [Fact]
    public void What_the_module_writes_beside_a_compose_file_makes_no_dirty_version_and_is_not_sent()
    {
        _ = Repository.Commit(
            ("compose.yml", "services: { shop: { build: . } }\n"), ("Dockerfile", CopyAll), ("web/.env", "A=1\n"),
            (".gitignore", "/.env\n"));
        _ = Repository.Tag("v1.0.0");
        _ = Repository.Write(".env", "API_VERSION=v1.0.0\n").Write("compose.shop.pro.yml", "services: {}\n");
        var result = Run("Build-ProImage shop v1.0.0 -WorkingTree").ThrowIfFailed();
        Assert.Equal("v1.0.0", Text(Assert.Single(result.Output), "Version"));
        Assert.Contains(
            "shop: on disk only .env, compose.shop.pro.yml differ from the tree of v1.0.0", Assert.Single(result.Warnings),
            StringComparison.Ordinal);
        Assert.False(Files("shop:v1.0.0").ContainsKey(".env"));
        Host.Clear();
        _ = Run("Build-ProImage shop v1.0.0 -WorkingTree -Force -WhatIf").ThrowIfFailed();
        Assert.Contains("shop:v1.0.0 from the tree of v1.0.0 ", Host.Text, StringComparison.Ordinal);

        _ = Repository.Write("web/.env", "A=2\n");
        var build = One("Build-ProImage shop v1.0.0 -WorkingTree");
        Assert.StartsWith("v1.0.0-dirty.", Text(build, "Version"), StringComparison.Ordinal);
        Assert.Equal("A=2\n", TestEngine.FilesOf(Text(build, "Reference")!)["web/.env"].Text);
    }

    [Fact]
    public void Ignored_files_are_not_counted_as_uncommitted_but_a_Dockerfile_outside_of_the_context_is()
    {
        _ = Repository.Commit(
            ("pro.json", """{ "services": { "api": { "context": "apps/api", "dockerfile": "docker/api.Dockerfile" } } }"""),
            ("docker/api.Dockerfile", CopyAll),
            ("apps/api/.dockerignore", "*.log\n"),
            ("apps/api/file", "one"));
        _ = Repository.Write("apps/api/today.log", "ignored");
        Assert.Empty(Run("Build-ProImage api").ThrowIfFailed().Warnings);
        _ = Repository.Write("docker/api.Dockerfile", CopyAll + "LABEL changed=1\n");
        Assert.Contains(
            "1 uncommitted file is", Assert.Single(Run("Build-ProImage api").ThrowIfFailed().Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void A_copy_of_a_file_that_is_only_on_disk_suggests_the_working_tree()
    {
        _ = Commit(dockerfile: "FROM scratch\nCOPY generated.js /\n");
        _ = Repository.Write("apps/api/generated.js", "built");
        var error = Bad("Build-ProImage api -WarningAction Ignore", "BuildContextFileOnlyOnDisk", ErrorCategory.ObjectNotFound);
        Assert.Contains("-WorkingTree", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Contains("generated.js", error.ToString(), StringComparison.Ordinal);
        Assert.Equal("built",
            TestEngine.FilesOf(Text(One("Build-ProImage api -WorkingTree -WarningAction Ignore"), "Reference")!)["generated.js"].Text);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-WorkingTree")]
    public void A_copy_of_a_file_that_the_ignore_file_leaves_out_says_so_and_not_that_it_is_uncommitted(string parameters)
    {
        _ = Repository.Commit(
            ("apps/api/Dockerfile", "FROM scratch\nCOPY generated.js /\n"),
            ("apps/api/.dockerignore", "*.js\n"),
            ("apps/api/generated.js", "committed"));
        var error = Bad($"Build-ProImage api {parameters}", "BuildContextFileMissing", ErrorCategory.ObjectNotFound);
        Assert.Contains("generated.js", error.ToString(), StringComparison.Ordinal);
        Assert.Contains(".dockerignore", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.DoesNotContain("-WorkingTree", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void A_copy_of_a_file_that_is_nowhere_says_so()
    {
        _ = Commit(dockerfile: "FROM scratch\nCOPY nothing.js /\n");
        var error = Bad("Build-ProImage api", "BuildContextFileMissing", ErrorCategory.ObjectNotFound);
        Assert.Contains("nothing.js", error.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("-WorkingTree", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void A_submodule_in_the_context_is_an_error_that_names_it_unless_it_is_ignored()
    {
        var commit = Commit();
        _ = Repository.Git("update-index", "--add", "--cacheinfo", $"160000,{commit},apps/api/vendor/lib");
        _ = Repository.Git("commit", "--quiet", "--message", "A submodule");
        var error = Bad("Build-ProImage api -WarningAction Ignore", "ContentNotInGit", ErrorCategory.InvalidData);
        Assert.Contains("vendor/lib", error.ToString(), StringComparison.Ordinal);
        Assert.Contains("submodule", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);

        _ = Repository.Write("apps/api/.dockerignore", "vendor\n").Git("add", "apps/api/.dockerignore");
        _ = Repository.Git("commit", "--quiet", "--message", "Leave it out");
        _ = One("Build-ProImage api -WarningAction Ignore");
    }

    [Fact]
    public void A_git_lfs_pointer_in_the_context_is_an_error_that_names_it()
    {
        _ = Repository.Commit(
            ("apps/api/Dockerfile", CopyAll),
            ("apps/api/model.bin", "version https://git-lfs.github.com/spec/v1\n"
                + "oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n"));
        var error = Bad("Build-ProImage api", "ContentNotInGit", ErrorCategory.InvalidData);
        Assert.Contains("model.bin", error.ToString(), StringComparison.Ordinal);
        Assert.Contains("git lfs pull", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void A_Dockerfile_outside_of_its_context_is_found_and_its_ignore_file_counts()
    {
        _ = Repository.Commit(
            ("pro.json", """{ "services": { "api": { "context": "apps/api", "dockerfile": "docker/api.Dockerfile" } } }"""),
            ("docker/api.Dockerfile", CopyAll),
            ("docker/api.Dockerfile.dockerignore", "out\n"),
            ("apps/api/in", "in"),
            ("apps/api/out", "out"));
        _ = One("Build-ProImage api");
        var files = Files($"api:{Head12}");
        Assert.Equal("in", files["in"].Text);
        Assert.False(files.ContainsKey("out"));
    }

    [Fact]
    public void The_repositorys_root_can_be_a_context()
    {
        _ = Repository.Commit(
            ("pro.json", """{ "services": { "all": { "context": "." } } }"""), ("Dockerfile", CopyAll), ("apps/api/file", "inside"));
        _ = One("Build-ProImage all");
        Assert.Equal("inside", Files($"all:{Head12}")["apps/api/file"].Text);
        Assert.DoesNotContain(Files($"all:{Head12}").Keys, path => path.StartsWith(".git/", StringComparison.Ordinal));
    }

    [Fact]
    public void The_same_tag_gives_the_same_layer_in_every_clone()
    {
        _ = Release("v1.0.0");
        var first = One("Build-ProImage api v1.0.0 -NoCache");
        var clone = Path.Combine(Repository.Beside, "clone");
        _ = Repository.Git("clone", "--quiet", Repository.Root, clone);
        File.WriteAllText(Path.Combine(clone, "apps/api/file"), "changed here");
        _ = Shell.In(clone);
        var second = One($"Build-ProImage api v1.0.0 -NoCache -Registry {Registry}/clone -WarningAction Ignore");
        Assert.Equal(Text(first, "ContextHash"), Text(second, "ContextHash"));
        Assert.Equal(Layers(Text(first, "Reference")!), Layers(Text(second, "Reference")!));

        static string Layers(string reference) => TestEngine.Inspect(reference)["RootFS"]!["Layers"]!.ToJsonString();
    }
}
