using Pro.DockerVersioning.Configuration;
using Xunit;

namespace Pro.DockerVersioning.Tests.Configuration;

public sealed class ProSettingsTests
{
    private static readonly string Root = Path.GetFullPath(Path.Combine(Path.GetTempPath(), "repository"));

    private static readonly ProConfiguration Configuration = ProConfigurationReader.Parse("""
        {
          "registry": "file.example.com/pro/",
          "aliases": ["Major"],
          "protect": ["v1.0.*"],
          "retention": { "production": 10 },
          "environments": { "production": { "composeFile": "docker-compose.prod.yml", "engine": "prod" }, "test": { } },
          "history": "state"
        }
        """);

    private static ProSettings Resolve(
        ProParameters? parameters = null, Dictionary<string, string>? variables = null, ProConfiguration? configuration = null) =>
        ProSettings.Resolve(
            parameters ?? new ProParameters(),
            new ProEnvironmentVariables(name => (variables ?? []).GetValueOrDefault(name)),
            configuration ?? Configuration,
            new ProLocation(Path.Combine(Root, "apps"), Root));

    [Fact]
    public void A_parameter_wins_over_a_variable_and_a_variable_over_the_file()
    {
        var variables = new Dictionary<string, string> { ["REGISTRY"] = "env.example.com/pro" };

        Assert.Equal("-Registry (parameter)", Resolve(new() { Registry = "p.example.com" }, variables).Registry!.Source);
        var fromEnvironment = Resolve(null, variables).Registry!;
        Assert.Equal(("env.example.com/pro", "REGISTRY (environment variable)"), (fromEnvironment.Value, fromEnvironment.Source));
        var fromFile = Resolve().Registry!;
        Assert.Equal(("file.example.com/pro", "registry (pro.json)"), (fromFile.Value, fromFile.Source));
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    public void An_empty_variable_counts_as_not_set(string value)
    {
        Assert.Equal(SettingOrigin.Configuration, Resolve(null, new() { ["REGISTRY"] = value }).Registry!.Origin);
        Assert.Equal(SettingOrigin.Default, Resolve(null, new() { ["COMPOSE_FILE"] = value }).ComposeFiles.Origin);
        Assert.Null(Resolve(null, new() { ["DOCKER_BUILDKIT"] = value }).BuildKit.Value);
    }

    [Fact]
    public void A_missing_registry_says_the_three_ways_to_set_it()
    {
        var settings = Resolve(configuration: ProConfiguration.Empty);

        var error = Assert.Throws<ProException>(() => settings.RequireRegistry());
        Assert.Equal("RegistryMissing", error.Id);
        Assert.Contains("-Registry", error.RecommendedAction, StringComparison.Ordinal);
        Assert.Contains("$env:REGISTRY = '", error.RecommendedAction, StringComparison.Ordinal);
        Assert.Contains("pro.json", error.RecommendedAction, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://registry.example.com/pro", "scheme")]
    [InlineData("registry.example.com/Pro", "capital")]
    [InlineData("registry.example.com/pro:latest", "tag")]
    [InlineData("registry.example.com//pro", "empty")]
    [InlineData("/", "empty")]
    [InlineData("registry.example.com/a b", "character")]
    public void A_registry_that_cannot_begin_a_name_is_refused(string registry, string reason)
    {
        var error = Assert.Throws<ProException>(() => Resolve(null, new() { ["REGISTRY"] = registry }));
        Assert.Equal("RegistryInvalid", error.Id);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Contains("REGISTRY (environment variable)", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("localhost:5000")]
    [InlineData("host:5000/pro")]
    [InlineData("[::1]:5000/pro")]
    [InlineData("pro")]
    public void A_registry_with_a_port_or_a_plain_name_is_fine(string registry) =>
        Assert.Equal(registry, Resolve(new() { Registry = registry + "/" }).RequireRegistry());

    [Fact]
    public void Compose_files_of_a_variable_start_at_the_current_folder_and_those_of_the_file_at_the_root()
    {
        var separator = Path.PathSeparator;
        var fromVariable = Resolve(null, new() { ["COMPOSE_FILE"] = $"a.yml{separator}../b.yml" }).ComposeFiles;
        Assert.Equal([Path.Combine(Root, "apps", "a.yml"), Path.Combine(Root, "b.yml")], fromVariable.Value);

        var withSeparator = Resolve(null, new() { ["COMPOSE_FILE"] = "a.yml|b.yml", ["COMPOSE_PATH_SEPARATOR"] = "|" }).ComposeFiles;
        Assert.Equal(2, withSeparator.Value.Count);

        var chosen = Resolve(new() { Environment = "Production" }).ComposeFiles;
        Assert.Equal([Path.Combine(Root, "docker-compose.prod.yml")], chosen.Value);
        Assert.Equal("environments.Production.composeFile (pro.json, chosen by -Environment)", chosen.Source);
    }

    [Fact]
    public void An_environment_that_the_command_names_wins_over_a_variable_of_the_shell()
    {
        var variables = new Dictionary<string, string> { ["COMPOSE_FILE"] = "docker-compose.test.yml" };

        Assert.Equal(SettingOrigin.ChosenEnvironment, Resolve(new() { Environment = "production" }, variables).ComposeFiles.Origin);
        Assert.Equal(SettingOrigin.EnvironmentVariable, Resolve(new() { Environment = "test" }, variables).ComposeFiles.Origin);
        var explicitFile = Resolve(new() { Environment = "production", ComposeFiles = ["x.yml"] }, variables).ComposeFiles;
        Assert.Equal(SettingOrigin.Parameter, explicitFile.Origin);
    }

    [Fact]
    public void An_environment_brings_engine_and_retention()
    {
        var settings = Resolve(new() { Environment = "production" });

        Assert.Equal(("prod", 10), (settings.Engine!.Value, settings.Keep.Value));
        Assert.Equal(3, Resolve(new() { Environment = "production", Keep = 3 }).Keep.Value);
        Assert.Equal((5, SettingOrigin.Default), (Resolve().Keep.Value, Resolve().Keep.Origin));
        Assert.Null(Resolve().Engine);
        Assert.Equal("other", Resolve(new() { Environment = "production", Engine = "other" }).Engine!.Value);
    }

    [Fact]
    public void An_unknown_environment_names_the_nearest()
    {
        var error = Assert.Throws<ProException>(() => Resolve(new() { Environment = "prodution" }));
        Assert.Equal("EnvironmentNotFound", error.Id);
        Assert.Contains("Did you mean \"production\"?", error.RecommendedAction, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1", true)]
    [InlineData("true", true)]
    [InlineData("T", true)]
    [InlineData("0", false)]
    [InlineData("False", false)]
    public void Docker_buildkit_is_a_boolean_of_dockers(string text, bool value)
    {
        var setting = Resolve(null, new() { ["DOCKER_BUILDKIT"] = text }).BuildKit;
        Assert.Equal((value, SettingOrigin.EnvironmentVariable), (setting.Value!.Value, setting.Origin));
    }

    [Theory]
    [InlineData("yes")]
    [InlineData("2")]
    [InlineData("tRue")]
    public void Any_other_docker_buildkit_is_an_error(string text)
    {
        var error = Assert.Throws<ProException>(() => Resolve(null, new() { ["DOCKER_BUILDKIT"] = text }).BuildKit);
        Assert.Equal("EnvironmentVariableNotABoolean", error.Id);
        Assert.Contains($"\"{text}\"", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Aliases_and_protection()
    {
        Assert.Equal(ProAlias.Major, Resolve().Aliases.Value);
        Assert.Equal(ProAlias.None, Resolve(new() { Aliases = ProAlias.None }).Aliases.Value);
        Assert.Equal(ProAlias.None, Resolve(configuration: ProConfiguration.Empty).Aliases.Value);

        // Protection only ever grows.
        Assert.Equal(["v2.*", "v1.0.*"], Resolve(new() { Protect = ["v2.*"] }).Protect);
    }

    [Fact]
    public void A_relative_history_starts_at_the_root() =>
        Assert.Equal(Path.Combine(Root, "state"), Resolve().History!.Value);
}
