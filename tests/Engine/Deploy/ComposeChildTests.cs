using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace Pro.DockerVersioning.Tests.Engine.Deploy;

/// <summary>Compose as a child: which engine it works on, what it is given of the user's, and which program it is.</summary>
public sealed class ComposeChildTests : ComposeTest
{
    private readonly string _config;

    public ComposeChildTests()
    {
        _config = Directory.CreateDirectory(Path.Combine(Repository.Beside, "docker")).FullName;
        Variables["XDG_STATE_HOME"] = Path.Combine(Repository.Beside, "state");
    }

    /// <summary>docker-compose 1.x takes the engine from there, if nothing else names one.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_engine_that_a_env_file_names_gets_no_request(bool isPlugin)
    {
        await using var other = ScriptedHttpServer.Start(static _ => ScriptedResponse.Empty(500));
        Begin(isPlugin);

        // The user's engine is the context in use: no variable names it.
        Configure("""{ "currentContext": "mine" }""");
        var meta = Directory.CreateDirectory(
            Path.Combine(_config, "contexts", "meta", Convert.ToHexStringLower(SHA256.HashData("mine"u8)))).FullName;
        await File.WriteAllTextAsync(
            Path.Combine(meta, "meta.json"),
            $$"""{ "Name": "mine", "Metadata": {}, "Endpoints": { "docker": { "Host": "unix://{{TestEngine.SocketPath}}" } } }""",
            Cancel);
        Variables["DOCKER_HOST"] = null;
        await File.AppendAllTextAsync(DotEnv, $"DOCKER_HOST=tcp://{other.Host}\n", Cancel);

        Assert.Equal("Succeeded", Text(One("Deploy-ProService api v1.1.0"), "Outcome"));
        WriteFile(GuideFile + "    environment: [ A=1 ]\n");
        Assert.Equal("Succeeded", Text(One("Invoke-ProRollback api -Previous -Confirm:$false"), "Outcome"));
        Assert.Equal(["v1.0.0"], Running);
        Assert.Empty(other.Requests);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public async Task WhatIf_gives_compose_no_login_and_no_header_for_an_engine_that_is_not_approved(bool isPlugin)
    {
        var headers = new ConcurrentQueue<string>();
        await using var proxy = EngineProxy.Start();
        proxy.Before = request =>
        {
            foreach (var (name, value) in request.Headers)
            {
                headers.Enqueue($"{name}: {value}");
            }

            return Task.FromResult<ScriptedResponse?>(null);
        };
        Begin(isPlugin);
        Configure($$"""
            { "auths": { "{{TestSettings.Registry}}": { "auth": "{{Convert.ToBase64String("me:s3cret"u8)}}" } },
              "credHelpers": { "other.example": "none" }, "HttpHeaders": { "X-Mine": "me" } }
            """);
        _ = Repository.Write("pro.json", $$"""{ "environments": { "production": { "engine": "{{proxy.Url}}" } } }""");
        var temporary = Directory.CreateDirectory(Path.Combine(Repository.Beside, "temporary")).FullName;
        Variables["TMPDIR"] = temporary;
        var given = WriteDownLogins(ComposeProgram.Name, ComposeProgram.Path);

        _ = Good("Deploy-ProService api v1.1.0 -Environment production -WhatIf");
        Assert.Contains("Not approved: environments.production.engine", Host.Text, StringComparison.Ordinal);

        // The plugin asks no engine for a plan.
        Assert.True(isPlugin
            || headers.Any(header => header.Contains("docker-compose/1.", StringComparison.Ordinal)), "docker-compose has asked.");
        Assert.DoesNotContain(headers, header => header.StartsWith("X-Mine", StringComparison.OrdinalIgnoreCase));
        Assert.Empty(Directory.EnumerateDirectories(temporary, "pro-config-*"));
        Assert.DoesNotContain("X-Mine", await File.ReadAllTextAsync(given, Cancel), StringComparison.Ordinal);
        NoLoginWasGiven(given, " config");

        // On the user's own engine a plan needs none either, and the run that follows has them all.
        _ = Good("Deploy-ProService api v1.1.0 -WhatIf");
        NoLoginWasGiven(given, " config");
        _ = Good("Deploy-ProService api v1.1.0");
        Assert.Contains("\"auths\"", await File.ReadAllTextAsync(given, Cancel), StringComparison.Ordinal);
    }

    /// <summary>.NET itself looks for a program's name in the current folder first.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public void Programs_of_a_repository_and_of_the_current_folder_are_never_started(bool isPlugin)
    {
        var ran = Path.Combine(Repository.Beside, "ran");
        foreach (var name in (string[])["git", "docker", "docker-compose", "docker-buildx", "docker-credential-planted",
            "docker-credential-pass", "pass", "chown"])
        {
            var file = Repository.FullPath(name);
            File.WriteAllText(file, $"#!/bin/sh\necho {name} >>'{ran}'\nexit 1\n");
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        var current = Directory.GetCurrentDirectory();
        Directory.SetCurrentDirectory(Repository.Root);
        try
        {
            Begin(isPlugin);
            Configure("""{ "credsStore": "planted" }""");
            _ = Good("Build-ProImage api -WorkingTree");
            Assert.Equal("Succeeded", Text(One("Deploy-ProService api v1.1.0"), "Outcome"));
            var error = Run("Publish-ProImage api v1.1.0").Error;
            Assert.StartsWith("CredentialHelperNotFound,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
            Assert.False(File.Exists(ran), File.Exists(ran) ? File.ReadAllText(ran) : "");
        }
        finally
        {
            Directory.SetCurrentDirectory(current);
        }
    }

    /// <summary>v1.0.0 runs, and v1.1.0 is there.</summary>
    private void Begin(bool isPlugin)
    {
        if (isPlugin)
        {
            UsePlugin();
            _ = Directory.CreateSymbolicLink(Path.Combine(_config, "cli-plugins"), Path.Combine(PluginFolder!, "cli-plugins"));
        }

        WriteFile(GuideFile);
        Well("v1.0.0", "v1.1.0");
        _ = One("Deploy-ProService api v1.0.0");
    }

    /// <summary>From now on the user has this configuration, and the plugins.</summary>
    private void Configure(string json)
    {
        File.WriteAllText(Path.Combine(_config, "config.json"), json);
        Variables["DOCKER_CONFIG"] = _config;
    }
}
