using System.Text;
using System.Text.Json.Nodes;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Services.Containers;
using Xunit;

namespace Pro.DockerVersioning.Tests.Containers;

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

        var state = new SavedRunState("paused", JsonNode.Parse("""{ "Name": "on-failure", "MaximumRetryCount": 3 }""")!.AsObject());
        var files = new[] { new InjectedFile("/run/x", [1, 2, 3]) };
        var saved = new SavedContainer("0123", "web", new SavedRecipe(recipe, files, ["api@sha256:1"]), state, IsFollower: true);
        var read = Assert.Single(OperationRecord.Read(Info, new OperationRecord(Info, [saved], "a note").ToFile())!.Containers);
        var again = read.Recipe.Recipe;

        Assert.Equal(("0123", "web", "paused", true), (read.Id, read.Name, read.State.Status, read.IsFollower));
        Assert.Equal("on-failure", read.State.RestartPolicy.Text("Name"));
        Assert.Equal(files[0].Tar, Assert.Single(read.Recipe.Files).Tar);
        Assert.Equal(["api@sha256:1"], read.Recipe.Digests);

        Assert.True(JsonNode.DeepEquals(recipe.Config, again.Config));
        Assert.True(JsonNode.DeepEquals(recipe.HostConfig, again.HostConfig));
        Assert.Equal((recipe.Name, recipe.ImageId, recipe.Reference, recipe.Primary), (again.Name, again.ImageId, again.Reference, again.Primary));
        Assert.Equal(recipe.Networks.Select(n => (n.Network, n.Endpoint.ToJsonString())), again.Networks.Select(n => (n.Network, n.Endpoint.ToJsonString())));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{ \"Format\": 1, \"Contai")]
    public void A_record_that_was_not_written_to_its_end_is_none(string file) => Assert.Null(OperationRecord.Read(Info, Encoding.UTF8.GetBytes(file)));

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

        var creation = ContainerRecipe.From(container, Image("{}")).On("x", new RecipeOptions());

        Assert.Equal(["z", "b", "c", "a"], creation.Networks.Select(network => network.Network));
        Assert.Equal(["z", "c", "a"], creation.Others.Select(network => network.Network));
        Assert.Equal(["b"], creation.Body["NetworkingConfig"]!["EndpointsConfig"]!.AsObject().Select(network => network.Key));
    }

    [Fact]
    public void Options_change_what_they_name_and_nothing_else()
    {
        var recipe = Recipe(
            """{ "Labels": { "hash": "1", "team": "shop" }, "ExposedPorts": { "80/tcp": {} } }""",
            """
            { "NetworkMode": "app", "PortBindings": { "80/tcp": [ { "HostPort": "80" } ] }, "RestartPolicy": { "Name": "always" }, "Memory": 5 }
            """);
        var creation = recipe.On("web:v2", new RecipeOptions
        {
            Name = "web.pro-next",
            WithoutPorts = true,
            WithoutAliases = true,
            RestartPolicy = "no",
            Labels = new Dictionary<string, string?> { ["hash"] = "2", ["team"] = null, ["absent"] = null },
        });

        Assert.Equal("web.pro-next", creation.Name);
        Assert.Equal("""{"hash":"2"}""", creation.Body["Labels"]!.ToJsonString());
        Assert.Equal(
            """{"NetworkMode":"app","PortBindings":null,"RestartPolicy":{"Name":"no"},"Memory":5,"PublishAllPorts":false}""",
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

        Assert.Equal(isFollower, ContainerFollowers.Find([other, Container("{}", "{}")], Id, "web").Count == 1);
    }

    [Fact]
    public void A_follower_is_tied_to_the_successor()
    {
        var hostConfig = JsonNode.Parse($$"""
            { "NetworkMode": "container:{{Id}}", "IpcMode": "private", "PidMode": "container:other", "VolumesFrom": [ "{{Id}}:ro", "db" ] }
            """)!.AsObject();

        ContainerFollowers.Redirect(hostConfig, new Dictionary<string, string> { [Id] = "new" });

        Assert.Equal(
            """{"NetworkMode":"container:new","IpcMode":"private","PidMode":"container:other","VolumesFrom":["new:ro","db"]}""",
            hostConfig.ToJsonString());
    }

    private static ContainerRecipe Recipe(string config, string hostConfig, string image = "{}") =>
        ContainerRecipe.From(Container(config, hostConfig), Image(image));

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
