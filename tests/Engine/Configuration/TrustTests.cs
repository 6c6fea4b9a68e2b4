using System.Management.Automation;
using Pro.DockerVersioning.Tests.Engine.Deploy;

namespace Pro.DockerVersioning.Tests.Engine.Configuration;

/// <summary>
/// pro.json of a cloned repository may hold what its author wants: an engine by its address and a history elsewhere need an approval.
/// </summary>
public sealed class TrustTests : DeployTest
{
    private readonly string _logins = Directory.CreateTempSubdirectory("pro-logins-").FullName;

    public TrustTests()
    {
        // A login for the registry that the images are of, and a header that only the user's own engine may see.
        var auth = Convert.ToBase64String("me:s3cret"u8.ToArray());
        File.WriteAllText(
            Path.Combine(_logins, "config.json"),
            $$"""{ "auths": { "{{TestSettings.Registry}}": { "auth": "{{auth}}" } }, "HttpHeaders": { "X-Mine": "s3cret-header" } }""");
        Variables["DOCKER_CONFIG"] = _logins;
        Variables["XDG_STATE_HOME"] = Path.Combine(_logins, "state");
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        Directory.Delete(_logins, recursive: true);
    }

    [Fact]
    public async Task An_engine_by_its_address_gets_no_login_and_no_header_before_it_is_approved()
    {
        var seen = new List<string>();
        await using var proxy = EngineProxy.Start();
        proxy.Before = request =>
        {
            lock (seen)
            {
                seen.AddRange(request.Headers.Where(header => header.Key is "X-Registry-Auth" or "X-Mine" && header.Value.Length > 8)
                    .Select(header => header.Key));
            }

            return Task.FromResult<ScriptedResponse?>(null);
        };
        _ = Make("v1.0.0");
        Start("v1.0.0");
        Configure($$"""{ "environments": { "production": { "engine": "{{proxy.Url}}" } } }""");

        // Nobody answers here: an error, before anything is asked.
        Host.Answers.Enqueue(1);
        var error = Bad("Deploy-ProService api v1.1.0 -Environment production", "RepositoryNotTrusted", ErrorCategory.PermissionDenied);
        Assert.Contains($"environments.production.engine = {proxy.Url}", error.Exception.Message, StringComparison.Ordinal);
        Assert.Contains("-TrustRepository", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Empty(proxy.Requests);

        // The plan is made without a login, names the engine, and says what is missing.
        Host.Clear();
        _ = Run("Deploy-ProService api v1.1.0 -Environment production -WhatIf");
        Assert.NotEmpty(proxy.Requests);
        Assert.Empty(seen);
        _ = Run("Deploy-ProService api v1.0.0 -Force -Environment production -WhatIf").ThrowIfFailed();
        Assert.Contains($"Engine: {proxy.Url} (environments.production.engine", Host.Text, StringComparison.Ordinal);
        Assert.Contains("Not approved: environments.production.engine", Host.Text, StringComparison.Ordinal);
        Assert.Contains("No login is sent to it, and nothing is changed there", Host.Text, StringComparison.Ordinal);
        Assert.Empty(seen);

        // Approved once, by an answer: from then on it is an engine as any other.
        Host.Answers.Enqueue(0);
        _ = Run("Deploy-ProService api v1.1.0 -Environment production");
        Assert.Contains("X-Registry-Auth", seen);
        Assert.Contains("X-Mine", seen);
        var prompts = Host.Prompts.Count;
        _ = Run("Get-ProDiskUsage -Environment production").ThrowIfFailed();
        Assert.Equal(prompts, Host.Prompts.Count);

        // With -WhatIf it still gets none, and another address asks again.
        seen.Clear();
        _ = Run("Deploy-ProService api v1.1.0 -Environment production -WhatIf");
        Assert.DoesNotContain("X-Registry-Auth", seen);
        Configure($$"""{ "environments": { "production": { "engine": "tcp://127.0.0.1:9" } } }""");
        Host.Answers.Enqueue(1);
        _ = Bad("Get-ProDiskUsage -Environment production", "RepositoryNotTrusted", ErrorCategory.PermissionDenied);
    }

    [Fact]
    public async Task WhatIf_sends_no_login_to_a_registry_and_the_plan_says_what_could_not_be_looked_up()
    {
        var auth = Convert.ToBase64String("me:s3cret"u8.ToArray());
        await using var registry = TokenRegistry.Start(login: $"Basic {auth}");
        await File.WriteAllTextAsync(
            Path.Combine(_logins, "config.json"), $$$"""{ "auths": { "{{{registry.Host}}}": { "auth": "{{{auth}}}" } } }""", Cancel);
        var repository = $"{registry.Host}/{RegistryPath}/api";
        _ = Make("v1.0.0");
        _ = Make("v1.1.0");
        try
        {
            TestEngine.Tag($"{Registry}/api:v1.0.0", repository, "v1.0.0");
            TestEngine.Push($"{Registry}/api", "v1.1.0");
            TestEngine.Untag($"{Registry}/api:v1.1.0");
            _ = TestEngine.CreateContainer($"{repository}:v1.0.0", ContainerName, start: true);
            Variables["REGISTRY"] = $"{registry.Host}/{RegistryPath}";

            _ = Run("Deploy-ProService api v1.1.0 -WhatIf").ThrowIfFailed();
            Assert.Contains(
                $"the image is pulled: {repository}:v1.1.0 (it could not be looked up, since -WhatIf sends no login)", Host.Text,
                StringComparison.Ordinal);
            _ = Run("Publish-ProImage api v1.0.0 -WhatIf").ThrowIfFailed();
            Assert.Contains(
                $"push {repository}:v1.0.0: it could not be looked up, since -WhatIf sends no login", Host.Text, StringComparison.Ordinal);
            Assert.Contains("latest: decided when it is pushed: -WhatIf sends no login", Host.Text, StringComparison.Ordinal);
            var newest = Run("$WhatIfPreference = $true; Deploy-ProService api; $WhatIfPreference = $false").ThrowIfFailed();
            Assert.Contains(
                newest.Warnings, warning => warning.EndsWith("this engine's only. -WhatIf sends no login.", StringComparison.Ordinal));
            Assert.NotEmpty(registry.Authorizations);
            Assert.All(registry.Authorizations, Assert.Null);

            Assert.Equal("Published", Text(One("Publish-ProImage api v1.0.0"), "Outcome"));
            Assert.Contains($"Basic {auth}", registry.Authorizations);
        }
        finally
        {
            TestEngine.RemoveContainer(ContainerName);
            foreach (var tag in TestEngine.Tags(repository).Select(line => line.Split('=')[0]))
            {
                TestEngine.Untag(tag);
            }
        }
    }

    [Fact]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public async Task A_job_says_TrustRepository_once()
    {
        await using var proxy = EngineProxy.Start();
        Configure($$"""{ "environments": { "production": { "engine": "{{proxy.Url}}" } } }""");
        const string Ask = "Get-ProDiskUsage -Environment production";
        Assert.Contains("RepositoryNotTrusted", await JobAsync(Ask), StringComparison.Ordinal);
        Assert.DoesNotContain("RepositoryNotTrusted", await JobAsync(Ask + " -TrustRepository"), StringComparison.Ordinal);
        Assert.DoesNotContain("RepositoryNotTrusted", await JobAsync(Ask), StringComparison.Ordinal);
        var kept = Assert.Single(Directory.GetFiles(Path.Combine(_logins, "state", "pro-docker-versioning", "trust")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(kept));
    }

    [Fact]
    public void The_name_of_a_context_is_trusted_and_the_plan_shows_its_engine()
    {
        var socket = TestEngine.SocketPath;
        var id = Convert.ToHexString(System.Security.Cryptography.SHA256.HashData("prod"u8)).ToLowerInvariant();
        var meta = Directory.CreateDirectory(Path.Combine(_logins, "contexts", "meta", id)).FullName;
        File.WriteAllText(
            Path.Combine(meta, "meta.json"), $$"""{ "Name": "prod", "Endpoints": { "docker": { "Host": "unix://{{socket}}" } } }""");
        _ = Make("v1.0.0");
        _ = Make("v1.1.0");
        Start("v1.0.0");
        Configure("""{ "environments": { "production": { "engine": "prod" } } }""");
        Variables["DOCKER_HOST"] = "unix:///nowhere/docker.sock";
        _ = Good("Deploy-ProService api v1.1.0 -Environment production -WhatIf");
        Assert.Empty(Host.Prompts);
        Assert.Contains(
            $"Engine: unix://{socket} (the context 'prod', environments.production.engine", Host.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../elsewhere")]
    [InlineData("link/elsewhere")]
    public void A_history_outside_of_the_repository_is_not_written_before_it_is_approved(string history)
    {
        var outside = Directory.CreateDirectory(Path.Combine(_logins, "outside")).FullName;
        _ = Directory.CreateSymbolicLink(Path.Combine(Repository.Root, "link"), outside);
        Configure($$"""{ "history": "{{history}}" }""");
        var place = history.StartsWith("link", StringComparison.Ordinal)
            ? Path.Combine(outside, "elsewhere") : Path.GetFullPath(Path.Combine(Repository.Root, history));
        Host.Answers.Enqueue(1);
        _ = Bad("Build-ProImage api", "RepositoryNotTrusted", ErrorCategory.PermissionDenied);
        Host.Answers.Enqueue(1);
        _ = Bad("Get-ProHistory", "RepositoryNotTrusted", ErrorCategory.PermissionDenied);
        _ = Run("Build-ProImage api -WhatIf").ThrowIfFailed();
        Assert.Contains($"Not approved: history = {place}", Host.Text, StringComparison.Ordinal);
        Assert.False(Directory.Exists(place));

        _ = Good("Build-ProImage api -TrustRepository");
        Assert.NotEmpty(Directory.GetFiles(place));
        _ = Assert.Single(Good("Get-ProHistory"));
        Directory.Delete(place, recursive: true);
    }

    [Fact]
    public void A_value_of_the_repository_can_not_hide_the_question_or_add_lines_to_it()
    {
        Configure("""{ "history": "../elsewhere\u001b[2J\u001b[1;1H\nhistory = log" }""");
        Host.Answers.Enqueue(1);
        var error = Bad("Build-ProImage api", "RepositoryNotTrusted", ErrorCategory.PermissionDenied);
        _ = Run("Build-ProImage api -WhatIf").ThrowIfFailed();
        foreach (var text in (string[])[Host.Prompts[^1], error.Exception.Message, Host.Text])
        {
            Assert.DoesNotContain('\e', text);
            Assert.Contains("elsewherehistory = log", text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_history_inside_of_the_repository_needs_no_approval()
    {
        Configure("""{ "history": "log" }""");
        _ = Good("Build-ProImage api");
        Assert.True(Directory.Exists(Path.Combine(Repository.Root, "log")));
        Assert.Empty(Host.Prompts);
    }

    private void Configure(string json) => Repository.Write("pro.json", json);

    private async Task<string> JobAsync(string command)
    {
        var result = await FreshProcess.RunAsync(
            $"Import-Module '{TestSetup.ModuleManifest}'; try {{ {command} }} catch {{ $_.FullyQualifiedErrorId }}",
            Repository.Root,
            input: "y\n",
            cancellationToken: Cancel);
        return result.Output + result.Error;
    }
}
