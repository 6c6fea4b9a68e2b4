using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Configuration.Catalog;
using Pro.DockerVersioning.Git;
using Pro.DockerVersioning.Images;
using Pro.DockerVersioning.Tests.Configuration;
using Pro.DockerVersioning.Tests.Git;
using Xunit;

namespace Pro.DockerVersioning.Tests.Images.Building;

/// <summary>What a build of a tag is made of, in a real repository; no engine is asked.</summary>
public sealed class BuildPlanTests : IDisposable
{
    private readonly TestRepository _made = TestRepository.Create();
    private readonly Collected _reports = new();

    public void Dispose() => _made.Dispose();

    [Fact]
    public void A_build_of_a_tag_takes_its_arguments_from_an_ignored_env_file_and_its_identity_depends_on_them()
    {
        _made.Commit(
            (".gitignore", ".env\n"),
            ("apps/api/Dockerfile", "FROM scratch\nARG A\n"),
            ("compose.yaml", "services:\n  api: { build: { context: apps/api, args: { A: \"${A:-dflt}\" } } }\n"));
        _made.AnnotatedTag("v1.0.0");
        var bare = Prepare("v1.0.0", "api");

        _made.Write(".env", "A=fromenv\n");
        var one = Prepare("v1.0.0", "api");
        _made.Write(".env", "A=other\n");
        var other = Prepare("v1.0.0", "api");

        Assert.Equal("dflt", bare.Inputs.Arguments["A"]);
        Assert.Equal("fromenv", one.Inputs.Arguments["A"]);
        Assert.Equal(3, new[] { bare, one, other }.Select(build => build.Inputs.Identity).Distinct().Count());
        Assert.Contains(_reports.Verbose, line => line.StartsWith(".env isn't in the tree of v1.0.0", StringComparison.Ordinal));
    }

    [Fact]
    public void COMPOSE_FILE_of_an_ignored_env_file_gives_a_build_the_services_that_are_listed()
    {
        _made.Commit(
            (".gitignore", ".env\n"),
            ("apps/api/Dockerfile", "FROM scratch\n"),
            ("apps/web/Dockerfile", "FROM scratch\n"),
            ("base.yml", "services: { api: { build: apps/api } }\n"),
            ("two.yml", "services: { web2: { build: apps/web } }\n"));
        _made.AnnotatedTag("v1.0.0");
        _made.Write(".env", $"COMPOSE_FILE=base.yml{Path.PathSeparator}two.yml\n");

        using var repository = GitRepository.Open(_made.Root);
        Assert.Equal(["api", "web2"], ServiceCatalog.Load(repository.TreeOnDisk(), Settings()).Names);
        Assert.Equal(["api", "web2"], Planner(repository, "v1.0.0").MatchAll());
    }

    [Fact]
    public void A_compose_file_that_env_names_and_a_version_lacks_is_as_one_that_the_session_names()
    {
        _made.Commit((".gitignore", ".env\n"), ("apps/api/Dockerfile", "FROM scratch\n"));
        _made.AnnotatedTag("v1.0.0");
        _made.Commit(("prod.yml", "services: { shop: { build: apps/api } }\n"));
        _made.Write(".env", "COMPOSE_FILE=prod.yml\n");

        using var repository = GitRepository.Open(_made.Root);
        Assert.Equal(["shop"], Planner(repository, "v1.0.0").MatchAll());
        Assert.Contains("the tree of v1.0.0 has no prod.yml: the services are taken from today's.", _reports.Verbose);
    }

    [Fact]
    public void A_version_of_pro_json_is_built_by_it_though_env_names_a_file_of_today()
    {
        _made.Commit(
            (".gitignore", ".env\n"), ("apps/api/Dockerfile", "FROM scratch\n"),
            ("pro.json", """{ "services": { "api": { "context": "apps/api" } } }"""));
        _made.AnnotatedTag("v1.0.0");
        _made.Commit(("prod.yml", "services: { api: { build: elsewhere } }\n"));
        _made.Write(".env", "COMPOSE_FILE=prod.yml\n");

        Assert.Equal("apps/api", Prepare("v1.0.0", "api").Context.Directory);
    }

    [Fact]
    public void A_folder_with_capital_letters_is_warned_of_since_its_service_has_another_name()
    {
        _made.Commit(("src/Shop.Api/Dockerfile", "FROM scratch\n"));
        _made.AnnotatedTag("v1.0.0");

        Assert.Equal(
            ["shop.api: the folder is named Shop.Api. No image has capital letters, so the service is named shop.api."],
            Prepare("v1.0.0", "Shop.Api").Warnings);
    }

    [Theory]
    [InlineData("compose.yml", "compose.yml", ".env", true)]
    [InlineData("compose.yml", "compose.yml", "compose.shop.pro.yml", true)]
    [InlineData("deploy/prod.yml", "deploy/prod.yml", "deploy/.env", true)]
    [InlineData("deploy/prod.yml", "deploy/prod.yml", ".env", false)]
    [InlineData("compose.yml", "apps/docker-compose.yml", "apps/.env", true)]
    [InlineData("compose.yml", "compose.yml", "apps/.env", false)]
    [InlineData("compose.yml", "compose.yml", "apps/values.pro.yml", false)]
    public void Only_what_lies_beside_a_compose_file_is_the_modules_own(string named, string there, string changed, bool isOwn)
    {
        string File(string path) => $"services: {{ shop: {{ build: {(path.Contains('/', StringComparison.Ordinal) ? ".." : ".")} }} }}\n";
        _made.Commit(("Dockerfile", "FROM scratch\nCOPY . /\n"), (named, File(named)), (there, File(there)));
        _made.AnnotatedTag("v1.0.0");
        _made.Write(changed, "A=1\n");
        var options = new ImageBuildOptions { Version = "v1.0.0", WorkingTree = true };
        using var repository = GitRepository.Open(_made.Root);
        var planner = new ImageBuildPlanner(Settings(named), BuildSource.Resolve(repository, options), options, _reports);
        var build = planner.Prepare("shop", TestContext.Current.CancellationToken);

        Assert.Equal(isOwn, build.Version.ToString() == "v1.0.0");
        Assert.Equal(isOwn ? "the tree of v1.0.0" : repository.TreeOnDisk().Description, build.Tree.Description);
        Assert.Equal(!isOwn, build.Context.Entries.Any(entry => entry.Name == changed));
        Assert.Equal(
            isOwn
                ?
                [
                    $"shop: on disk only {changed} differs from the tree of v1.0.0. A deployment writes such a file, so the image is built "
                    + "from the tree of v1.0.0 and keeps its version."]
                : [],
            build.Warnings);
    }

    [Theory]
    [InlineData("v1", "Use 'v1.1.0': the tag 'v1' is the same commit.")]
    [InlineData("1.1.0", "Use 'v1.1.0': the tag '1.1.0' is the same commit.")]
    [InlineData("v1.0", "'v1.0.0' is another commit. Give this commit a version that no other has, or build it by its hash: ")]
    [InlineData("2.0.0", "Give the same commit the right tag: git tag -a v2.0.0 -m 'Release v2.0.0' '2.0.0^{}'")]
    public void The_advice_for_a_tag_that_is_no_version_is_by_what_git_knows(string tag, string advice)
    {
        _made.Commit(("a", "1"));
        _made.AnnotatedTag("v1.0.0");
        _made.Commit(("a", "2"));
        _made.AnnotatedTag("v1.1.0").Tag("v1.2.0-rc.1").Tag("v1", "v1.1.0").Tag("1.1.0", "v1.1.0");
        _made.Commit(("a", "3"));
        _made.Tag("v1.0").Tag("2.0.0");
        using var repository = GitRepository.Open(_made.Root);

        var error = Assert.Throws<ProException>(() => BuildSource.Resolve(repository, new ImageBuildOptions { Version = tag }));

        Assert.Equal("InvalidVersion", error.Id);
        Assert.StartsWith(advice, error.RecommendedAction, StringComparison.Ordinal);
    }

    private PreparedBuild Prepare(string version, string service)
    {
        using var repository = GitRepository.Open(_made.Root);
        return Planner(repository, version).Prepare(service, TestContext.Current.CancellationToken);
    }

    private ImageBuildPlanner Planner(GitRepository repository, string version)
    {
        var options = new ImageBuildOptions { Version = version };
        return new ImageBuildPlanner(Settings(), BuildSource.Resolve(repository, options), options, _reports);
    }

    private ProSettings Settings(params string[] composeFiles) => ProSettings.Resolve(
        new ProParameters { Registry = "registry.example.com/pro", ComposeFiles = composeFiles },
        new ProEnvironmentVariables(_ => null),
        ProConfigurationReader.ReadFromDisk(_made.Root),
        new ProLocation(_made.Root, _made.Root));
}
