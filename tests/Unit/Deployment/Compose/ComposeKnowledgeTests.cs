using System.Text.Json.Nodes;
using Pro.DockerVersioning.Configuration.Compose;
using Pro.DockerVersioning.Deployment.Compose;
using Pro.DockerVersioning.Deployment.Compose.Program;
using Pro.DockerVersioning.Deployment.Compose.Project;
using Pro.DockerVersioning.Deployment.Container.Recipe;
using Pro.DockerVersioning.Engine.Api;
using Xunit;

namespace Pro.DockerVersioning.Tests.Deployment.Compose;

/// <summary>What is read out of a rendered project, and of a container that runs.</summary>
public sealed class ComposeKnowledgeTests
{
    private static readonly ComposeVariables None = new(_ => null, new Dictionary<string, string>(), string.Empty, reports: null);

    [Theory]
    [InlineData(@"time=""2025-11-29T23:34:05Z"" level=warning msg=""The \""A\"" variable is not set. Defaulting to a blank string.""",
        @"The ""A"" variable is not set. Defaulting to a blank string.")]
    [InlineData(
        "WARNING: The A variable is not set. Defaulting to a blank string.", "The A variable is not set. Defaulting to a blank string.")]
    [InlineData(
        @"time=""2025-11-29T23:34:05Z"" level=warning msg=""/srv/compose.yml: the attribute `version` is obsolete, it will be ignored""",
        null)]
    [InlineData(" Container shop-api-1  Started", null)]
    public void Composes_warnings_are_found_among_its_lines(string line, string? warning) =>
        Assert.Equal(warning, ComposeWarning.Parse(line));

    [Fact]
    public void Blocks_that_mean_nothing_to_the_service_do_not_count_as_a_change()
    {
        const string One =
            "x-app: {image: \"api:v1\"}\nservices: {api: {image: \"api:v1\", x-note: v1, configs: [{source: c}]}, db: {image: \"db:1\"}}\n"
                + "configs: {c: {content: a}, d: {content: v1}}";

        Assert.True(ComposeDifference.OnlyImages(Parse(One), Parse(One.Replace("v1", "v2", StringComparison.Ordinal)), "api"));
        Assert.False(
            ComposeDifference.OnlyImages(Parse(One), Parse(One.Replace("content: a", "content: b", StringComparison.Ordinal)), "api"));
    }

    [Fact]
    public void Files_that_compose_copies_are_found_where_it_puts_them()
    {
        var rendered = Parse("""
            services:
              api:
                configs: [{source: c, target: /etc/c.txt}, {source: f, target: /etc/f.txt}, {source: d}, e]
                secrets: [{source: tok, target: /run/secrets/tok}, {source: tok, target: other}, {source: tok, target: /abs}]
            configs: {c: {content: "a $$x"}, f: {file: ./f.txt}, d: {content: d}, e: {environment: E}}
            secrets: {tok: {environment: TOKEN}}
            """);

        var files = RenderedService.InjectedFiles(rendered, "api", name => name == "TOKEN" ? "s3" : null);

        Assert.Equal(
            ["/etc/c.txt=a $x", "/d=d", "/e=", "/run/secrets/tok=s3", "/run/secrets/other=s3", "/abs=s3"],
            files.Select(file => $"{file.Path}={file.Content}"));
    }

    [Theory]
    [InlineData("pre_start: [{command: [migrate], image: \"tools:1\"}]", "it has the lifecycle hook pre_start")]
    [InlineData("use_api_socket: true", "use_api_socket gives it credentials that only compose can write")]
    [InlineData("post_start: [{command: [\"true\"]}]", "it has the lifecycle hook post_start")]
    [InlineData("pre_stop: [{command: [\"true\"]}]", "it has the lifecycle hook pre_stop")]
    [InlineData("provider: {type: model}", "a provider makes it")]
    [InlineData("models: {llm: null}", "it uses models, of which compose tells it")]
    [InlineData("pre_start: []", null)]
    [InlineData("use_api_socket: false", null)]
    [InlineData("image: \"api:1\"", null)]
    public void What_only_compose_can_make_is_left_to_its_own_up(string rendered, string? why)
    {
        // Written from the specification of compose files; pre_start, of compose 5, was never recorded.
        var service = RenderedService.Of(Parse($"services: {{api: {{{rendered}}}}}"), "api");

        Assert.Equal(why, RenderedService.WhyOnlyCompose(service!));
    }

    [Fact]
    public void The_credentials_of_use_api_socket_are_a_file_that_only_compose_knows_unless_the_file_names_a_folder()
    {
        // Written from the specification of compose files; never recorded.
        var files = RenderedService.InjectedFiles(Parse("services: {api: {use_api_socket: true}}"), "api", _ => null);
        Assert.Equal(new ComposeInjection("/run/secrets/docker/config.json", null, null), Assert.Single(files));
        Assert.Empty(RenderedService.InjectedFiles(
            Parse("services: {api: {use_api_socket: true, environment: {DOCKER_CONFIG: /mine}}}"), "api", _ => null));
    }

    [Fact]
    public void A_services_modes_become_those_of_its_containers_and_no_other_services()
    {
        const string Text =
            "name: shop\nservices:\n  api:\n    pid: service:db\n  side:\n    ipc: service:api\n    network_mode: service:api\n"
                + "    pid: host\n  z:\n    pid: service:api\nnetworks:\n";

        var result = RenderedService.WithModes(Text, "side", new Dictionary<string, string>
        {
            ["network_mode"] = "container:1", ["ipc"] = "container:2", ["pid"] = "host",
        });

        Assert.Equal(
            Text.Replace("    ipc: service:api\n    network_mode: service:api", "    ipc: container:2\n    network_mode: container:1",
                StringComparison.Ordinal),
            result);
        Assert.Null(RenderedService.WithModes(Text, "gone", new Dictionary<string, string>()));
    }

    [Theory]
    [InlineData("sha256:old", "sha256:new")]
    [InlineData("sha256:old-amd64", "sha256:new-amd64")]
    [InlineData("sha256:old-386", "sha256:new")]
    [InlineData("sha256:another", "sha256:new")]
    public void The_image_label_is_of_the_kind_that_the_old_one_had(string label, string expected)
    {
        // Written from the Engine API's specification (1.48) and compose's change log of 5.4; never recorded.
        static JsonObject Image(string name, params string[] architectures) => new()
        {
            ["Id"] = "sha256:" + name,
            ["Manifests"] = new JsonArray([.. architectures.Select(architecture => (JsonNode)new JsonObject
            {
                ["ID"] = $"sha256:{name}-{architecture}",
                ["Descriptor"] = new JsonObject { ["digest"] = $"sha256:{name}-{architecture}" },
                ["Kind"] = architecture == "none" ? "attestation" : "image",
                ["ImageData"] = new JsonObject { ["Platform"] = new JsonObject { ["os"] = "linux", ["architecture"] = architecture } },
            })]),
        };

        Assert.Equal(
            expected,
            ComposeImageLabel.Next(label, Image("old", "none", "386", "amd64"), "sha256:new", Image("new", "amd64", "none", "arm64")));
    }

    [Theory]
    [InlineData("environment: {A: \"${X}\"}", "environment: {A: \"\"}", "A=1", "A")]
    [InlineData("environment: {A: \"${X}\"}", "environment: {A: \"\"}", "A=", "")]
    [InlineData("environment: [A]", "environment: {A: }", "A=1", "A")]
    [InlineData("environment: {A: \"u:${X}@h\"}", "environment: {A: \"u:@h\"}", "A=u:p@h", "X")]
    [InlineData("environment: {A: \"u:${X}@h\", B: \"2\"}", "environment: {A: \"u:@h\", B: \"2\"}", "A=u:@h", "")]
    [InlineData("environment: {A: \"${X:-d}\"}", "environment: {A: d}", "A=1", "")]
    [InlineData("command: \"serve --key ${X} -v\"", "command: [serve, --key, -v]", "", "X")]
    [InlineData("labels: {route: \"Host(`${X}`)\"}", "labels: {route: \"Host(``)\"}", "", "X")]
    [InlineData("user: \"${X}\"", "user: \"\"", "", "X")]
    [InlineData("ports: [\"${X}:80\"]", "ports: [{target: 80, protocol: tcp}]", "", "X")]
    [InlineData("hostname: \"${X}\"", "hostname: \"\"", "", "")]
    [InlineData("command: \"serve --key ${X}\"", "command: [serve, --key]", "", "X")]
    [InlineData("command: \"serve --key k1 -v ${X}\"", "command: [serve, --key, k1, -v]", "", "")]
    [InlineData("hostname: \"abc${X}\"", "hostname: abc", "", "X")]
    [InlineData("entrypoint: [\"env\", \"PASS=${X}\"]", "entrypoint: [env, PASS=]", "", "X")]
    [InlineData("healthcheck: {test: [\"CMD-SHELL\", \"true ${X}\"]}", "healthcheck: {test: [CMD-SHELL, \"true \"]}", "", "X")]
    [InlineData("extra_hosts: [\"db:${X}\"]", "extra_hosts: [\"db=\"]", "", "X")]
    [InlineData("restart: \"${X}\"", "restart: \"\"", "", "X")]
    [InlineData("network_mode: \"${X}\"", "network_mode: none", "", "X")]
    [InlineData("dns: [\"${X}\"]", "dns: [\"\"]", "", "X")]
    [InlineData("cap_add: [\"${X}\"]", "cap_add: [\"\"]", "", "X")]
    [InlineData("sysctls: {net.core.somaxconn: \"${X}\"}", "sysctls: {net.core.somaxconn: \"\"}", "", "X")]
    [InlineData("logging: {options: {tag: \"${X}\"}}", "logging: {options: {tag: \"\"}}", "", "X")]
    [InlineData("networks: {default: {aliases: [\"${X}\"]}}", "networks: {default: {aliases: [\"\"]}}", "", "X")]
    public void What_would_be_blank_is_found_wherever_it_is(string written, string rendered, string environment, string blank)
    {
        var container = JsonNode.Parse($$"""
            {
              "Id": "abcdef0123456789", "Name": "/shop-api-1",
              "Config": {
                "Env": ["PATH=/bin", "{{environment}}"], "Cmd": ["serve", "--key", "k1", "-v"], "User": "1000", "Hostname": "abcdef012345",
                "Labels": { "route": "Host(`shop.example`)" }
              },
              "HostConfig": { "PortBindings": { "80/tcp": [{ "HostIp": "", "HostPort": "8080" }] } }
            }
            """)!.AsObject();
        var comparison = new ContainerComparison(
            Parse($"services: {{api: {{{rendered}}}}}"), "api", new ContainerView(container),
            JsonNode.Parse("""{ "Config": { "Env": ["PATH=/bin"], "User": "" } }""")!.AsObject());
        var service = (ComposeMapping)((ComposeMapping)Parse($"services: {{api: {{{written}}}}}")["services"]!)["api"]!;

        Assert.Equal(blank, string.Join(",", comparison.Blanks(service, _ => null).Select(one => one.Name)));
    }

    [Fact]
    public void What_would_be_blank_in_the_content_of_a_config_is_found()
    {
        ComposeMapping[] documents = [Parse("configs: {c: {content: \"pw=${X}\"}}")];
        var file = new ComposeInjection("/c", "pw=", null, "c");

        Assert.Equal("X", Assert.Single(ContainerComparison.BlanksIn(documents, file, "pw=secret", _ => null)).Name);
        Assert.Empty(ContainerComparison.BlanksIn(documents, file, "pw=", _ => null));
    }

    [Fact]
    public void One_shots_are_told_in_the_order_in_which_compose_runs_them()
    {
        using var project = new TemporaryProject();
        project.Write("docker-compose.yml", """
            services:
              seed: { image: a, depends_on: { migrate: { condition: service_completed_successfully } } }
              migrate: { image: a, depends_on: [db] }
              db: { image: a }
              api: { image: a, depends_on: { seed: { condition: service_completed_successfully }, db: { condition: service_started } } }

            """);
        var program = new ComposeProgram("docker", ["compose"], "2.40.3", new Version(2, 40));
        var files = new ProjectFiles(project.Project, ProjectVariables.Load(project.Project, project.Environment, program));

        Assert.Equal(["migrate", "seed"], ServiceDependencies.OneShotsOf(files, "api").Select(one => one.Name));
    }

    [Fact]
    public void What_follows_two_comes_after_both()
    {
        ContainerView Container(string id, string network, string pid) => new(JsonNode.Parse($$"""
            { "Id": "{{id}}", "Name": "/{{id}}", "HostConfig": { "NetworkMode": "{{network}}", "PidMode": "{{pid}}" } }
            """)!.AsObject());
        ContainerView[] all =
        [
            Container("s2", "container:api", "container:s1"), Container("s1", "container:api", ""), Container("api", "bridge", ""),
        ];

        Assert.Equal(["s1", "s2"], NamespaceFollowers.Chain(all, [("api", "api")]).Select(one => one.Id));
    }

    [Fact]
    public void A_variables_file_that_is_a_folder_or_a_link_to_nothing_is_refused_by_name()
    {
        using var project = new TemporaryProject();
        var program = new ComposeProgram("docker", ["compose"], "2.40.3", new Version(2, 40));
        void Load() => ProjectVariables.Load(project.Project, project.Environment, program);
        string Refusal() => Assert.Throws<ProException>(Load) is var error && error.Id == "ComposeFileNotRegular" ? error.Message : "";
        _ = ProjectVariables.Load(project.Project, project.Environment, program);
        _ = Directory.CreateDirectory(project.DotEnv);
        Assert.Contains(".env is a folder", Refusal(), StringComparison.Ordinal);
        Directory.Delete(project.DotEnv);
        _ = File.CreateSymbolicLink(project.DotEnv, "nowhere");
        Assert.Contains("nowhere, which is not there", Refusal(), StringComparison.Ordinal);
        File.Delete(project.DotEnv);
        _ = File.CreateSymbolicLink(project.DotEnv, ".env");
        Assert.Contains("leads back to itself", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_of_variables_sees_those_of_the_files_before_it_as_in_a_build()
    {
        using var project = new TemporaryProject();
        _ = project.Write("a.env", "TAG=v1\n").Write("b.env", "IMAGE=api:${TAG}\n");
        project.EnvironmentFiles = ["a.env", "b.env"];
        var program = new ComposeProgram("docker", ["compose"], "2.40.3", new Version(2, 40));

        Assert.Equal("api:v1", ProjectVariables.Load(project.Project, project.Environment, program).Find("IMAGE"));
    }

    [Fact]
    public void The_sessions_files_of_variables_start_at_its_folder_and_a_missing_one_is_an_error()
    {
        using var project = new TemporaryProject();
        _ = project.Write("deploy/prod.env", "TAG=v1\n").Write("prod.env", "TAG=v2\n").Write(".env", "TAG=v3\n");
        project.Variables["COMPOSE_ENV_FILES"] = "prod.env";
        var program = new ComposeProgram("docker", ["compose"], "2.40.3", new Version(2, 40));
        string? Tag(string folder) => ProjectVariables.Load(
            project.Project, project.Environment with { WorkingDirectory = Path.Combine(project.Folder, folder) }, program).Find("TAG");

        Assert.Equal(("v1", "v2"), (Tag("deploy"), Tag("")));
        Assert.Equal("EnvFileNotFound", Assert.Throws<ProException>(() => Tag("other")).Id);
    }

    [Theory]
    [InlineData("true", true)]
    [InlineData("t", true)]
    [InlineData("tRuE", false)]
    [InlineData("yes", false)]
    public void A_env_file_is_left_out_by_the_words_that_Docker_takes(string word, bool isLeftOut)
    {
        using var project = new TemporaryProject();
        _ = project.Write(".env", "TAG=v1\n");
        project.Variables["COMPOSE_DISABLE_ENV_FILE"] = word;
        var program = new ComposeProgram("docker", ["compose"], "2.40.3", new Version(2, 40));

        Assert.Equal(isLeftOut ? null : "v1", ProjectVariables.Load(project.Project, project.Environment, program).Find("TAG"));
    }

    private static ComposeMapping Parse(string text) =>
        ComposeYaml.Parse(text, new ComposeSource("compose.yml", string.Empty, None, DiskRoot: null)).OfType<ComposeMapping>().Single();
}
