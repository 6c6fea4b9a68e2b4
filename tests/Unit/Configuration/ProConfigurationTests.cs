using System.Text.Json;
using Pro.DockerVersioning.Configuration;
using Xunit;

namespace Pro.DockerVersioning.Tests.Configuration;

public sealed class ProConfigurationTests
{
    [Theory]
    [InlineData("")]
    [InlineData(" \n")]
    [InlineData("// nothing\n")]
    [InlineData("{ \"registry\": ")]
    public void A_file_that_is_empty_or_breaks_off_is_told_in_plain_words(string text)
    {
        var error = Assert.Throws<ProException>(() => ProConfigurationReader.Parse(text));

        Assert.Equal("ConfigurationBroken", error.Id);
        Assert.DoesNotContain("isFinalBlock", error.Message, StringComparison.Ordinal);
        Assert.Equal(string.IsNullOrWhiteSpace(text), error.Message.EndsWith(": the file is empty.", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_key_of_the_design_is_read()
    {
        var configuration = ProConfigurationReader.Parse("""
            {
              "$schema": "./pro.schema.json",
              "registry": "registry.example.com/pro",            // REGISTRY wins
              "services": { "api": {
                  "context": "apps/api", "dockerfile": "apps\\api/./Dockerfile", "target": "runtime",
                  "buildArgs": { "NODE_ENV": "production", "LEVEL": 1.10, "FAST": true, "TOKEN": null },
                  "order": "start-first",
                  "healthUrl": "http://localhost:3000/health", "healthTimeout": "1m30s", "image": "the-api" } },
              "aliases": [ "Minor", "major" ],
              "protect": [ "v1.0.*" ],
              /* how many */
              "retention": { "production": 10, "test": 5, "development": 3 },
              "environments": { "test": { "composeFile": "docker-compose.test.yml", "engine": "tcp://test:2376" },
                                "production": { "composeFile": [ "a.yml", "deploy\\b.yml" ] }, },
              "history": "//share/history",
            }
            """);

        Assert.True(configuration.Exists);
        Assert.Equal("registry.example.com/pro", configuration.Registry);
        var api = Assert.Single(configuration.Services);
        Assert.Equal(("api", "apps/api", "apps/api/Dockerfile", "runtime"), (api.Name, api.Context, api.Dockerfile, api.Target));
        Assert.Equal([new("NODE_ENV", "production"), new("LEVEL", "1.10"), new("FAST", "true"), new("TOKEN", null)], api.BuildArgs);
        Assert.Equal((UpdateOrder.StartFirst, "http://localhost:3000/health", "the-api"), (api.Order, api.HealthUrl, api.Image));
        Assert.Equal(TimeSpan.FromSeconds(90), api.HealthTimeout);
        Assert.Equal(ProAlias.Minor | ProAlias.Major, configuration.Aliases);
        Assert.Equal(["v1.0.*"], configuration.Protect);
        var retention = configuration.Retention;
        Assert.Equal((10, 5, 3), (retention["production"], retention["TEST"], retention["development"]));
        Assert.Equal(["docker-compose.test.yml"], configuration.Environments["Test"].ComposeFiles);
        Assert.Equal("tcp://test:2376", configuration.Environments["test"].Engine);
        Assert.Equal(["a.yml", "deploy/b.yml"], configuration.Environments["production"].ComposeFiles);
        Assert.Equal("//share/history", configuration.History);
    }

    [Fact]
    public void A_repository_without_the_file_has_an_empty_configuration() =>
        Assert.Same(ProConfiguration.Empty, ProConfigurationReader.Read(new MemoryTree(("README.md", "x"))));

    [Fact]
    public void A_byte_order_mark_is_no_content() =>
        Assert.Equal(
            "r.io/pro", ProConfigurationReader.Read(new MemoryTree(("pro.json", "\uFEFF{ \"registry\": \"r.io/pro\" }"))).Registry);

    [Fact]
    public void An_unknown_key_names_its_line_and_column_and_the_nearest_key()
    {
        var error = Assert.Throws<ProException>(() => ProConfigurationReader.Parse("{\n  \"registry\": \"r\",\n  \"servcies\": {}\n}"));

        Assert.Equal("ConfigurationUnknownKey", error.Id);
        Assert.Equal("pro.json, line 3, column 3: the key \"servcies\" is unknown.", error.Message);
        Assert.StartsWith("Did you mean \"services\"?", error.RecommendedAction, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{ \"services\": { \"api\": { \"Context\": \"a\" } } }", "context")]
    [InlineData("{ \"services\": { \"api\": { \"buildArg\": {} } } }", "buildArgs")]
    [InlineData("{ \"environments\": { \"t\": { \"composefile\": \"a\" } } }", "composeFile")]
    public void Keys_of_services_and_environments_are_checked_as_well(string json, string nearest)
    {
        var error = Assert.Throws<ProException>(() => ProConfigurationReader.Parse(json));
        Assert.Equal("ConfigurationUnknownKey", error.Id);
        Assert.Contains($"\"{nearest}\"", error.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void Columns_count_characters_not_bytes()
    {
        var error = Assert.Throws<ProException>(() => ProConfigurationReader.Parse("{ \"registry\": \"镜像\", \"x\": 1 }"));
        Assert.StartsWith("pro.json, line 1, column 21:", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\n\"registry\": 1 }", "line 2", "a text")]
    [InlineData("{\n\"registry\": \" \" }", "line 2", "a text")]
    [InlineData("{\n\n\"services\": [] }", "line 3", "an object")]
    [InlineData("{\n\"services\": { \"a/b\": {} } }", "line 2", "a name")]
    [InlineData("{\n\"services\": { \"a\":\n\"apps/a\" } }", "line 3", "an object")]
    [InlineData("{\n\"services\": { \"a\": {\n\"order\": \"first\" } } }", "line 3", "\"stop-first\" or \"start-first\"")]
    [InlineData("{\n\"services\": { \"a\": {\n\"healthUrl\": \"localhost:3000\" } } }", "line 3", "a URL")]
    [InlineData("{\n\"services\": { \"a\": {\n\"healthTimeout\": \"60\" } } }", "line 3", "with its unit")]
    [InlineData("{\n\"services\": { \"a\": {\n\"healthTimeout\": \"0s\" } } }", "line 3", "with its unit")]
    [InlineData("{\n\"services\": { \"a\": {\n\"healthTimeout\": 60 } } }", "line 3", "a text")]
    [InlineData("{\n\"services\": { \"a\": {\n\"dockerfile\": \".\" } } }", "line 3", "a file's path")]
    [InlineData("{\n\"services\": { \"a\": {\n\"buildArgs\": { \"X\": [] } } } }", "line 3", "a text, a number")]
    [InlineData("{\n\"retention\": { \"test\": -1 } }", "line 2", "a whole number from 1")]
    [InlineData("{\n\"retention\": { \"test\": 1.5 } }", "line 2", "a whole number from 1")]
    [InlineData("{\n\"retention\": { \"test\": 0 } }", "line 2", "a whole number from 1")]
    [InlineData("{\n\"aliases\": [ \"Patch\" ] }", "line 2", "\"Minor\" or \"Major\"")]
    [InlineData("{\n\"aliases\": \"Minor\" }", "line 2", "a list")]
    [InlineData("{\n\"protect\": [ \"\" ] }", "line 2", "a text")]
    [InlineData("{\n\"environments\": { \"t\": { \"composeFile\": [] } } }", "line 2", "a file's path or a list")]
    [InlineData("{\n\"environments\": { \"t\": { \"composeFile\": [ \"a.yml\", \"\" ] } } }", "line 2", "a file's path")]
    [InlineData("{\n\"$schema\": false }", "line 2", "a text")]
    [InlineData("\n[]", "line 2", "an object")]
    public void A_wrong_value_names_its_line_and_what_is_wanted(string json, string line, string wanted)
    {
        var error = Assert.Throws<ProException>(() => ProConfigurationReader.Parse(json));
        Assert.Equal("ConfigurationWrongValue", error.Id);
        Assert.StartsWith($"pro.json, {line},", error.Message, StringComparison.Ordinal);
        Assert.Contains(wanted, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\n\"registry\": \"a\",\n\"registry\": \"b\" }", 3)]
    [InlineData("{ \"services\": { \"api\": {},\n\"api\": {} } }", 2)]
    [InlineData("{ \"environments\": { \"Test\": {},\n\"test\": {} } }", 2)]
    [InlineData("{ \"retention\": { \"Test\": 1,\n\"test\": 2 } }", 2)]
    public void A_key_that_stands_twice_is_an_error(string json, int line)
    {
        var error = Assert.Throws<ProException>(() => ProConfigurationReader.Parse(json));
        Assert.Equal("ConfigurationDuplicateKey", error.Id);
        Assert.StartsWith($"pro.json, line {line},", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\n  \"registry\" \"x\"\n}", 2)]
    [InlineData("{\n  \"registry\": \"x\"\n", 3)]
    [InlineData("{ } \n { }", 2)]
    [InlineData("{\n \"registry\": \"\\ud800\" }", 2)]
    public void Broken_json_names_its_line(string json, int line)
    {
        var error = Assert.Throws<ProException>(() => ProConfigurationReader.Parse(json));
        Assert.Equal("ConfigurationBroken", error.Id);
        Assert.StartsWith($"pro.json, line {line},", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("LineNumber", error.Message, StringComparison.Ordinal);
        Assert.NotNull(error.InnerException);
    }

    [Theory]
    [InlineData("../other")]
    [InlineData("apps/../../other")]
    [InlineData("/etc")]
    [InlineData("C:\\\\Windows")]
    public void A_path_that_leads_outside_is_refused(string path)
    {
        var error = Assert.Throws<ProException>(
            () => ProConfigurationReader.Parse($$"""{ "services": { "a": { "context": "{{path}}" } } }"""));
        Assert.Equal("ConfigurationPathOutside", error.Id);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData(".", "")]
    [InlineData("./apps//api/", "apps/api")]
    [InlineData("apps\\\\api", "apps/api")]
    [InlineData("apps/x/../api", "apps/api")]
    public void Paths_are_normalised(string path, string normalised)
    {
        var configuration = ProConfigurationReader.Parse($$"""{ "services": { "a": { "context": "{{path}}" } } }""");
        Assert.Equal(normalised, configuration.Services[0].Context);
    }

    [Theory]
    [InlineData("production", true)]
    [InlineData("prod-eu", true)]
    [InlineData("latest", false)]
    [InlineData("v1", false)]
    [InlineData("v1.2", false)]
    [InlineData("v1.2.3", false)]
    [InlineData("0123456789ab", false)]
    [InlineData("pro-previous-0a1b2c3d", false)]
    [InlineData("a/b", false)]
    public void An_environments_alias_is_a_tag_that_names_no_version_and_no_line(string alias, bool isTaken)
    {
        var text = $$"""{ "environments": { "production": { "alias": "{{alias}}" } } }""";
        if (isTaken)
        {
            Assert.Equal(alias, ProConfigurationReader.Parse(text).Environments["Production"].Alias);
            return;
        }

        var error = Assert.Throws<ProException>(() => ProConfigurationReader.Parse(text));
        Assert.Contains(alias, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_schema_and_the_reader_know_the_same_keys_and_every_key_is_described()
    {
        using var schema = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "pro.schema.json")));
        var definitions = schema.RootElement.GetProperty("definitions");

        AssertKeys(ProConfigurationKeys.OfFile, schema.RootElement);
        AssertKeys(ProConfigurationKeys.OfService, definitions.GetProperty("service"));
        AssertKeys(ProConfigurationKeys.OfEnvironment, definitions.GetProperty("environment"));
    }

    private static void AssertKeys(IReadOnlyList<string> known, JsonElement schema)
    {
        Assert.False(schema.GetProperty("additionalProperties").GetBoolean());
        var keys = schema.GetProperty("properties").EnumerateObject().ToList();
        Assert.Equal(known, keys.Select(key => key.Name));
        Assert.All(keys, key => Assert.True(key.Value.GetProperty("description").GetString()!.Length > 20, key.Name));
    }

    [Fact]
    public void The_root_is_found_from_any_folder_below_it()
    {
        var root = Directory.CreateTempSubdirectory("pro-config-");
        try
        {
            var below = root.CreateSubdirectory("apps/api/src");
            File.WriteAllText(Path.Combine(root.FullName, "apps", "pro.json"), "{}");
            Assert.Equal(Path.Combine(root.FullName, "apps"), ProjectRoot.Find(below.FullName));

            // A worktree and a submodule have a file by that name; the repository's root wins over a file in a folder of it.
            File.WriteAllText(Path.Combine(root.FullName, ".git"), "gitdir: elsewhere");
            Assert.Equal(root.FullName, ProjectRoot.Find(below.FullName));
            Assert.False(ProConfigurationReader.ReadFromDisk(root.FullName).Exists);
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }

    [Fact]
    public void A_file_that_is_not_utf_8_is_said_to_be_so()
    {
        var root = Directory.CreateTempSubdirectory("pro-config-");
        try
        {
            File.WriteAllBytes(Path.Combine(root.FullName, "pro.json"), [0x7B, 0xFF, 0x7D]);
            Assert.Equal("ConfigurationNotUtf8", Assert.Throws<ProException>(() => ProConfigurationReader.ReadFromDisk(root.FullName)).Id);
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }
}
