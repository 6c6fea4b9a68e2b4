using Pro.DockerVersioning.Deployment.Compose.Project;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Versions;
using Xunit;

namespace Pro.DockerVersioning.Tests.Deployment.Compose;

public sealed class ImagePinTests
{
    [Theory]
    [InlineData("${REGISTRY}/api:${API_VERSION}", "API_VERSION", "v1.2.0")]
    [InlineData("${REGISTRY}/api:${API_VERSION:-latest}", "API_VERSION", "v1.2.0")]
    [InlineData("${REGISTRY:-other}/api:$API_VERSION", "API_VERSION", "v1.2.0")]
    [InlineData("r.example:5000/pro/api:v${API_NUMBER:?which?}", "API_NUMBER", "1.2.0")]
    [InlineData("r.example:5000/pro/api:${API_VERSION:-${FALLBACK:-latest}}", "API_VERSION", "v1.2.0")]
    [InlineData("${API_IMAGE}", "API_IMAGE", "r.example:5000/pro/api:v1.2.0")]
    [InlineData("${API_IMAGE:-r.example:5000/pro/api}:${API_VERSION}", "API_VERSION", "v1.2.0")]
    public void One_variable_brings_the_version(string image, string variable, string value)
    {
        using var project = new TemporaryProject();
        project.Write(".env", "REGISTRY=r.example:5000/pro\n");
        project.Write("docker-compose.yml", $"services:\n  api:\n    image: {image}\n");

        var pin = project.Analyse("r.example:5000/pro/api");

        Assert.Equal(variable, pin.Variable);
        var found = Assert.IsType<VariablePin>(pin.For(ImageReference.Parse("r.example:5000/pro/api:v1.2.0")));
        Assert.Equal((variable, value), (found.Variable, found.Value));
    }

    [Theory]
    [InlineData("image: r.example/api:v1")]
    [InlineData("image: r.example/api@sha256:3a7e2e128341916de00aee8c29b108ae750628ee68a63eaa1b4fece1808561e1")]
    [InlineData("image: r.example/api:${V}-${V}")]
    [InlineData("image: r.example/api:${V:+v1}")]
    [InlineData("build: .")]
    public void What_no_variable_can_bring_gets_a_file_over_it(string line)
    {
        using var project = new TemporaryProject();
        project.Write("docker-compose.yml", $"services:\n  api:\n    {line}\n");

        var pin = project.Analyse("r.example/api");

        var over = Assert.IsType<OverridePin>(pin.For(ImageReference.Parse("r.example/api:v2")));
        Assert.Equal(Path.Combine(project.Folder, "docker-compose.shop.pro.yml"), over.File);
    }

    [Theory]
    [InlineData("API_VERSION", "environment: { A: b }", true)]
    [InlineData("API_VERSION", "environment: { A: \"${API_VERSION}\" }", false)]
    [InlineData("API_VERSION", "environment: [ API_VERSION ]", false)]
    [InlineData("API_VERSION", "labels: { of: \"${NEXT_API_VERSION_2}\" }", false)]
    [InlineData("API_VERSION", "env_file: [ other.env ]", false)]
    [InlineData("API_VERSION", "extends: { file: docker-compose.yml, service: base }", false)]
    [InlineData("COMPOSE_VERSION", "environment: { A: b }", false)]
    public void A_variable_reaches_the_image_alone_only_where_its_name_stands_once(string variable, string line, bool once)
    {
        using var project = new TemporaryProject();
        project.Write("other.env", "A=b\n");
        project.Write(
            "docker-compose.yml", $"services:\n  base: {{ image: other }}\n  api:\n    image: r/api:${{{variable}}}\n    {line}\n");

        Assert.Equal(once, project.Analyse("r/api").VariableStandsOnce);
    }

    [Fact]
    public void The_files_spelling_of_a_repository_is_taken()
    {
        using var project = new TemporaryProject();
        project.Write("docker-compose.yml", "services: { api: { image: \"docker.io/pro/api:${V}\" } }\n");

        Assert.Equal("v2", Assert.IsType<VariablePin>(project.Analyse("pro/api").For(ImageReference.Parse("pro/api:v2"))).Value);
    }

    [Theory]
    [InlineData("services:\n  web: { image: \"r/web:${API_VERSION}\" }", "the service web")]
    [InlineData("services:\n  web: { image: r/web, environment: [ API_VERSION ] }", "the service web")]
    [InlineData("services:\n  web: { image: r/web, environment: { API_VERSION: } }", "the service web")]
    [InlineData("services:\n  web: { image: r/web, command: \"x ${Y:-${API_VERSION}}\" }", "the service web")]
    [InlineData("services:\n  web: { image: r/web, env_file: .env }", "env_file")]
    [InlineData("services:\n  api: { env_file: [ ./.env ] }", "env_file")]
    [InlineData("networks:\n  n: { name: \"n-${API_VERSION}\" }", "\"networks\"")]
    public void A_variable_that_others_use_is_shared(string more, string by)
    {
        using var project = new TemporaryProject { Files = ["docker-compose.yml", "docker-compose.more.yml"] };
        project.Write("docker-compose.yml", "services:\n  api: { image: \"r/api:${API_VERSION}\" }\n");
        project.Write("docker-compose.more.yml", more + "\n");

        Assert.Contains(by, Assert.Single(project.Analyse("r/api").SharedBy), StringComparison.Ordinal);
    }

    [Fact]
    public void Services_with_the_same_image_follow_and_the_content_of_its_own_config_is_its_own()
    {
        using var project = new TemporaryProject();
        project.Write("docker-compose.yml", """
            services:
              api: { image: "r/api:${API_VERSION}", configs: [c], environment: { V: "${API_VERSION}" } }
              migrate: { image: "r/api:${API_VERSION}", command: go }
            configs: { c: { content: "at ${API_VERSION}" } }

            """);
        var pin = project.Analyse("r/api");
        Assert.Empty(pin.SharedBy);
        Assert.Equal(["migrate"], pin.FollowedBy);

        project.Write("docker-compose.more.yml", "services: { web: { image: r/web, configs: [c] } }\n");
        project.Files = ["docker-compose.yml", "docker-compose.more.yml"];
        Assert.Contains("\"configs\"", Assert.Single(project.Analyse("r/api").SharedBy), StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_service_in_two_files_of_one_project_shares_with_nobody()
    {
        using var project = new TemporaryProject { Files = ["docker-compose.yml", "docker-compose.override.yml"] };
        project.Write("docker-compose.yml", "x-api: &api { image: \"r/api:${API_VERSION}\" }\nservices: { api: { <<: *api } }\n");
        project.Write("docker-compose.override.yml", "services: { api: { image: \"r/api:${API_VERSION}\", ports: [ \"1:1\" ] } }\n");

        Assert.Empty(project.Analyse("r/api").SharedBy);
    }

    [Theory]
    [InlineData("services: { api: { image: \"r/api:${API_VERSION}\" } }", true)]
    [InlineData("services: { api: { image: \"r/api:${API_VERSION:-latest}\", environment: [ \"V=${API_VERSION}\" ] } }", true)]
    [InlineData("services: { api: { ports: [ \"8080:80\" ] } }", true)]
    [InlineData("services: { api: { build: . } }", true)]
    [InlineData("services: { web: { image: \"r/api:${API_VERSION}\" } }", true)]
    [InlineData("services: { api: { image: \"r/other:${API_VERSION}\" } }", false)]
    [InlineData("services: { api: { image: \"r/api:v1\", command: \"${API_VERSION}\" } }", false)]
    [InlineData("volumes: { data: { name: \"data-${API_VERSION}\" } }", false)]
    public void A_variable_is_this_services_alone_if_other_files_of_the_folder_use_it_for_its_image_only(string production, bool isAlone)
    {
        using var project = new TemporaryProject { Files = ["docker-compose.test.yml"] };
        project.Write("docker-compose.test.yml", "services: { api: { image: \"r/api:${API_VERSION}\" } }\n");
        project.Write("docker-compose.prod.yml", production + "\n");

        var shared = project.Analyse("r/api").SharedBy;

        Assert.Equal(isAlone, shared.Count == 0);
        Assert.All(shared, by => Assert.Contains("docker-compose.prod.yml", by, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("image: r.example/api", "latest", "")]
    [InlineData("image: r.example/api:latest", "latest", "")]
    [InlineData("image: r.example/api:production", "production", "")]
    [InlineData("image: ${REGISTRY:-r.example}/api:prod-eu", "prod-eu", "")]
    [InlineData("image: r.example/api:${STAGE}", "stable", "STAGE=stable")]
    [InlineData("image: ${API_IMAGE:-r.example/api:edge}", "edge", "API_IMAGE=r.example/api:edge")]
    public void A_tag_that_is_no_version_is_the_deployment_alias(string line, string tag, string exported)
    {
        using var project = new TemporaryProject();
        project.Write("docker-compose.yml", $"services:\n  api:\n    {line}\n");
        if (exported.Split('=', 2) is [var name, var value])
        {
            project.Variables[name] = value;
        }

        var pin = project.Analyse("r.example/api");

        var alias = Assert.IsType<AliasPin>(pin.For(ImageReference.Parse("r.example/api:v2")));
        Assert.Equal($"r.example/api:{tag}", alias.Alias.ToString());
        Assert.Equal("r.example/api:v2", alias.Target.ToString());
    }

    [Theory]
    [InlineData("image: r.example/api:${API_VERSION:-latest}", "VariablePin")]
    [InlineData("image: r.example/api:v1.2.3", "OverridePin")]
    [InlineData("image: r.example/api:0123456789ab", "OverridePin")]
    [InlineData("image: r.example/other:latest", "OverridePin")]
    [InlineData("image: r.example/api:v1", "OverridePin")]
    [InlineData("image: r.example/api:v1.9", "OverridePin")]
    [InlineData("image: r.example/api:v2", "AliasPin")]
    [InlineData("image: r.example/api:v2.0", "AliasPin")]
    public void A_variable_goes_before_the_alias_and_a_version_another_line_or_another_repository_is_none(string line, string kind)
    {
        using var project = new TemporaryProject();
        project.Write("docker-compose.yml", $"services:\n  api:\n    {line}\n");

        Assert.Equal(kind, project.Analyse("r.example/api").For(ImageReference.Parse("r.example/api:v2.0.1")).GetType().Name);
    }

    [Fact]
    public void A_variable_for_the_registry_does_not_bring_the_version_that_is_written_out()
    {
        using var project = new TemporaryProject();
        project.Write(".env", "REGISTRY=r.example\n");
        project.Write("docker-compose.yml", "services: { api: { image: \"${REGISTRY}/api:v1.0.0\" } }\n");

        Assert.IsType<OverridePin>(project.Analyse("r.example/api").For(ImageReference.Parse("r.example/api:v1.0.0")));
    }

    [Fact]
    public void Services_with_the_same_tag_are_named()
    {
        using var project = new TemporaryProject();
        project.Write("docker-compose.yml", """
            services:
              api: { image: r/api:latest }
              worker: { image: r/api }
              old: { image: "r/api:v1" }

            """);

        Assert.Equal(["worker"], project.Analyse("r/api").AliasSharedBy);
    }

    [Fact]
    public void The_file_over_a_project_that_is_called_pro_stacks_no_suffixes_and_is_found_again()
    {
        using var project = new TemporaryProject("pro") { Files = ["docker-compose.prod.yml"] };
        project.Write("docker-compose.prod.yml", "services: { api: { image: \"r/api:v1.0.0\" } }\n");
        var target = ImageReference.Parse("r/api:v2.0.0");
        var file = Assert.IsType<OverridePin>(project.Analyse("r/api").For(target)).File;
        Assert.Equal("docker-compose.prod.pro.yml", Path.GetFileName(file));
        File.WriteAllText(file, OverrideFile.With(file, null, "api", target));

        // By a plain up's labels, by ours, and by our file alone.
        foreach (var files in new string[][] { ["docker-compose.prod.yml"], ["docker-compose.prod.yml", "docker-compose.prod.pro.yml"],
            ["docker-compose.prod.pro.yml"] })
        {
            project.Files = files;
            Assert.Equal(file, Assert.IsType<OverridePin>(project.Analyse("r/api").For(target)).File);
        }
    }

    [Fact]
    public void A_file_of_the_users_with_such_a_name_is_not_written_over()
    {
        using var project = new TemporaryProject("pro") { Files = ["docker-compose.yml", "docker-compose.pro.yml"] };
        project.Write("docker-compose.yml", "services: { api: { image: \"r/api:v1\" } }\n");
        project.Write("docker-compose.pro.yml", "services: { api: { ports: [ \"1:1\" ] } }\n");
        var file = Path.Combine(project.Folder, "docker-compose.pro.yml");

        Assert.False(OverrideFile.IsOurs(file));
        var refused = Assert.Throws<ProException>(() => OverrideFile.With(file, null, "api", ImageReference.Parse("r/api:v2")));
        Assert.Equal("ComposeOverrideIsTheUsers", refused.Id);
        Assert.Equal(2, project.Analyse("r/api").Project.Files.Count);
    }

    [Fact]
    public void What_our_own_file_pinned_before_the_tag_became_an_alias_is_left_out()
    {
        using var project = new TemporaryProject();
        project.Write("docker-compose.yml", "services: { api: { image: \"r/api:latest\" } }\n");
        var file = OverrideFile.PathFor(project.Project);
        File.WriteAllText(file, OverrideFile.With(file, null, "api", ImageReference.Parse("r/api:v1")));
        project.Files = ["docker-compose.yml", Path.GetFileName(file)];

        var pin = project.Analyse("r/api");

        Assert.IsType<AliasPin>(pin.For(ImageReference.Parse("r/api:v2")));
        Assert.Equal([Path.Combine(project.Folder, "docker-compose.yml")], pin.Project.Files);
    }

    [Fact]
    public void Another_project_of_the_same_files_on_the_engine_shares()
    {
        using var project = new TemporaryProject();
        project.Write("docker-compose.yml", "services: { api: { image: \"r/api:${API_VERSION}\" } }\n");
        var labels = new Dictionary<string, string>
        {
            [ComposeLabels.Project] = "shop-prod",
            [ComposeLabels.WorkingDirectory] = project.Folder,
            [ComposeLabels.Files] = "docker-compose.yml",
        };

        var own = new Dictionary<string, string>(labels) { [ComposeLabels.Project] = "shop" };
        var neighbours = ImagePin.Neighbours(project.Project, [labels, labels, own]);

        Assert.Contains("shop-prod", Assert.Single(project.Analyse("r/api", "api", [.. neighbours]).SharedBy), StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_service_lists_the_known_ones()
    {
        using var project = new TemporaryProject();
        project.Write("docker-compose.yml", "services: { api: { image: a }, web: { image: b } }\n");

        var exception = Assert.Throws<ProException>(() => project.Analyse("r/x", "apo"));

        Assert.Equal("ComposeServiceNotFound", exception.Id);
        Assert.Contains("api, web", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_override_file_keeps_what_it_says_of_other_services()
    {
        using var project = new TemporaryProject();
        project.Write("docker-compose.yml", "version: \"3.8\"\nservices: { api: { image: \"r/api:v1\" }, web: { image: \"r/web:v1\" } }\n");
        var path = OverrideFile.PathFor(project.Project);
        var version = OverrideFile.VersionKey(project.Project);
        File.WriteAllText(path, OverrideFile.With(path, version, "web", ImageReference.Parse("r/web:v2")));
        File.WriteAllText(path, OverrideFile.With(path, version, "api", ImageReference.Parse("r/api:v3")));
        project.Files = ["docker-compose.yml", Path.GetFileName(path)];

        var pin = project.Analyse("r/api");

        // What the user wrote is what a remedy names.
        Assert.Equal("r/api:v1", pin.Written);
        Assert.StartsWith(Path.Combine(project.Folder, "docker-compose.yml"), pin.WrittenAt, StringComparison.Ordinal);
        Assert.Equal(path, Assert.IsType<OverridePin>(pin.For(ImageReference.Parse("r/api:v4"))).File);
        Assert.Contains("r/api:v3", File.ReadAllText(path), StringComparison.Ordinal);
        Assert.Contains("r/web:v2", File.ReadAllText(path), StringComparison.Ordinal);
        Assert.Contains("version: \"3.8\"", File.ReadAllText(path), StringComparison.Ordinal);
    }
}
