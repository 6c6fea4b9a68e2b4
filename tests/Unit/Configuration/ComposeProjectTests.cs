using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Configuration.Compose;
using Xunit;

namespace Pro.DockerVersioning.Tests.Configuration;

public sealed class ComposeProjectTests
{
    private static ComposeProject Load(MemoryTree tree, Dictionary<string, string>? variables = null, params string[] files) =>
        ComposeProject.Load(new ComposeInputs(tree, (variables ?? []).GetValueOrDefault), files.Length == 0 ? ["compose.yaml"] : files);

    private static ComposeBuild Build(string yaml, Dictionary<string, string>? variables = null) =>
        Load(new MemoryTree(("compose.yaml", yaml)), variables).Find("api")!.ReadBuild()!;

    private static string ErrorOf(string yaml) => Assert.Throws<ProException>(() => Build(yaml)).Message;

    [Fact]
    public void A_text_is_the_context()
    {
        var build = Build("services:\n  api:\n    build: ./apps/api\n");
        Assert.Equal("apps/api", build.Context);
        Assert.Null(build.Dockerfile);
        Assert.Empty(build.Refusals);
    }

    [Fact]
    public void Every_key_that_is_understood()
    {
        var build = Build("""
            services:
              api:
                build:
                  context: apps/api
                  dockerfile: ../docker/Api.Dockerfile
                  target: runtime
                  args: { NODE_ENV: production, EMPTY: "" }
                  labels: [ "a.b=c=d", flag ]
                  cache_from: [ r/a, r/b, r/a ]
                  no_cache: true
                  pull: "false"
                  cache_to: [ type=inline ]
                  x-note: { any: thing }
            """);

        Assert.Equal(("apps/api", "apps/docker/Api.Dockerfile", "runtime"), (build.Context, build.Dockerfile, build.Target));
        Assert.Equal([new("NODE_ENV", "production"), new("EMPTY", "")], build.Args);
        Assert.Equal([new("a.b", "c=d"), new("flag", "")], build.Labels);
        Assert.Equal(["r/a", "r/b"], build.CacheFrom);
        Assert.Equal((true, false), (build.NoCache, build.Pull));
        Assert.Empty(build.Refusals);
    }

    [Fact]
    public void Scalars_without_quotes_become_what_compose_makes_of_them()
    {
        var build = Build("""
            services:
              api:
                build:
                  context: .
                  args:
                    VERSION: 1.10
                    YES: yes
                    FLAG: True
                    OCTAL: 0755
                    BIG: 1e3
                    QUOTED: "null"
                    TEXT: |
                      two
                      lines

            """);

        Assert.Equal(["1.1", "yes", "true", "493", "1000", "null", "two\nlines\n"], build.Args.Select(arg => arg.Value));
    }

    [Fact]
    public void A_file_without_services_can_t_be_extended_and_the_error_names_the_line()
    {
        var tree = new MemoryTree(
            ("compose.yaml", "services:\n  api:\n    extends: { file: other.yaml, service: base }\n"), ("other.yaml", "x-nothing: 1\n"));

        var error = Assert.Throws<ProException>(() => Load(tree));
        Assert.Equal("ComposeFileWrong", error.Id);
        Assert.Contains("compose.yaml, line 3", error.Message, StringComparison.Ordinal);
        Assert.Contains("other.yaml", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_service_and_a_reset_of_the_only_file_leave_the_others_alone()
    {
        var project = Load(new MemoryTree(
            ("compose.yaml", "services:\n  api:\n  gone: !reset null\n  web: { build: { context: w, args: !reset null } }\n")));

        Assert.Equal(["api", "web"], project.Services.Select(service => service.Name));
        Assert.False(project.Find("api")!.HasBuild);
        Assert.Equal("w", project.Find("web")!.ReadBuild()!.Context);
    }

    [Theory]
    [InlineData("2024-01-31")]
    [InlineData("2024-1-2T03:04:05Z")]
    [InlineData("2024-01-31 10:00:00")]
    public void A_date_without_quotes_is_refused_as_compose_does(string date)
    {
        Assert.Contains(
            "put it into quotes",
            ErrorOf($"services:\n  api:\n    build:\n      context: .\n      args:\n        A: {date}\n"),
            StringComparison.Ordinal);
        Assert.Equal(date, Build($"services:\n  api:\n    build:\n      context: .\n      args: [ \"A={date}\" ]\n").Args.Single().Value);
    }

    [Fact]
    public void An_included_service_that_differs_is_a_conflict()
    {
        var tree = new MemoryTree(
            ("compose.yaml", "include: [ a.yaml ]\nservices: { api: { build: ./x } }\n"),
            ("a.yaml", "services: { api: { build: ./y } }\n"));

        Assert.Equal("ComposeIncludeConflict", Assert.Throws<ProException>(() => Load(tree)).Id);
    }

    [Theory]
    [InlineData("build: api")]
    [InlineData("build: { context: api }")]
    [InlineData("{ image: x, env_file: api.env }")]
    [InlineData("{ image: x, env_file: [ api.env ] }")]
    [InlineData("{ image: x, env_file: [ { path: api.env } ] }")]
    [InlineData("{ image: x, volumes: [ \"./data:/data\" ] }")]
    [InlineData("{ image: x, volumes: [ { type: bind, source: ./data, target: /data } ] }")]
    public void The_same_path_in_two_folders_is_a_conflict_as_it_means_two_files(string service) =>
        Assert.Equal("ComposeIncludeConflict", Assert.Throws<ProException>(() => Load(Included(service, service))).Id);

    [Theory]
    [InlineData("build: api", "build: ../a/api")]
    [InlineData("build: { context: ., dockerfile: api.Dockerfile }", "build: { context: ../a, dockerfile: api.Dockerfile }")]
    [InlineData("build: https://example.com/api.git", "build: https://example.com/api.git")]
    [InlineData("{ image: x, env_file: api.env }", "{ image: x, env_file: ../a/api.env }")]
    [InlineData(
        "{ image: x, volumes: [ \"./data:/data\", \"named:/n\" ] }", "{ image: x, volumes: [ \"../a/data:/data\", \"named:/n\" ] }")]
    [InlineData("{ image: x, command: ./run.sh, environment: { context: api, build: . } }",
        "{ image: x, command: ./run.sh, environment: { context: api, build: . } }")]
    public void What_means_the_same_in_two_folders_is_no_conflict(string one, string other) =>
        Assert.Equal(["api"], Load(Included(one, other)).Services.Select(service => service.Name));

    private static MemoryTree Included(string one, string other)
    {
        static string File(string service) => $"services: {{ api: {(service.StartsWith('{') ? service : $"{{ {service} }}")} }}\n";
        return new MemoryTree(
            ("compose.yaml", "include: [ a/compose.yml, b/compose.yml ]\n"), ("a/compose.yml", File(one)), ("b/compose.yml", File(other)));
    }

    [Fact]
    public void Files_of_variables_start_at_the_sessions_folder_for_a_build()
    {
        var root = Path.GetFullPath(Path.Combine(Path.GetTempPath(), "repository"));
        var tree = new MemoryTree(
            ("compose.yaml", "services: { api: { build: { context: ., target: \"$TARGET\" } } }\n"),
            ("deploy/prod.env", "TARGET=deploy\n"), ("prod.env", "TARGET=root\n"));
        string? Target(string folder) => ComposeProject.Load(
            new ComposeInputs(
                tree, name => name == "COMPOSE_ENV_FILES" ? "prod.env" : null, root, CurrentFolder: Path.Combine(root, folder)),
            ["compose.yaml"]).Find("api")!.ReadBuild()!.Target;

        Assert.Equal(("deploy", "root"), (Target("deploy"), Target("")));
        Assert.Equal("EnvFileNotFound", Assert.Throws<ProException>(() => Target("other")).Id);
    }

    [Fact]
    public void A_named_file_of_variables_that_is_missing_is_an_error()
    {
        var tree = new MemoryTree(("compose.yaml", "services: { api: { build: . } }\n"));

        Assert.Equal("EnvFileNotFound", Assert.Throws<ProException>(() => Load(tree, new() { ["COMPOSE_ENV_FILES"] = "nowhere.env" })).Id);
    }

    [Theory]
    [InlineData("[ A, B, C=, D ]")]
    [InlineData("{ A: , B: null, C: '', D: ~ }")]
    public void An_argument_without_a_value_is_the_environments(string args)
    {
        var tree = new MemoryTree(
            ("compose.yaml", $"services:\n  api:\n    build:\n      context: .\n      args: {args}\n"), (".env", "B=file\nA=file"));
        var build = Load(tree, new() { ["A"] = "process", ["C"] = "unused" }).Find("api")!.ReadBuild()!;
        Assert.Equal([new("A", "process"), new("B", "file"), new("C", ""), new("D", null)], build.Args);
    }

    [Fact]
    public void Anchors_and_merge_keys()
    {
        var build = Build("""
            x-base: &base
              args: &args { A: base, B: base }
              target: base
            x-more: &more { target: more, dockerfile: More.Dockerfile }
            services:
              api:
                build:
                  <<: [ *base, *more ]
                  context: apps/api
                  args:
                    <<: *args
                    B: own
            """);

        Assert.Equal(("apps/api", "apps/api/More.Dockerfile", "base"), (build.Context, build.Dockerfile, build.Target));
        Assert.Equal(new Dictionary<string, string?> { ["A"] = "base", ["B"] = "own" }, build.Args.ToDictionary());
    }

    [Theory]
    [InlineData("additional_contexts: { base: ../base }", "additional_contexts")]
    [InlineData("dockerfile_inline: FROM scratch", "dockerfile_inline")]
    [InlineData("secrets: [ token ]", "secrets")]
    [InlineData("ssh: default", "ssh")]
    [InlineData("platforms: [ linux/arm64 ]", "platforms")]
    [InlineData("network: host", "network")]
    [InlineData("extra_hosts: [ 'a:1.2.3.4' ]", "extra_hosts")]
    [InlineData("shm_size: 1gb", "shm_size")]
    [InlineData("privileged: true", "privileged")]
    [InlineData("entitlements: [ network.host ]", "entitlements")]
    [InlineData("ulimits: { nproc: 1 }", "ulimits")]
    [InlineData("isolation: hyperv", "isolation")]
    [InlineData("no_cache_filter: [ build ]", "no_cache_filter")]
    [InlineData("dockerflie: X", "dockerflie")]
    public void A_key_that_changes_the_image_is_refused_by_name(string line, string key)
    {
        var refusal = Assert.Single(Build($"services:\n  api:\n    build:\n      context: .\n      {line}\n").Refusals);
        Assert.Equal(key, refusal.Key);
        Assert.Contains($"build.{key}", refusal.Reason, StringComparison.Ordinal);
        Assert.Contains("compose.yaml, line 5", refusal.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("network: default")]
    [InlineData("privileged: false")]
    [InlineData("isolation: default")]
    [InlineData("secrets: []")]
    [InlineData("ulimits: {}")]
    [InlineData("ssh:")]
    public void A_key_that_asks_for_nothing_special_is_fine(string line) =>
        Assert.Empty(Build($"services:\n  api:\n    build:\n      context: .\n      {line}\n").Refusals);

    [Fact]
    public void The_platform_of_the_service_is_refused_too_since_compose_builds_for_it() =>
        Assert.Equal("platform", Assert.Single(Build("services:\n  api:\n    build: .\n    platform: linux/arm64\n").Refusals).Key);

    [Theory]
    [InlineData("https://github.com/o/r.git#main:dir", "remote")]
    [InlineData("git@github.com:o/r.git", "remote")]
    [InlineData("github.com/o/r", "remote")]
    [InlineData("../sibling", "outside")]
    [InlineData("/srv/api", "outside")]
    [InlineData("~/api", "outside")]
    public void A_context_that_is_not_of_this_repository_is_refused(string context, string reason)
    {
        var build = Build($"services:\n  api:\n    build: \"{context}\"\n");
        var refusal = Assert.Single(build.Refusals);
        Assert.Equal(("context", context), (refusal.Key, build.Context));
        Assert.Contains(reason, refusal.Reason, StringComparison.Ordinal);
        Assert.Contains(context, refusal.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void An_absolute_context_inside_of_the_repository_is_fine()
    {
        var root = Path.GetFullPath(Path.Combine(Path.GetTempPath(), "repository"));
        var tree = new MemoryTree(("compose.yaml", "services:\n  api:\n    build: ${PWD}/apps/api\n"));
        var inputs = new ComposeInputs(tree, new Dictionary<string, string> { ["PWD"] = root }.GetValueOrDefault, root);
        Assert.Equal("apps/api", ComposeProject.Load(inputs, ["compose.yaml"]).Find("api")!.ReadBuild()!.Context);
    }

    [Fact]
    public void Contexts_start_at_the_first_files_folder_and_env_lies_there()
    {
        var tree = new MemoryTree(
            ("deploy/a.yml", "services:\n  api:\n    build:\n      context: ../apps/${NAME}\n"),
            ("other/b.yml", "services:\n  web:\n    build: ../apps/web\n"),
            ("deploy/.env", "NAME=api"),
            (".env", "NAME=wrong"));
        var project = Load(tree, null, "deploy/a.yml", "other/b.yml");
        Assert.Equal("apps/api", project.Find("api")!.ReadBuild()!.Context);
        Assert.Equal("apps/web", project.Find("web")!.ReadBuild()!.Context);
    }

    [Fact]
    public void Later_files_win_key_by_key()
    {
        var tree = new MemoryTree(
            ("a.yml", """
                services:
                  api:
                    image: r/api:1
                    build: { context: apps/api, target: a, args: { A: 1, B: 1, C: 1 }, cache_from: [ x ] }
                  web: { build: apps/web }
                  old: { build: apps/old }
                """),
            ("b.yml", """
                services:
                  api:
                    image: r/api:2
                    build: { target: b, args: [ B=2, D=2, C ], cache_from: [ y, x ] }
                  web: { build: { dockerfile: X } }
                  old: { build: !reset null }
                  new: { build: apps/new }
                """));
        var project = Load(tree, null, "a.yml", "b.yml");

        var api = project.Find("api")!;
        var build = api.ReadBuild()!;
        Assert.Equal(("r/api:2", "apps/api", "b"), (api.Image, build.Context, build.Target));
        Assert.Equal([new("A", "1"), new("B", "2"), new("C", null), new("D", "2")], build.Args);
        Assert.Equal(["x", "y"], build.CacheFrom);
        Assert.Equal("apps/web/X", project.Find("web")!.ReadBuild()!.Dockerfile);
        Assert.False(project.Find("old")!.HasBuild);
        Assert.Equal(["api", "web", "old", "new"], project.Services.Select(service => service.Name));
    }

    [Fact]
    public void Override_replaces_instead_of_merging()
    {
        var tree = new MemoryTree(
            ("a.yml", "services:\n  api:\n    build: { context: a, args: { A: 1 } }\n"),
            ("b.yml", "services:\n  api:\n    build: { args: !override { B: 2 } }\n"));
        Assert.Equal([new("B", "2")], Load(tree, null, "a.yml", "b.yml").Find("api")!.ReadBuild()!.Args);
    }

    [Fact]
    public void A_service_may_extend_another_one_of_this_file_or_of_another()
    {
        var tree = new MemoryTree(
            ("compose.yaml", """
                services:
                  base: { build: { context: apps/base, args: { A: base, B: base } } }
                  api: { extends: base, build: { args: { B: api } } }
                  web: { extends: { service: common, file: shared/common.yml }, build: { target: web } }
                """),
            ("shared/common.yml", "services:\n  common: { extends: root }\n  root: { build: { context: ./web } }\n"));
        var project = Load(tree);

        Assert.Equal([new("A", "base"), new("B", "api")], project.Find("api")!.ReadBuild()!.Args);
        var web = project.Find("web")!.ReadBuild()!;
        Assert.Equal(("shared/web", "web"), (web.Context, web.Target));
    }

    [Fact]
    public void Extending_in_a_circle_is_an_error() => Assert.Contains(
        "circle", ErrorOf("services:\n  api: { extends: web }\n  web: { extends: api }\n"), StringComparison.Ordinal);

    [Fact]
    public void Included_files_bring_their_services_with_paths_and_env_of_their_own()
    {
        var tree = new MemoryTree(
            ("compose.yaml", "include: [ team/compose.yaml ]\nservices:\n  api: { build: api }\n"),
            ("team/compose.yaml", "services:\n  web: { build: { context: ./$DIR, target: $SHARED } }\n"),
            ("team/.env", "DIR=web\nSHARED=inner"),
            (".env", "SHARED=outer"));
        var project = Load(tree);

        var web = project.Find("web")!.ReadBuild()!;
        Assert.Equal(("team/web", "outer"), (web.Context, web.Target));
        Assert.NotNull(project.Find("api"));
    }

    [Fact]
    public void A_variable_that_is_missing_elsewhere_breaks_nothing_and_a_missing_one_is_told_once()
    {
        var reports = new Collected();
        var tree = new MemoryTree(("compose.yaml", """
            services:
              db: { image: "db:${DB_VERSION:?set it}", build: { context: "${ALSO:?set it}" } }
              api: { build: { context: ., args: { A: $UNSET, B: "$UNSET" } } }
            """));
        var project = ComposeProject.Load(new ComposeInputs(tree, _ => null, null, reports), ["compose.yaml"]);

        Assert.Equal(["", ""], project.Find("api")!.ReadBuild()!.Args.Select(arg => arg.Value));
        var warning = Assert.Single(reports.Warnings);
        Assert.Contains("UNSET (compose.yaml, line 3,", warning, StringComparison.Ordinal);
        Assert.Contains(".env of the tree of v1.2.3", warning, StringComparison.Ordinal);
        Assert.Equal("ComposeVariableRequired", Assert.Throws<ProException>(() => project.Find("db")!.Image).Id);
        Assert.Equal("db:${DB_VERSION:?set it}", project.Find("db")!.ImageText);
    }

    [Fact]
    public void An_empty_variable_of_the_process_counts_as_set()
    {
        var tree = new MemoryTree(("compose.yaml", "services:\n  api: { build: { context: ., target: '${T-d}' } }\n"), (".env", "T=file"));
        Assert.Null(Load(tree, new() { ["T"] = "" }).Find("api")!.ReadBuild()!.Target);
        Assert.Equal("file", Load(tree).Find("api")!.ReadBuild()!.Target);
    }

    [Fact]
    public void The_order_of_an_update_is_read()
    {
        static UpdateOrder? Order(string order) => Load(new MemoryTree(
            ("compose.yaml", $"services:\n  api: {{ build: ., deploy: {{ update_config: {{ order: {order} }} }} }}\n"))).Find("api")!.Order;
        Assert.Equal(UpdateOrder.StartFirst, Order("start-first"));
        Assert.Equal(UpdateOrder.StopFirst, Order("stop-first"));
        Assert.Null(Order("~"));
        Assert.Throws<ProException>(() => Order("first"));
    }

    [Theory]
    [InlineData("services:\n  api:\n    build: .\n    build: x\n", "line 4", "stands twice")]
    [InlineData("services:\n  api: {}\n  api: {}\n", "line 3", "stands twice")]
    [InlineData("services:\n\tapi: {}\n", "line 2", "tab")]
    [InlineData("services:\n  api:\n\t\tbuild: .\n", "line 3", "tab")]
    [InlineData("services:\n  api: [\n", "line 3", "YAML")]
    [InlineData("services:\n  api: {}\n wrong: 1\n", "line 3", "YAML")]
    [InlineData("services:\n  api: *none\n", "line 2", "anchor")]
    [InlineData("services:\n  api: &a { x: *a }\n", "line 2", "anchor")]
    [InlineData("services: [ api ]\n", "line 1", "a mapping")]
    [InlineData("services:\n  api: .\n", "line 2", "a mapping")]
    [InlineData("- a\n", "line 1", "a mapping")]
    [InlineData("services:\n  api:\n    build: [ . ]\n", "line 3", "a text or a mapping")]
    [InlineData("services:\n  api:\n    build:\n      context: [ . ]\n", "line 4", "a text")]
    [InlineData("services:\n  api:\n    build:\n      args: x\n", "line 4", "a mapping or a list")]
    [InlineData("services:\n  api:\n    build:\n      pull: maybe\n", "line 4", "true or false")]
    [InlineData("services:\n  api:\n    build:\n      args: { A: { B: c } }\n", "line 4", "a text")]
    [InlineData("services:\n  api:\n    <<: text\n", "line 3", "merge key")]
    [InlineData("services:\n  api: { extends: none }\n", "line 2", "isn't there")]
    public void A_broken_file_names_its_line(string yaml, string line, string what)
    {
        var message = ErrorOf(yaml);
        Assert.StartsWith($"compose.yaml, {line},", message, StringComparison.Ordinal);
        Assert.Contains(what, message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_nested_without_end_is_an_error_not_a_crash() =>
        Assert.Contains("levels deep", ErrorOf("services: " + new string('[', 100_000)), StringComparison.Ordinal);

    [Fact]
    public void A_missing_file_names_the_tree()
    {
        var error = Assert.Throws<ProException>(() => Load(new MemoryTree(("x", "y"))));
        Assert.Equal("ComposeFileNotFound", error.Id);
        Assert.Contains("the tree of v1.2.3", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Default_files_are_found_in_composes_order_with_one_override()
    {
        static IReadOnlyList<string>? Files(params string[] names) =>
            ComposeProject.LoadDefault(
                new ComposeInputs(new MemoryTree([.. names.Select(name => (name, "services: {}"))]), _ => null))?.Files;

        Assert.Null(Files("README.md"));
        Assert.Equal(["compose.yaml"], Files("docker-compose.yml", "compose.yml", "compose.yaml"));
        Assert.Equal(["docker-compose.yml"], Files("docker-compose.yaml", "docker-compose.yml"));
        Assert.Equal(["compose.yml", "docker-compose.override.yml"], Files("compose.yml", "docker-compose.override.yml"));
    }

    [Fact]
    public void A_second_default_file_is_told_since_nobody_reads_it()
    {
        var reports = new Collected();
        var tree = new MemoryTree(("compose.yaml", "services: {}"), ("docker-compose.yml", "services: {}"));
        ComposeProject.LoadDefault(new ComposeInputs(tree, _ => null, null, reports));
        Assert.Contains("only compose.yaml is read", Assert.Single(reports.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Compose_file_of_env_names_the_files_and_a_link_is_followed()
    {
        var tree = new MemoryTree(
            (".env", $"COMPOSE_FILE=deploy/a.yml{Path.PathSeparator}b.yml"),
            ("deploy/a.yml", "->../real.yml"),
            ("real.yml", "services:\n  api: { build: . }\n"),
            ("b.yml", "services: {}"),
            ("compose.yaml", "services:\n  wrong: { build: . }\n"));
        var project = ComposeProject.LoadDefault(new ComposeInputs(tree, _ => null))!;
        Assert.Equal("deploy", project.Find("api")!.ReadBuild()!.Context);
    }
}
