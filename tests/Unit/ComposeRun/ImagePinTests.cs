using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Services.Compose;
using Pro.DockerVersioning.Versions;
using Xunit;

namespace Pro.DockerVersioning.Tests.ComposeRun;

public sealed class ImagePinTests
{
    [Theory]
    [InlineData("${REGISTRY}/api:${API_VERSION}", "TagVariable", "API_VERSION", "v1.2.0")]
    [InlineData("${REGISTRY}/api:${API_VERSION:-latest}", "TagVariable", "API_VERSION", "v1.2.0")]
    [InlineData("${REGISTRY:-other}/api:$API_VERSION", "TagVariable", "API_VERSION", "v1.2.0")]
    [InlineData("r.example:5000/pro/api:v${API_NUMBER:?which?}", "TagVariable", "API_NUMBER", "1.2.0")]
    [InlineData("r.example:5000/pro/api:${API_VERSION:-${FALLBACK:-latest}}", "TagVariable", "API_VERSION", "v1.2.0")]
    [InlineData("${API_IMAGE}", "WholeVariable", "API_IMAGE", "r.example:5000/pro/api:v1.2.0")]
    [InlineData("${API_IMAGE:-r.example:5000/pro/api}:${API_VERSION}", "TagVariable", "API_VERSION", "v1.2.0")]
    public void One_variable_brings_the_version(string image, string form, string variable, string value)
    {
        using var project = new TemporaryProject();
        project.Write(".env", "REGISTRY=r.example:5000/pro\n");
        project.Write("docker-compose.yml", $"services:\n  api:\n    image: {image}\n");

        var pin = project.Analyse("r.example:5000/pro/api");

        Assert.Equal((form, variable), (pin.Form.ToString(), pin.Variable));
        var found = Assert.IsType<VariablePin>(pin.For(ImageReference.Parse("r.example:5000/pro/api:v1.2.0")));
        Assert.Equal((variable, value), (found.Variable, found.Value));
    }

    [Theory]
    [InlineData("image: r.example/api:v1", "Literal")]
    [InlineData("image: r.example/api", "Literal")]
    [InlineData("image: r.example/api@sha256:3a7e2e128341916de00aee8c29b108ae750628ee68a63eaa1b4fece1808561e1", "Digest")]
    [InlineData("image: r.example/api:${V}-${V}", "Composite")]
    [InlineData("image: r.example/api:${V:+v1}", "Composite")]
    [InlineData("build: .", "None")]
    public void What_no_variable_can_bring_gets_a_file_over_it(string line, string form)
    {
        using var project = new TemporaryProject();
        project.Write("docker-compose.yml", $"services:\n  api:\n    {line}\n");

        var pin = project.Analyse("r.example/api");

        Assert.Equal(form, pin.Form.ToString());
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
    public void The_same_service_in_two_files_of_one_project_shares_with_nobody()
    {
        using var project = new TemporaryProject { Files = ["docker-compose.yml", "docker-compose.override.yml"] };
        project.Write("docker-compose.yml", "x-api: &api { image: \"r/api:${API_VERSION}\" }\nservices: { api: { <<: *api } }\n");
        project.Write("docker-compose.override.yml", "services: { api: { image: \"r/api:${API_VERSION}\", ports: [ \"1:1\" ] } }\n");

        Assert.Empty(project.Analyse("r/api").SharedBy);
    }

    [Theory]
    [InlineData("services: { api: { image: \"r/api:${API_VERSION}\" } }")]
    [InlineData("services: { api: { ports: [ \"8080:80\" ] } }")]
    public void Test_and_production_files_in_one_folder_share(string production)
    {
        using var project = new TemporaryProject { Files = ["docker-compose.test.yml"] };
        project.Write("docker-compose.test.yml", "services: { api: { image: \"r/api:${API_VERSION}\" } }\n");
        project.Write("docker-compose.prod.yml", production + "\n");

        Assert.Contains("docker-compose.prod.yml", Assert.Single(project.Analyse("r/api").SharedBy), StringComparison.Ordinal);
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

        Assert.Equal(ImageForm.Override, pin.Form);
        Assert.Equal("r/api:v3", pin.Written);
        Assert.Equal("r/web:v2", project.Analyse("r/web", "web").Written);
        Assert.Contains("version: \"3.8\"", File.ReadAllText(path), StringComparison.Ordinal);
    }
}
