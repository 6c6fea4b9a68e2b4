using System.Management.Automation;

namespace Pro.DockerVersioning.Tests.Engine.Configuration;

/// <summary>Where a command's settings come from.</summary>
public sealed class SettingsTests : EngineTest
{
    private string? Image(string parameters = "") => Text(Good($"Get-ProService {parameters}")[0], "Image");

    [Fact]
    public void The_registry_of_the_parameter_wins_over_the_variable_which_wins_over_pro_json()
    {
        _ = Repository.Write("pro.json", """{ "registry": "file.example.com/pro", "services": { "api": { "context": "apps/api" } } }""");
        _ = Commit();
        Variables["REGISTRY"] = "variable.example.com/pro";
        Assert.Equal("parameter.example.com/pro/api", Image("-Registry parameter.example.com/pro"));
        Assert.Equal("variable.example.com/pro/api", Image());
        Variables["REGISTRY"] = null;
        Assert.Equal("file.example.com/pro/api", Image());
    }

    [Theory]
    [InlineData("Build-ProImage api")]
    [InlineData("Get-ProImageVersion")]
    [InlineData("Publish-ProImage api v1.0.0")]
    public void A_missing_registry_is_an_error_that_names_the_three_ways_to_set_it(string script)
    {
        _ = Release("v1.0.0");
        Variables["REGISTRY"] = null;
        var error = Bad(script, "RegistryMissing", ErrorCategory.InvalidArgument);
        Assert.Contains("-Registry", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Contains("$env:REGISTRY", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Contains("pro.json", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://registry.example.com/pro")]
    [InlineData("registry.example.com/Pro")]
    public void A_registry_that_can_begin_no_image_name_is_refused(string registry)
    {
        _ = Commit();
        Variables["REGISTRY"] = registry;
        var result = Run("Build-ProImage api");
        Assert.Contains("Registry", result.Error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains(registry, result.Error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_key_of_pro_json_is_an_error_that_names_its_line_and_comments_are_allowed()
    {
        _ = Repository.Write("pro.json", "{\n  // a comment\n  \"services\": { \"api\": { \"contxt\": \"apps/api\" } },\n}\n");
        _ = Commit();
        var error = Bad("Get-ProService", "ConfigurationUnknownKey", ErrorCategory.InvalidData);
        Assert.Contains("line 3", error.ToString(), StringComparison.Ordinal);
        Assert.Contains("\"contxt\"", error.ToString(), StringComparison.Ordinal);
        Assert.Contains("Did you mean \"context\"?", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void Pro_json_is_found_from_any_folder_below_and_by_Path()
    {
        _ = Repository.Write("pro.json", """{ "services": { "api": { "context": "source" } } }""");
        _ = Repository.Commit(("source/Dockerfile", CopyAll), ("source/deep/er/file", "x"));
        _ = Shell.In(Repository.FullPath("source/deep/er"));
        Assert.Equal(Head12, Text(One("Build-ProImage api"), "Version"));
        _ = Shell.In("/");
        Assert.Equal("AlreadyBuilt", Text(One($"Build-ProImage api -Path '{Repository.FullPath("source")}'"), "Outcome"));
        _ = Bad("Build-ProImage api -Path /nowhere", "FolderNotFound", ErrorCategory.ObjectNotFound);
    }

    [Fact]
    public void Services_are_those_of_pro_json_else_of_the_compose_file_else_of_the_folders()
    {
        _ = Repository.Commit(("apps/api/Dockerfile", CopyAll), ("services/web/Dockerfile", CopyAll), ("tool/Dockerfile", CopyAll));
        Assert.Equal(["api", "tool", "web"], Names().Order());
        _ = Repository.Write("compose.yaml", "services:\n  fromcompose:\n    build: apps/api\n");
        Assert.Equal(["fromcompose"], Names());
        _ = Repository.Write("pro.json", """{ "services": { "fromfile": { "context": "apps/api" } } }""");
        Assert.Equal(["fromfile"], Names());

        IEnumerable<string?> Names() => Good("Get-ProService").Select(service => Text(service, "Service"));
    }

    [Fact]
    public void Compose_files_of_the_parameter_win_over_the_variable_which_wins_over_the_default_name()
    {
        foreach (var (file, service) in ((string, string)[])[("docker-compose.yml", "usual"), ("one.yml", "variable"),
            ("two.yml", "parameter")])
        {
            _ = Repository.Write(file, $"services:\n  {service}:\n    build: apps/api\n");
        }

        _ = Commit();
        Assert.Equal("usual", Text(One("Get-ProService"), "Service"));
        Variables["COMPOSE_FILE"] = "one.yml";
        Assert.Equal("variable", Text(One("Get-ProService"), "Service"));
        Assert.Equal("parameter", Text(One("Get-ProService -ComposeFile two.yml"), "Service"));
        Variables["COMPOSE_FILE"] = "one.yml:two.yml";
        Assert.Equal(["parameter", "variable"], Good("Get-ProService").Select(service => Text(service, "Service")).Order());
        Variables["COMPOSE_FILE"] = "none.yml";
        var error = Bad("Get-ProService", "ComposeFileNotFound", ErrorCategory.ObjectNotFound);
        Assert.Contains("none.yml", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_any_service_the_error_names_the_three_ways_to_declare_one()
    {
        _ = Repository.Commit(("README", "nothing here"));
        var error = Bad("Get-ProService", "NoServices", ErrorCategory.ObjectNotFound);
        Assert.Contains("apps/NAME", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Contains("pro.json", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void Outside_of_a_repository_a_build_says_so()
    {
        _ = Shell.In(Repository.Beside);
        Directory.CreateDirectory(Path.Combine(Repository.Beside, "api"));
        File.WriteAllText(Path.Combine(Repository.Beside, "api", "Dockerfile"), CopyAll);
        _ = Bad("Build-ProImage api", "RepositoryNotFound", ErrorCategory.ObjectNotFound);
    }
}
