using System.Text;
using System.Text.Json.Nodes;
using Pro.DockerVersioning.Deployment.Container.Recipe;
using Pro.DockerVersioning.Deployment.Container.Swap;
using Pro.DockerVersioning.Engine.Api;
using Xunit;

namespace Pro.DockerVersioning.Tests.Deployment.Container;

public sealed class ContainerRecipeTests
{
    private const string Id = "aaaaaaaaaaaabbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

    private static readonly OperationInfo Info = new() { Target = "container.web", Nonce = "n", To = "api:v1" };

    [Fact]
    public void The_record_gives_back_exactly_what_went_in()
    {
        var recipe = Recipe("""
            { "Env": [ "A=中文 \" \\ \n", "EMPTY=" ], "Healthcheck": null, "Labels": {}, "StopTimeout": 3 }
            """, """{ "NetworkMode": "app", "Binds": null, "Devices": [], "MemorySwap": -1, "FieldOfTomorrow": { "a": [ 1.5, null ] } }""");

        var policy = JsonNode.Parse("""{ "Name": "on-failure", "MaximumRetryCount": 3 }""")!.AsObject();
        var files = new[] { new InjectedFile("/run/x", [1, 2, 3]) };
        var saved = new SavedContainer("0123", "web", recipe with { Files = files, Digests = ["api@sha256:1"] }, "paused", policy);
        var read = Assert.Single(OperationRecord.Read(Info, new OperationRecord(Info, [saved], "a note").ToFile())!.Containers);
        var again = read.Recipe;

        Assert.Equal(("0123", "web", "paused"), (read.Id, read.Name, read.Status));
        Assert.Equal("on-failure", read.RestartPolicy.Text("Name"));
        Assert.Equal(files[0].Tar, Assert.Single(read.Recipe.Files).Tar);
        Assert.Equal(["api@sha256:1"], read.Recipe.Digests);

        Assert.True(JsonNode.DeepEquals(recipe.Config, again.Config));
        Assert.True(JsonNode.DeepEquals(recipe.HostConfig, again.HostConfig));
        Assert.Equal(
            (recipe.Name, recipe.ImageId, recipe.Reference, recipe.Primary), (again.Name, again.ImageId, again.Reference, again.Primary));
        Assert.Equal(
            recipe.Networks.Select(n => (n.Network, n.Endpoint.ToJsonString())),
            again.Networks.Select(n => (n.Network, n.Endpoint.ToJsonString())));
    }

    /// <summary>An operation may be repaired by another build than the one that was interrupted.</summary>
    [Fact]
    public void The_names_in_the_file_of_a_record_are_the_same_as_ever()
    {
        const string File = """
            { "Format": 1, "Note": "n", "Containers": [ { "Id": "0123", "Name": "web", "Recipe": {
                "Name": "web", "ImageId": "sha256:1", "Reference": "api:v1", "Primary": "app", "Platform": "linux/386",
                "ChosenPorts": "80/tcp=32768,81/tcp=8003:8000-8010", "Config": { "Env": null }, "HostConfig": { "AutoRemove": true },
                "Networks": [ { "Network": "app", "Endpoint": { "Aliases": [ "a" ] } } ],
                "Files": [ { "Path": "/run/x", "Tar": "AQID" } ], "Digests": [ "api@sha256:1" ] },
              "Status": "running", "RestartPolicy": { "Name": "always" } } ] }
            """;

        var read = OperationRecord.Read(Info, Encoding.UTF8.GetBytes(File))!;

        Assert.True(Assert.Single(read.Containers).RemovesItself);
        Assert.Equal(["80/tcp", "81/tcp"], read.Containers[0].Recipe.ChosenPorts.Select(port => port.Port));
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(File), JsonNode.Parse(read.ToFile())));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{ \"Format\": 1, \"Contai")]
    public void A_record_that_was_not_written_to_its_end_is_none(string file) =>
        Assert.Null(OperationRecord.Read(Info, Encoding.UTF8.GetBytes(file)));

    [Theory]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{ \"Format\": 2 }")]
    [InlineData("{ \"Format\": 1, \"Containers\": [ { \"Id\": \"1\" } ] }")]
    public void A_record_of_another_format_is_one_error(string file) => Assert.Equal(
        "OperationRecordUnreadable", Assert.Throws<ProException>(() => OperationRecord.Read(Info, Encoding.UTF8.GetBytes(file))).Id);

    [Fact]
    public void Composes_labels_stay_even_where_the_image_has_them_too()
    {
        var image = """{ "Labels": { "com.docker.compose.service": "web", "layer": "old" } }""";
        var recipe = Recipe(
            """{ "Labels": { "com.docker.compose.service": "web", "layer": "old", "pro.dockerversioning.previous": "1:x" } }""",
            """{ "NetworkMode": "app" }""",
            image);

        Assert.Equal(["com.docker.compose.service"], recipe.Config["Labels"]!.AsObject().Select(label => label.Key));
    }

    [Fact]
    public void The_network_with_the_gateway_comes_first()
    {
        var container = Container("{}", """{ "NetworkMode": "b" }""");
        container["State"] = new JsonObject { ["Running"] = true };
        container["NetworkSettings"] = JsonNode.Parse("""
            { "Networks": { "a": { "Gateway": "" }, "c": { "Gateway": "10.0.0.1" }, "b": { "Gateway": "10.0.1.1" },
              "z": { "Gateway": "10.0.2.1", "GwPriority": 5 } } }
            """);

        var creation = ContainerRecipe.From(new ContainerView(container), Image("{}")).On("x", new RecipeOptions());

        Assert.Equal(["z", "b", "c", "a"], creation.Networks.Select(network => network.Network));
        Assert.Equal(["z", "c", "a"], creation.Others.Select(network => network.Network));
        Assert.Equal(["b"], creation.BodyWithOne["NetworkingConfig"]!["EndpointsConfig"]!.AsObject().Select(network => network.Key));
        Assert.Equal(
            ["z", "b", "c", "a"], creation.BodyWithAll["NetworkingConfig"]!["EndpointsConfig"]!.AsObject().Select(network => network.Key));
    }

    /// <summary>What the plan has said already is not said again under the lock.</summary>
    [Fact]
    public void What_both_versions_can_write_to_is_told_in_one_order()
    {
        static string[] Warnings(params string[] mounts)
        {
            var container = Container("{}", """{ "NetworkMode": "app" }""");
            container["Mounts"] = new JsonArray([.. mounts.Select(mount =>
                new JsonObject { ["Type"] = "volume", ["Destination"] = mount, ["RW"] = true })]);
            return [.. StartFirstObstacles.Warnings(new ContainerView(container), SwapFlow.StartFirst)];
        }

        Assert.Contains("/data, /logs", Assert.Single(Warnings("/logs", "/data")), StringComparison.Ordinal);
        Assert.Equal(Warnings("/data", "/logs"), Warnings("/logs", "/data"));
    }

    /// <summary>Engines before 25 add the host name to the aliases by themselves, and show no DNS names.</summary>
    [Theory]
    [InlineData("""{ "Aliases": [ "web", "shop", "aaaaaaaaaaaa" ] }""", "web")]
    [InlineData("""{ "Aliases": [ "web", "shop", "aaaaaaaaaaaa" ], "DNSNames": [ "web", "shop", "aaaaaaaaaaaa" ] }""", "web shop")]
    public void An_alias_that_is_the_host_name_too_stays_unless_the_engine_adds_it(string endpoint, string aliases)
    {
        var container = Container("""{ "Hostname": "shop" }""", """{ "NetworkMode": "app" }""");
        container["NetworkSettings"]!["Networks"]!["app"] = JsonNode.Parse(endpoint);

        var network = Assert.Single(ContainerRecipe.From(new ContainerView(container), Image("{}")).Networks);

        Assert.Equal(aliases.Split(' '), network.Aliases);
    }

    [Fact]
    public void Options_change_what_they_name_and_nothing_else()
    {
        var recipe = Recipe(
            """{ "Labels": { "hash": "1", "team": "shop" }, "ExposedPorts": { "80/tcp": {} } }""",
            """
            { "NetworkMode": "app", "PortBindings": { "80/tcp": [ { "HostPort": "80" } ] }, "RestartPolicy": { "Name": "always" },
              "Memory": 5 }
            """);
        var creation = recipe.On("web:v2", new RecipeOptions
        {
            Name = "web.pro-next",
            WithoutAliases = true,
            RestartPolicy = "no",
            Labels = new Dictionary<string, string?> { ["hash"] = "2", ["team"] = null, ["absent"] = null },
        });

        Assert.Equal("web.pro-next", creation.Name);
        Assert.Equal("""{"hash":"2"}""", creation.Body["Labels"]!.ToJsonString());
        Assert.Equal(
            """{"NetworkMode":"app","PortBindings":{"80/tcp":[{"HostPort":"80"}]},"RestartPolicy":{"Name":"no"},"Memory":5}""",
            creation.Body["HostConfig"]!.ToJsonString());
        Assert.All(creation.Networks, network => Assert.False(network.Endpoint.ContainsKey("Aliases")));
        Assert.Equal("always", recipe.HostConfig["RestartPolicy"]!["Name"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("NetworkMode", Id, true)]
    [InlineData("IpcMode", Id, true)]
    [InlineData("PidMode", "web", true)]
    [InlineData("NetworkMode", "aaaaaaaaaaaa", true)]
    [InlineData("NetworkMode", "cccccccccccc", false)]
    [InlineData("NetworkMode", "we", false)]
    public void A_follower_is_one_that_shares_network_ipc_or_processes(string mode, string target, bool isFollower)
    {
        var other = new JsonObject { ["Id"] = "other", ["HostConfig"] = new JsonObject { [mode] = "container:" + target } };

        Assert.Equal(isFollower,
            NamespaceFollowers.Find([new ContainerView(other), new ContainerView(Container("{}", "{}"))], Id, "web").Count == 1);
    }

    [Fact]
    public void A_follower_is_tied_to_the_successor()
    {
        var hostConfig = JsonNode.Parse($$"""
            { "NetworkMode": "container:{{Id}}", "IpcMode": "private", "PidMode": "container:other", "VolumesFrom": [ "{{Id}}:ro", "db" ] }
            """)!.AsObject();

        NamespaceFollowers.Redirect(hostConfig, new Dictionary<string, string> { [Id] = "new" });

        Assert.Equal(
            """{"NetworkMode":"container:new","IpcMode":"private","PidMode":"container:other","VolumesFrom":["new:ro","db"]}""",
            hostConfig.ToJsonString());
    }

    [Theory]
    [InlineData("""[ "CMD-SHELL", "wget -q -O- http://api:8080/health || exit 1" ]""", true)]
    [InlineData("""[ "CMD-SHELL", "curl -f 'https://API/'" ]""", true)]
    [InlineData("""[ "CMD-SHELL", "pg_isready -h api -U x" ]""", true)]
    [InlineData("""[ "CMD-SHELL", "nc -z api 8080" ]""", true)]
    [InlineData("""[ "CMD-SHELL", "curl --resolve=api:80 http://x@api/" ]""", true)]
    [InlineData("""[ "CMD-SHELL", "test ok = $(wget -qO- 'api:8080')" ]""", true)]
    [InlineData("""[ "CMD", "wget", "-q", "http://api/" ]""", true)]
    [InlineData("""[ "CMD", "nc", "-z", "api", "80" ]""", true)]
    [InlineData("""[ "CMD-SHELL", "wget http://127.0.0.1:8080/api/health" ]""", false)]
    [InlineData("""[ "CMD-SHELL", "curl localhost/api" ]""", false)]
    [InlineData("""[ "CMD-SHELL", "api health" ]""", false)]
    [InlineData("""[ "CMD", "api", "health" ]""", false)]
    [InlineData("""[ "CMD-SHELL", "api-health; test -f /tmp/api.ok" ]""", false)]
    [InlineData("""[ "CMD-SHELL", "wget http://api.example.com/" ]""", false)]
    [InlineData("""[ "CMD-SHELL", "wget http://my-api/" ]""", false)]
    [InlineData("""[ "NONE" ]""", false)]
    public void Whom_a_HEALTHCHECK_asks_is_read_off_its_command(string test, bool asks) =>
        Assert.Equal(asks, HealthCheckName.IsAsked(JsonNode.Parse($$"""{ "Test": {{test}} }"""), "api"));

    [Theory]
    [InlineData("""{ "Labels": { "traefik.enable": "false", "traefik.http.x": "y" } }""", null)]
    [InlineData("""{ "Labels": { "team": "shop" }, "Env": [ "VIRTUAL_HOST=" ] }""", null)]
    [InlineData("""{ "Labels": { "caddy": "example.com" } }""", "its label caddy")]
    [InlineData("""{ "Labels": { "caddy_1.reverse_proxy": "{{upstreams}}" } }""", "its label caddy_1.reverse_proxy")]
    [InlineData("""{ "Labels": { "traefik.enable": "true" } }""", "its label traefik.enable")]
    public void A_proxy_that_looks_for_labels_is_noticed(string config, string? found) =>
        Assert.Equal(found, ProxyLabels.Find(new ContainerView(new JsonObject { ["Config"] = JsonNode.Parse(config) })));

    [Fact]
    public void Ports_that_the_engine_has_chosen_stay_what_they_are()
    {
        var hostConfig = """
            { "NetworkMode": "app",
              "PortBindings": {
                "80/tcp": [ { "HostIp": "", "HostPort": "" } ], "81/tcp": [ { "HostIp": "127.0.0.1", "HostPort": "9000-9010" } ],
                "82/tcp": [ { "HostIp": "", "HostPort": "8082" }, { "HostIp": "", "HostPort": "0" } ],
                "83/tcp": [ { "HostIp": "", "HostPort": "" } ] } }
            """;
        var container = Container("{}", hostConfig);
        container["NetworkSettings"]!["Ports"] = JsonNode.Parse("""
            { "80/tcp": [ { "HostIp": "0.0.0.0", "HostPort": "49153" }, { "HostIp": "::", "HostPort": "49153" } ],
              "81/tcp": [ { "HostIp": "127.0.0.1", "HostPort": "9003" } ],
              "82/tcp": [ { "HostIp": "0.0.0.0", "HostPort": "49154" }, { "HostIp": "0.0.0.0", "HostPort": "8082" } ], "83/tcp": null }
            """);

        Assert.Equal(
            """
            {"80/tcp":[{"HostIp":"","HostPort":"49153"}],"81/tcp":[{"HostIp":"127.0.0.1","HostPort":"9003"}],"82/tcp":[{"HostIp":"","HostPort":"8082"},{"HostIp":"","HostPort":"49154"}],"83/tcp":[{"HostIp":"","HostPort":""}]}
            """.Trim(),
            ContainerRecipe.From(new ContainerView(container), Image("{}")).HostConfig["PortBindings"]!.ToJsonString());
        Assert.Equal(["83/tcp"], PublishedPorts.Unbound(new ContainerView(container)));
    }

    /// <summary>As Engine 20.10 wrote them down; 28.5 masks more.</summary>
    [Fact]
    public void Paths_that_an_older_engine_masked_by_itself_are_left_to_the_engine_and_the_operators_stay()
    {
        const string Masked = """
            [ "/proc/asound", "/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats",
              "/proc/sched_debug",
              "/proc/scsi", "/sys/firmware" ]
            """;

        Assert.Equal(
            """{"NetworkMode":"app"}""",
            Recipe("{}", $$"""
                { "NetworkMode": "app", "MaskedPaths": {{Masked}},
                  "ReadonlyPaths": [ "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger" ] }
                """)
                .HostConfig.ToJsonString());
        Assert.Equal(
            """{"NetworkMode":"app","MaskedPaths":[],"ReadonlyPaths":["/proc/bus"]}""",
            Recipe("{}", """{ "NetworkMode": "app", "MaskedPaths": [], "ReadonlyPaths": [ "/proc/bus" ] }""").HostConfig.ToJsonString());
    }

    [Fact]
    public void All_ports_published_are_published_where_they_were()
    {
        var container = Container("{}", """{ "NetworkMode": "app", "PublishAllPorts": true }""");
        container["NetworkSettings"]!["Ports"] = JsonNode.Parse(
            """{ "80/tcp": [ { "HostIp": "0.0.0.0", "HostPort": "49153" } ], "81/tcp": null }""");

        Assert.Equal(
            """{"NetworkMode":"app","PublishAllPorts":true,"PortBindings":{"80/tcp":[{"HostIp":"","HostPort":"49153"}]}}""",
            ContainerRecipe.From(new ContainerView(container), Image("{}")).HostConfig.ToJsonString());
        var moved = container.DeepClone().AsObject();
        moved["NetworkSettings"]!["Ports"]!["80/tcp"]![0]!["HostPort"] = "49160";
        var chosen = ContainerRecipe.From(new ContainerView(container), Image("{}")).ChosenPorts;
        Assert.Null(PublishedPorts.Moved(chosen, new ContainerView(container)));
        Assert.Contains(
            "80/tcp is at 49160 instead of 49153", PublishedPorts.Moved(chosen, new ContainerView(moved)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, true, "bridge", false, "80/tcp")]
    [InlineData(true, false, "bridge", false, "")]
    [InlineData(true, false, "bridge", true, "")]
    [InlineData(false, false, "bridge", false, "80/tcp")]
    [InlineData(false, false, "bridge", true, "")]
    [InlineData(false, false, "macvlan", false, "")]
    public void Only_ports_must_be_bound_that_were_or_that_the_network_can_bind(
        bool ran, bool had, string driver, bool isInternal, string missing)
    {
        var old = Container("{}", """{ "NetworkMode": "app", "PortBindings": { "80/tcp": [ { "HostPort": "80" } ] } }""");
        var now = old.DeepClone().AsObject();
        old["State"] = new JsonObject { ["Running"] = ran };
        old["NetworkSettings"]!["Ports"] = had ? JsonNode.Parse("""{ "80/tcp": [ { "HostPort": "80" } ] }""") : null;

        Assert.Equal(
            missing,
            string.Join(',', PublishedPorts.Missing(
                new ContainerView(now), new ContainerView(old), [new JsonObject { ["Driver"] = driver, ["Internal"] = isInternal }])));
    }

    private static ContainerRecipe Recipe(string config, string hostConfig, string image = "{}") =>
        ContainerRecipe.From(new ContainerView(Container(config, hostConfig)), Image(image));

    private static JsonObject Image(string config) => new() { ["Config"] = JsonNode.Parse(config) };

    private static JsonObject Container(string config, string hostConfig)
    {
        var container = new JsonObject
        {
            ["Id"] = Id,
            ["Name"] = "/web",
            ["Image"] = "sha256:old",
            ["Config"] = JsonNode.Parse(config),
            ["HostConfig"] = JsonNode.Parse(hostConfig),
            ["NetworkSettings"] = JsonNode.Parse("""
                { "Networks": { "app": { "Aliases": [ "web", "aaaaaaaaaaaa" ], "IPAddress": "10.0.0.5", "NetworkID": "n" } } }
                """),
        };
        container["Config"]!["Image"] = "web:v1";
        return container;
    }
}
