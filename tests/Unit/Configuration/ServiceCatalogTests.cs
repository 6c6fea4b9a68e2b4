using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Configuration.Catalog;
using Pro.DockerVersioning.Git;
using Pro.DockerVersioning.Versions;
using Xunit;

namespace Pro.DockerVersioning.Tests.Configuration;

public sealed class ServiceCatalogTests
{
    private static readonly string Root = Path.GetFullPath(Path.Combine(Path.GetTempPath(), "shop"));

    private static ServiceCatalog Load(MemoryTree tree, Dictionary<string, string>? variables = null, Collected? reports = null) =>
        Load(tree, Root, variables, reports);

    private static ServiceCatalog Load(MemoryTree tree, string root, Dictionary<string, string>? variables, Collected? reports)
    {
        var environment = new ProEnvironmentVariables((variables ?? []).GetValueOrDefault);
        return ServiceCatalog.Load(
            tree, ProSettings.Resolve(new(), environment, ProConfiguration.Empty, new ProLocation(root, root)), reports);
    }

    [Fact]
    public void A_env_file_that_git_does_not_know_is_read_from_disk_and_told()
    {
        using var disk = new TemporaryFolder();
        disk.Write(".env", "A=fromenv\nCOMPOSE_PROFILES=dev\n");
        disk.Write("lib/.env", "B=included\n");
        var tree = new MemoryTree(
            ("compose.yaml", """
                include: [ lib/compose.yaml ]
                services:
                  api: { build: { context: ., args: { A: "${A:-unset}" } } }
                  tool: { build: ., profiles: [ dev ] }
                """),
            ("lib/compose.yaml", "services:\n  web: { build: { context: ., args: { B: \"${B:-unset}\" } } }\n"));
        var reports = new Collected();

        var catalog = Load(tree, disk.Path, null, reports);

        Assert.Equal(["api", "tool", "web"], catalog.Built().Order(StringComparer.Ordinal));
        Assert.Equal([new("A", "fromenv")], catalog.Get("api").BuildArgs);
        Assert.Equal([new("B", "included")], catalog.Get("web").BuildArgs);
        var full = System.IO.Path.Combine(disk.Path, ".env");
        Assert.Single(reports.Verbose, $".env isn't in the tree of v1.2.3: {full} on disk is read, as compose does.");
        Assert.Equal([new("A", "unset")], Load(tree, disk.Path, new() { ["COMPOSE_DISABLE_ENV_FILE"] = "1" }, null).Get("api").BuildArgs);
    }

    [Fact]
    public void The_env_file_of_the_tree_goes_before_the_one_on_disk()
    {
        using var disk = new TemporaryFolder();
        disk.Write(".env", "A=fromdisk\n");
        var tree = new MemoryTree(
            ("compose.yaml", "services:\n  api: { build: { context: ., args: { A: \"${A}\" } } }\n"), (".env", "A=fromtree\n"));
        var reports = new Collected();

        Assert.Equal([new("A", "fromtree")], Load(tree, disk.Path, null, reports).Get("api").BuildArgs);
        Assert.Empty(reports.Verbose);
    }

    [Fact]
    public void A_env_file_on_disk_that_is_a_pipe_is_refused_and_not_waited_for()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such files.");
        using var disk = new TemporaryFolder();
        using var made = System.Diagnostics.Process.Start("mkfifo", System.IO.Path.Combine(disk.Path, ".env"));
        made.WaitForExit();

        var tree = new MemoryTree(("compose.yaml", "services: { api: { build: . } }"));

        Assert.Equal("ComposeFileNotRegular", Assert.Throws<ProException>(() => Load(tree, disk.Path, null, null)).Id);
    }

    [Theory]
    [InlineData("pro.json", "ComposeFileNotRegular")]
    [InlineData("compose.yaml", "ComposeFileNotRegular")]
    [InlineData(".env", "ComposeFileNotRegular")]
    public async Task A_file_of_the_repository_that_is_a_pipe_is_refused_and_not_waited_for(string name, string id)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such files.");
        using var disk = new TemporaryFolder();
        if (name != "compose.yaml")
        {
            disk.Write("compose.yaml", "services: { api: { build: . } }");
        }

        var pipe = System.IO.Path.Combine(disk.Path, name);
        using var made = System.Diagnostics.Process.Start("mkfifo", pipe);
        await made.WaitForExitAsync(TestContext.Current.CancellationToken);
        var reading = Task.Run(
            () => ProWorkspace.Open(disk.Path, new ProParameters(), new ProEnvironmentVariables(_ => null)).ReadCatalog(null).Names,
            TestContext.Current.CancellationToken);

        var error = await Assert.ThrowsAsync<ProException>(
            () => reading.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));

        Assert.Equal(id, error.Id);
        Assert.Contains($"{pipe} is a named pipe", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("include: [ infra/compose.yml ]\n", "", "compose.yaml")]
    [InlineData("services: { web: { image: web } }\n", "services: { api: { image: api } }\n", "compose.yaml compose.override.yaml")]
    [InlineData("# api comes later\nservices: { web: { image: web } }\n", "", "")]
    [InlineData("services: { web: { image: \"registry/pro/api:v1\", depends_on: [ ] } }\n", "", "")]
    public void A_service_is_started_first_by_the_files_whose_project_has_it(string main, string over, string expected)
    {
        var tree = new MemoryTree(
            [("compose.yaml", main), ("infra/compose.yml", "services: { api: { image: api } }"),
                .. over.Length > 0 ? [("compose.override.yaml", over)] : Array.Empty<(string, string)>()]);

        Assert.Equal(Full(expected), FilesOf(tree, "api"));
    }

    [Fact]
    public void A_service_is_started_first_by_the_files_that_a_env_file_names()
    {
        var tree = new MemoryTree(
            (".env", $"COMPOSE_FILE=stack/a.yml{System.IO.Path.PathSeparator}stack/b.yml\n"),
            ("compose.yaml", "services: { api: { image: api } }"),
            ("stack/a.yml", "services: { web: { image: web } }"),
            ("stack/b.yml", "services: { api: { image: api } }"));

        Assert.Equal(Full("stack/a.yml stack/b.yml"), FilesOf(tree, "api"));
        Assert.Empty(FilesOf(tree, "other"));
    }

    private static IReadOnlyList<string> Full(string names) =>
        [.. names.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(name => System.IO.Path.GetFullPath(name, Root))];

    private static IReadOnlyList<string> FilesOf(MemoryTree tree, string service) => ServiceCatalog.ComposeFilesOf(
        service,
        tree,
        ProSettings.Resolve(new(), new ProEnvironmentVariables(_ => null), ProConfiguration.Empty, new ProLocation(Root, Root)));

    [Fact]
    public void COMPOSE_FILE_of_a_env_file_on_disk_names_the_files_as_in_the_session()
    {
        using var disk = new TemporaryFolder();
        disk.Write(".env", $"COMPOSE_FILE={disk.Path}/base.yml{System.IO.Path.PathSeparator}two.yml\n");
        var tree = new MemoryTree(
            ("base.yml", "services: { api: { build: apps/api } }"), ("two.yml", "services: { web2: { build: apps/web } }"),
            ("apps/api/Dockerfile", ""), ("apps/web/Dockerfile", ""));

        Assert.Equal(["api", "web2"], Load(tree, disk.Path, null, null).Names);

        disk.Write(".env", "COMPOSE_FILE=../other.yml\n");
        var error = Assert.Throws<ProException>(() => Load(tree, disk.Path, null, null));
        Assert.Equal("ComposeFileOutside", error.Id);
        Assert.Contains("COMPOSE_FILE in .env", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("shop/api:1", "Write \"shop/api\".")]
    [InlineData("/x", "Write \"x\".")]
    [InlineData("Api", "Write \"api\".")]
    [InlineData("api@sha256:00", "Write \"api\".")]
    [InlineData("a b", "Write small letters")]
    public void An_image_with_a_tag_is_refused_where_it_is_written(string image, string remedy)
    {
        var tree = new MemoryTree(("pro.json", $"{{ \"services\": {{\n \"api\": {{ \"context\": \".\",\n \"image\": \"{image}\" }} }} }}"));

        var error = Assert.Throws<ProException>(() => Load(tree));

        Assert.StartsWith("pro.json, line 3, column 11: \"image\" must be", error.Message, StringComparison.Ordinal);
        Assert.StartsWith(remedy, error.RecommendedAction, StringComparison.Ordinal);
        Assert.Contains("the tag away", error.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_extends_or_include_names_is_missing_where_it_is_named()
    {
        foreach (var (text, key) in new[]
        {
            ("services:\n  api:\n    extends: { file: nofile.yml, service: x }\n", "extends"),
            ("services: {}\ninclude:\n  - nofile.yml\n", "include"),
        })
        {
            var error = Assert.Throws<ProException>(() => Load(new MemoryTree(("compose.yaml", text))));
            Assert.Equal("ComposeFileNotFound", error.Id);
            Assert.StartsWith("compose.yaml, line 3", error.Message, StringComparison.Ordinal);
            Assert.Contains($"\"{key}\"", error.RecommendedAction, StringComparison.Ordinal);
            Assert.DoesNotContain("-ComposeFile", error.RecommendedAction, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Further_tags_of_a_build_are_refused_and_not_lost()
    {
        var tree = new MemoryTree(("compose.yaml", "services:\n  api: { build: { context: ., tags: [ extra ] } }\n"), ("Dockerfile", ""));

        var error = Assert.Throws<ProException>(() => Load(tree).Get("api").EnsureBuildable(tree));

        Assert.Contains("build.tags", error.Message, StringComparison.Ordinal);
        Assert.Contains("-Alias", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_services_every_place_that_is_searched_is_named()
    {
        var error = Assert.Throws<ProException>(() => Load(new MemoryTree(("x", ""))).EnsureNotEmpty());

        Assert.Contains("apps/NAME, services/NAME, src/NAME, NAME, docker or the root", error.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void Folders_with_a_dockerfile_are_services()
    {
        var catalog = Load(new MemoryTree(
            ("apps/web/Dockerfile", ""), ("apps/api/Dockerfile", ""), ("apps/lib/index.ts", ""), ("services/crawler/Dockerfile", ""),
            ("broker/Dockerfile", ""), (".devcontainer/Dockerfile", ""), ("Dockerfile", ""), ("deep/er/x/Dockerfile", "")));

        Assert.Equal(["api", "web", "crawler", "broker"], catalog.Names);
        var api = catalog.Get("api");
        Assert.Equal(("apps/api", "apps/api/Dockerfile", ServiceOrigin.Folder), (api.Context, api.Dockerfile, api.Origin));
    }

    [Fact]
    public void Folders_of_src_are_services_and_a_folder_named_docker_builds_the_root()
    {
        Assert.Equal(["api", "web"], Load(new MemoryTree(("src/api/Dockerfile", ""), ("src/web/Dockerfile", ""), ("src/lib/x", ""))).Names);

        var root = Load(new MemoryTree(("docker/Dockerfile", ""), ("src/main.c", ""))).Get("shop");
        Assert.Equal(("", "docker/Dockerfile", "docker/Dockerfile"), (root.Context, root.Dockerfile, root.Source));
    }

    [Fact]
    public void One_folder_does_not_hide_the_dockerfile_of_the_root()
    {
        Assert.Equal(["docs", "shop"], Load(new MemoryTree(("docs/Dockerfile", ""), ("Dockerfile", ""))).Names);
        Assert.Equal(
            ["api", "web"], Load(new MemoryTree(("apps/api/Dockerfile", ""), ("apps/web/Dockerfile", ""), ("Dockerfile", ""))).Names);
    }

    [Fact]
    public void Names_with_dots_and_capitals_become_small_and_are_found_in_either_form()
    {
        var reports = new Collected();
        var catalog = Load(
            new MemoryTree(("src/Shop.Api/Dockerfile", ""), ("src/Shop.Web/Dockerfile", ""), ("src/db/Dockerfile", "")), null, reports);

        Assert.Equal(["shop.api", "shop.web", "db"], catalog.Names);
        Assert.Equal(("shop.api", "src/Shop.Api"), (catalog.Get("Shop.Api").Image, catalog.Get("Shop.Api").Context));
        _ = catalog.Get("db");
        Assert.Equal(["The service of the folder Shop.Api is named shop.api: an image's name has no capital letters."], reports.Verbose);
    }

    [Fact]
    public void An_image_that_is_not_named_as_its_compose_service_is_told_once()
    {
        var reports = new Collected();
        var catalog = Load(
            new MemoryTree(("compose.yml", "services: { Api: { build: . }, web: { build: . } }"), ("Dockerfile", "")), null, reports);

        Assert.Equal("api", catalog.Get("Api").Image);
        Assert.Equal("api", catalog.Get("Api").Image);
        _ = catalog.Get("web");
        Assert.Equal(["The image of the service Api (compose.yml) is named api: an image's name has no capital letters."], reports.Verbose);
    }

    [Fact]
    public void A_service_of_pro_json_with_capital_letters_is_told_too()
    {
        foreach (var compose in new[] { "services: {}", "services: { Api: { build: apps/Api } }" })
        {
            var reports = new Collected();
            var tree = new MemoryTree(
                ("pro.json", """{ "services": { "Api": {}, "Web": { "image": "web" } } }"""), ("compose.yml", compose),
                ("apps/Api/Dockerfile", ""));
            var catalog = Load(tree, null, reports);

            Assert.Equal(("Api", "api", "apps/Api"), (catalog.Get("api").Name, catalog.Get("api").Image, catalog.Get("api").Context));
            _ = catalog.Get("Web");
            Assert.Equal(
                ["The image of the service Api (pro.json) is named api: an image's name has no capital letters."], reports.Verbose);
        }
    }

    [Fact]
    public void The_image_of_pro_json_may_be_a_path()
    {
        var tree = new MemoryTree(
            ("pro.json", """{ "services": { "api": { "context": ".", "image": "shop/api" } } }"""), ("Dockerfile", ""));
        var image = Load(tree).Get("api").Image;

        Assert.Equal("registry.example.com/pro/shop/api", RepositoryName.Combine("registry.example.com/pro", image).ToString());
    }

    [Fact]
    public void A_folder_behind_a_link_is_a_service()
    {
        var tree = new MemoryTree(("apps/api", "->../packages/api"), ("packages/api/Dockerfile", ""), ("apps/out", "->../../x"));
        var api = Load(tree).Get("api");

        Assert.Equal("apps/api", api.Context);
        api.EnsureBuildable(tree);
    }

    [Fact]
    public void A_service_with_only_an_image_below_the_registry_is_a_service()
    {
        var tree = new MemoryTree(("compose.yml", """
            services:
              db: { image: postgres:16 }
              worker: { image: "${REGISTRY}/team/api:${API_VERSION:?set it}" }
              api: { image: "${REGISTRY}/team/api:${API_VERSION:?set it}", deploy: { update_config: { order: start-first } } }
              web: { image: "${REGISTRY}/web:1", build: web }
            """));
        var reports = new Collected();
        var catalog = Load(tree, new() { ["REGISTRY"] = "registry.example.com/pro" }, reports);

        Assert.Equal(["web", "api"], catalog.Names);
        Assert.Equal(("team/api", UpdateOrder.StartFirst), (catalog.Get("api").Image, catalog.Get("api").Order));
        Assert.Equal("ServiceWithoutBuild", Assert.Throws<ProException>(() => catalog.Get("api").EnsureBuildable(tree)).Id);
        Assert.Equal(["web"], catalog.Built());
        Assert.Empty(reports.Warnings);
    }

    [Fact]
    public void A_compose_file_of_images_only_and_a_pro_json_without_contexts_declare_services()
    {
        var images = new MemoryTree(
            ("compose.yml", "services:\n  api: { image: \"registry.example.com/pro/api:1\" }\n  db: { image: postgres }\n"));
        var none = new MemoryTree(("pro.json", """{ "registry": "registry.example.com/pro", "services": { "api": {} } }"""));

        Assert.Equal(["api"], Load(images, new() { ["REGISTRY"] = "registry.example.com/pro" }).Match("api"));
        Assert.Equal(["api", "db"], Load(images).Names);
        Assert.Equal("api", Load(none).Get("api").Image);
        Assert.Equal("NoServiceToBuild", Assert.Throws<ProException>(() => Load(none).Built()).Id);
    }

    [Theory]
    [InlineData("registry.example.com/pro/shop-api:1", "shop-api")]
    [InlineData("registry.example.com/pro/team/shop-api", "team/shop-api")]
    [InlineData("registry.example.com/pro/shop-api@sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393", "shop-api")]
    [InlineData("elsewhere.example.com/pro/shop-api:1", "api")]
    [InlineData("registry.example.com/prolog/shop-api:1", "api")]
    public void The_name_that_the_file_gives_to_the_image_counts(string image, string expected)
    {
        var tree = new MemoryTree(("compose.yml", $"services:\n  api: {{ build: api, image: \"{image}\" }}\n"));
        Assert.Equal(expected, Load(tree, new() { ["REGISTRY"] = "registry.example.com/pro" }).Get("api").Image);
    }

    [Theory]
    [InlineData("  api: { build: api }\n  API: { build: web }\n", "api", "API")]
    [InlineData("  web: { build: web, image: \"${REGISTRY}/shop\" }\n"
        + "  api: { build: api, image: \"${REGISTRY}/shop:${V}\" }\n", "web", "api")]
    [InlineData("  web: { build: { context: ., target: a }, image: \"${REGISTRY}/shop\" }\n"
        + "  api: { build: { context: ., target: b }, image: \"${REGISTRY}/shop\" }\n", "web", "api")]
    [InlineData("  web: { build: { context: ., args: { A: 1 } }, image: \"${REGISTRY}/shop\" }\n"
        + "  api: { build: { context: ., args: { A: 2 } }, image: \"${REGISTRY}/shop\" }\n", "web", "api")]
    public void Two_services_that_would_build_different_things_under_one_image_are_refused(string services, string one, string other)
    {
        var tree = new MemoryTree(
            ("compose.yml", "services:\n" + services), ("api/Dockerfile", ""), ("web/Dockerfile", ""), ("Dockerfile", ""));
        var catalog = Load(tree, new() { ["REGISTRY"] = "registry.example.com/pro" });

        Assert.Equal([one, other], catalog.Built());
        foreach (var (own, rival) in new[] { (one, other), (other, one) })
        {
            var refused = Assert.Throws<ProException>(() => catalog.Get(own).EnsureBuildable(tree));
            Assert.Equal("ServiceNotBuildable", refused.Id);
            Assert.Contains($"The service {own} of compose.yml", refused.Message, StringComparison.Ordinal);
            Assert.Contains($"also that of the service {rival} of compose.yml", refused.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("""{ "services": { "api": { "context": "apps/api" }, "web": { "context": "apps/web", "image": "api" } } }""")]
    [InlineData("""{ "services": { "api": { "context": "apps/api" }, "Api": { "context": "apps/web" } } }""")]
    public void So_are_two_of_pro_json_also_without_the_compose_files(string proJson)
    {
        var tree = new MemoryTree(("pro.json", proJson), ("apps/api/Dockerfile", ""), ("apps/web/Dockerfile", ""));
        foreach (var variables in new[] { new Dictionary<string, string>(), new() { ["COMPOSE_FILE"] = "/elsewhere/compose.yml" } })
        {
            var catalog = Load(tree, variables);
            Assert.All(catalog.Names, name => Assert.Equal(
                "ServiceNotBuildable", Assert.Throws<ProException>(() => catalog.Get(name).EnsureBuildable(tree)).Id));
        }
    }

    /// <summary>The usual web application: what serves, what works and what migrates are one image.</summary>
    [Fact]
    public void Services_that_share_an_image_and_its_build_are_built()
    {
        const string Image = "image: \"${REGISTRY}/shop:${V:-1}\"";
        var tree = new MemoryTree(("Dockerfile", ""), ("other/Dockerfile", ""), ("compose.yml", $$"""
            services:
              api: { build: { context: ., args: { A: 1, B: 2 } }, {{Image}} }
              worker: { build: { context: ./, dockerfile: Dockerfile, args: [ B=2, A=1 ] }, {{Image}} }
              migrate: { {{Image}} }
              debug: { build: other, {{Image}}, profiles: [ debug ] }
            """));
        var catalog = Load(tree, new() { ["REGISTRY"] = "registry.example.com/pro" });
        Assert.Equal(["api", "worker"], catalog.Built());
        catalog.Get("api").EnsureBuildable(tree);
        catalog.Get("worker").EnsureBuildable(tree);

        // Only who builds the other one by its name would overwrite it.
        Assert.Equal("ServiceNotBuildable", Assert.Throws<ProException>(() => catalog.Get("debug").EnsureBuildable(tree)).Id);
    }

    /// <summary>Compose runs what its file names, so who builds it is told.</summary>
    [Theory]
    [InlineData("shop:${V:-1}", "shop:${V:-1}")]
    [InlineData("elsewhere.example.com/pro/api:1", "elsewhere.example.com/pro/api:1")]
    [InlineData("registry.example.com/pro/api:1", null)]
    [InlineData("${REGISTRY}/api:${V:?set it}", null)]
    public void An_image_outside_of_the_registry_is_known(string image, string? foreign)
    {
        var variables = new Dictionary<string, string> { ["REGISTRY"] = "registry.example.com/pro" };
        var file = ("compose.yml", $"services:\n  api: {{ build: api, image: \"{image}\" }}\n");
        Assert.Equal(foreign, Load(new MemoryTree(file, ("api/Dockerfile", "")), variables).Get("api").ForeignImage);
        Assert.Null(Load(new MemoryTree(file, ("api/Dockerfile", ""))).Get("api").ForeignImage);

        var named = new MemoryTree(file, ("api/Dockerfile", ""), ("pro.json", """{ "services": { "api": { "image": "x" } } }"""));
        Assert.Null(Load(named, variables).Get("api").ForeignImage);
        var unnamed = new MemoryTree(file, ("api/Dockerfile", ""), ("pro.json", """{ "services": { "api": {} } }"""));
        Assert.Equal(foreign, Load(unnamed, variables).Get("api").ForeignImage);
    }

    [Fact]
    public void Services_of_inactive_profiles_are_built_only_if_they_are_named()
    {
        var tree = new MemoryTree(("compose.yml", """
            services:
              api: { build: api }
              tool: { build: tool, profiles: [ tools, debug ] }
              seed: { build: seed, profiles: [ seed ] }
            """), (".env", "COMPOSE_PROFILES=seed, x\n"));

        Assert.Equal(["api", "seed"], Load(tree).Built());
        Assert.Equal(["api", "tool"], Load(tree, new() { ["COMPOSE_PROFILES"] = "debug" }).Built());
        Assert.Equal(["api", "tool", "seed"], Load(tree, new() { ["COMPOSE_PROFILES"] = "*" }).Built());
        Assert.Equal(["tool"], Load(tree).Match("tool"));
    }

    [Fact]
    public void A_lone_dockerfile_in_the_root_is_the_repositorys_service()
    {
        var service = Load(new MemoryTree(("Dockerfile", "->docker.txt"), ("docker.txt", "FROM scratch"))).Get("shop");
        Assert.Equal(("", "Dockerfile"), (service.Context, service.Dockerfile));
    }

    [Fact]
    public void Compose_services_with_build_come_before_folders()
    {
        var catalog = Load(new MemoryTree(
            ("docker-compose.yml", "services:\n  web: { build: apps/site }\n  db: { image: postgres }\n"
                + "  api: { build: { context: ., dockerfile: apps/api/Dockerfile } }\n"),
            ("apps/api/Dockerfile", ""), ("apps/site/Dockerfile", "")));

        Assert.Equal(["web", "api"], catalog.Names);
        Assert.Equal(("", "apps/api/Dockerfile"), (catalog.Get("api").Context, catalog.Get("api").Dockerfile));
        Assert.Equal((ServiceOrigin.ComposeFile, "docker-compose.yml"), (catalog.Get("web").Origin, catalog.Get("web").Source));
    }

    [Fact]
    public void Pro_json_wins_key_by_key_and_compose_fills_in()
    {
        var catalog = Load(
            new MemoryTree(
                ("pro.json", """
                    { "services": {
                        "api": { "target": "own", "buildArgs": { "B": "own", "E": null }, "order": "stop-first", "healthUrl": "http://h/" },
                        "web": { "context": "site" },
                        "tool": { "dockerfile": "tools/x/Dockerfile", "image": "the-tool" },
                        "cleaner": { } } }
                    """),
                ("compose.yaml", """
                    services:
                      api:
                        build:
                          context: apps/api
                          dockerfile: Dockerfile.api
                          target: theirs
                          args: { A: theirs, B: theirs }
                          labels: { l: v }
                        deploy: { update_config: { order: start-first } }
                      web: { build: ../elsewhere }
                      other: { build: other }
                    """),
                ("services/cleaner/Dockerfile", "")),
            new() { ["E"] = "environment" });

        Assert.Equal(["api", "web", "tool", "cleaner"], catalog.Names);
        var api = catalog.Get("api");
        Assert.Equal(("apps/api", "apps/api/Dockerfile.api", "own"), (api.Context, api.Dockerfile, api.Target));
        Assert.Equal([new("A", "theirs"), new("B", "own"), new("E", "environment")], api.BuildArgs);
        Assert.Equal((UpdateOrder.StopFirst, "http://h/", ServiceOrigin.Configuration), (api.Order, api.HealthUrl, api.Origin));
        Assert.Equal([new("l", "v")], api.Labels);
        Assert.Equal(("site", "site/Dockerfile"), (catalog.Get("web").Context, catalog.Get("web").Dockerfile));
        Assert.Empty(catalog.Get("web").Refusals);
        Assert.Equal(("tools/x", "the-tool"), (catalog.Get("tool").Context, catalog.Get("tool").Image));
        Assert.Equal("services/cleaner", catalog.Get("cleaner").Context);
    }

    [Fact]
    public void A_service_that_lives_nowhere_is_an_error_that_does_not_touch_the_others()
    {
        var catalog = Load(new MemoryTree(("pro.json", "{ \"services\": {\n \"api\": {}, \"web\": { \"context\": \"w\" } } }")));

        var error = Assert.Throws<ProException>(() => catalog.Get("api").EnsureBuildable(new MemoryTree()));
        Assert.Equal("ServiceWithoutContext", error.Id);
        Assert.Contains("pro.json, line 2", error.Message, StringComparison.Ordinal);
        Assert.Equal("w", catalog.Get("web").Context);
    }

    [Fact]
    public void A_compose_file_of_images_only_leaves_the_services_to_the_default_file()
    {
        var tree = new MemoryTree(
            ("docker-compose.prod.yml", "services:\n  api: { image: r/api }\n"),
            ("docker-compose.yml", "services:\n  api: { build: apps/api }\n"));
        Assert.Equal("apps/api", Load(tree, new() { ["COMPOSE_FILE"] = "docker-compose.prod.yml" }).Get("api").Context);
    }

    [Fact]
    public void A_compose_file_outside_of_the_repository_says_who_named_it()
    {
        var error = Assert.Throws<ProException>(() => Load(new MemoryTree(("x", "")), new() { ["COMPOSE_FILE"] = "../x.yml" }));
        Assert.Equal("ComposeFileOutside", error.Id);
        Assert.Contains("COMPOSE_FILE (environment variable)", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("../infra/compose.yml")]
    [InlineData(".env")]
    public void Files_outside_of_the_root_are_read_from_the_disk_if_nothing_is_built_of_them(string? named)
    {
        var disk = Directory.CreateTempSubdirectory("pro-test-").FullName;
        try
        {
            foreach (var (name, text) in new (string, string)[]
            {
                ("app/compose.yml",
                    "include: [../infra/compose.yml]\nservices:\n  api: { extends: { file: ../common.yml, service: base } }\n"),
                ("app/.env", named == ".env" ? "COMPOSE_FILE=../infra/compose.yml\n" : "OWN=1\n"),
                ("app/apps/web/Dockerfile", ""),
                ("common.yml", "services:\n  base: { image: \"r/api:${TAG:-1}\" }\n"),
                ("infra/compose.yml", "services:\n  web: { build: ../app/apps/web }\n  out: { build: ., image: \"r/out:${TAG}\" }\n"),
                ("infra/.env", "TAG=2\n"),
            })
            {
                var path = Path.Combine(disk, name);
                _ = Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.WriteAllText(path, text);
            }

            var settings = ProSettings.Resolve(
                new ProParameters(),
                new ProEnvironmentVariables(name => (name, named) switch
                {
                    ("REGISTRY", _) => "r",
                    ("COMPOSE_FILE", not (null or ".env")) => named,
                    _ => null,
                }),
                ProConfiguration.Empty,
                new ProLocation(Path.Combine(disk, "app"), null));
            var tree = new WorkingTree(Path.Combine(disk, "app"));
            var catalog = ServiceCatalog.Load(tree, settings, readsOutside: true);

            Assert.Equal(named is null
                ? ["api", "web", "out"]
                : ["web", "out"], catalog.Names.OrderBy(name => name == "api" ? 0 : name == "web" ? 1 : 2));
            Assert.Equal("apps/web", catalog.Get("web").Context);
            Assert.Equal("context", Assert.Single(catalog.Get("out").Refusals).Key);
            if (named is null or ".env")
            {
                Assert.Equal(named is null
                    ? "ComposePathOutside"
                    : "ComposeFileOutside", Assert.Throws<ProException>(() => ServiceCatalog.Load(tree, settings)).Id);
            }
        }
        finally
        {
            Directory.Delete(disk, recursive: true);
        }
    }

    [Fact]
    public void A_compose_file_outside_of_the_repository_does_not_matter_where_pro_json_says_where_the_service_lives()
    {
        var tree = new MemoryTree(
            ("pro.json", """{ "services": { "api": { "context": "apps/api" }, "web": { }, "lost": { } } }"""), ("apps/web/Dockerfile", ""));
        var catalog = Load(tree, new() { ["COMPOSE_FILE"] = "../x.yml" });

        Assert.Equal(["api", "web", "lost"], catalog.Names);
        Assert.Equal("apps/api", catalog.Get("api").Context);
        Assert.Equal("apps/web", catalog.Get("web").Context);
        Assert.Equal("ComposeFileOutside", Assert.Throws<ProException>(() => catalog.Get("lost").EnsureBuildable(tree)).Id);
    }

    [Fact]
    public void An_unknown_service_lists_the_known_ones_and_suggests_the_nearest()
    {
        var catalog = Load(new MemoryTree(("apps/crawler/Dockerfile", ""), ("apps/cleaner/Dockerfile", "")));

        var error = Assert.Throws<ProException>(() => catalog.Get("crwaler"));
        Assert.Equal("ServiceNotFound", error.Id);
        Assert.Equal("There is no service \"crwaler\".", error.Message);
        Assert.Equal("Did you mean \"crawler\"? Known: cleaner, crawler.", error.RecommendedAction);
        Assert.StartsWith("Known:", Assert.Throws<ProException>(() => catalog.Get("zzz")).RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void No_services_at_all_says_the_three_ways_to_declare_them()
    {
        var error = Assert.Throws<ProException>(() => Load(new MemoryTree(("README.md", ""))).Match("api"));
        Assert.Equal("NoServices", error.Id);
        Assert.Contains("pro.json", error.RecommendedAction, StringComparison.Ordinal);
        Assert.Contains("compose.yaml", error.RecommendedAction, StringComparison.Ordinal);
        Assert.Contains("apps/NAME", error.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_and_wildcards_match_in_order_and_once()
    {
        var catalog = Load(new MemoryTree(
            ("apps/api/Dockerfile", ""), ("apps/admin/Dockerfile", ""), ("apps/web/Dockerfile", ""), ("apps/a.b/Dockerfile", "")));

        Assert.Equal(["web", "a.b", "admin", "api"], catalog.Match("web", "a*", "api"));
        Assert.Equal(["api"], catalog.Match("API"));
        Assert.Equal(["web"], catalog.Match("W?b", "[w]eb"));
        Assert.Empty(catalog.Match("x*", "[z-a]"));
        Assert.Equal("ServiceNotFound", Assert.Throws<ProException>(() => catalog.Match("web", "wbe")).Id);
    }

    [Fact]
    public void A_refused_service_lists_but_does_not_build_unless_a_parameter_settles_it()
    {
        var tree = new MemoryTree(
            ("compose.yaml", "services:\n  api: { build: { context: ., platforms: [ linux/arm64 ], network: host } }\n"),
            ("Dockerfile", ""));
        var api = Load(tree).Get("api");

        var error = Assert.Throws<ProException>(() => api.EnsureBuildable(tree));
        Assert.Equal("ServiceNotBuildable", error.Id);
        Assert.Contains("build.platforms", error.Message, StringComparison.Ordinal);
        Assert.Contains("build.network", error.Message, StringComparison.Ordinal);
        Assert.Equal(
            "Give -Platform, and take network out of the compose file, or move it to a file that only other builds read.",
            error.RecommendedAction);
        error = Assert.Throws<ProException>(() => api.EnsureBuildable(tree, "platforms"));
        Assert.DoesNotContain("build.platforms", error.Message, StringComparison.Ordinal);
        api.EnsureBuildable(tree, "platforms", "network");
    }

    /// <summary>What pro.json says goes over the compose file's key, for some keys only: the others would be refused again.</summary>
    [Theory]
    [InlineData("context: ../elsewhere", true)]
    [InlineData("dockerfile_inline: FROM scratch", true)]
    [InlineData("tags: [ a ]", false)]
    [InlineData("additional_contexts: { other: ./other }", false)]
    public void The_remedy_names_pro_json_only_if_it_settles_the_key(string line, bool settles)
    {
        const string Services = """{ "services": { "api": { "context": "apps/api", "dockerfile": "apps/api/Dockerfile" } } }""";
        var compose = ("compose.yaml",
            "services:\n  api:\n    build:\n"
                + $"      {(line.StartsWith("context:", StringComparison.Ordinal) ? "" : "context: .\n      ")}{line}\n");
        var refused = Assert.Throws<ProException>(
            () => Load(new MemoryTree(compose, ("Dockerfile", ""))).Get("api").EnsureBuildable(new MemoryTree(("Dockerfile", ""))));
        Assert.Equal(settles, refused.RecommendedAction.Contains("pro.json", StringComparison.Ordinal));

        var tree = new MemoryTree(compose, ("apps/api/Dockerfile", ""), ("pro.json", Services));
        Assert.Equal(settles, Load(tree).Get("api").Refusals.Count == 0);
    }

    [Fact]
    public void A_platform_names_the_parameter_that_settles_it_and_an_empty_one_is_none()
    {
        var tree = new MemoryTree(
            ("compose.yaml", "services:\n  api: { build: ., platform: linux/arm64 }\n  web: { build: ., platform: \"${P:-}\" }\n"
                + "  empty: { build: { context: ., platforms: [] }, platform: linux/arm64 }\n"), ("Dockerfile", ""));

        var error = Assert.Throws<ProException>(() => Load(tree).Get("api").EnsureBuildable(tree));
        Assert.StartsWith("Give -Platform", error.RecommendedAction, StringComparison.Ordinal);
        Assert.Contains("the service's platform isn't supported", error.Message, StringComparison.Ordinal);
        Assert.Throws<ProException>(() => Load(tree).Get("empty").EnsureBuildable(tree));
        Load(tree).Get("web").EnsureBuildable(tree);
    }

    [Fact]
    public void Two_folders_of_one_name_are_refused_when_built()
    {
        var tree = new MemoryTree(("apps/api/Dockerfile", ""), ("services/api/Dockerfile", ""));
        var error = Assert.Throws<ProException>(() => Load(tree).Get("api").EnsureBuildable(tree));
        Assert.Contains("apps/api and services/api", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_context_or_dockerfile_names_the_tree()
    {
        var tree = new MemoryTree(
            ("pro.json", "{ \"services\": { \"a\": { \"context\": \"none\" }, \"b\": { \"context\": \"b\" } } }"), ("b/x", ""));
        var catalog = Load(tree);

        Assert.Equal("ServiceContextNotFound", Assert.Throws<ProException>(() => catalog.Get("a").EnsureBuildable(tree)).Id);
        var error = Assert.Throws<ProException>(() => catalog.Get("b").EnsureBuildable(tree));
        Assert.Equal("DockerfileNotFound", error.Id);
        Assert.Contains("b/Dockerfile", error.Message, StringComparison.Ordinal);
        Assert.Contains("the tree of v1.2.3", error.Message, StringComparison.Ordinal);
    }
}
