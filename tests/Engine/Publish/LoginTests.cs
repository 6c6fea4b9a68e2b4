using System.Management.Automation;
using System.Text;
using System.Text.Json;

namespace Pro.DockerVersioning.Tests.Engine.Publish;

/// <summary>Logins: from Docker's configuration, from credential helpers, by tokens; and never in a stream.</summary>
public sealed class LoginTests : EngineTest
{
    private readonly string _config;
    private readonly string _api;

    public LoginTests()
    {
        _config = Directory.CreateDirectory(Path.Combine(Repository.Beside, "docker")).FullName;
        Variables["DOCKER_CONFIG"] = _config;
        Configure(new { });
        Variables["REGISTRY"] = $"{TestSettings.PrivateRegistry}/{RegistryPath}";
        _api = $"{RegistryPath}/api";
        _ = Release("v1.0.0");
        _ = One("Build-ProImage api v1.0.0");
    }

    private static string Auth(string user, string password) => Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"));

    private void Configure(object config) => File.WriteAllText(Path.Combine(_config, "config.json"), JsonSerializer.Serialize(config));

    private void Login(string user, string password) => Configure(new
    {
        auths = new Dictionary<string, object> { [TestSettings.PrivateRegistry] = new { auth = Auth(user, password) } },
    });

    [Fact]
    public void Without_a_login_the_error_says_how_to_log_in()
    {
        var error = Bad("Publish-ProImage api v1.0.0", "RegistryLoginRequired", ErrorCategory.AuthenticationError);
        Assert.Contains($"docker login {TestSettings.PrivateRegistry}", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_password_is_another_sentence_and_is_not_repeated()
    {
        const string Wrong = "not-the-password-9321";
        Login(TestSettings.PrivateUser, Wrong);
        var result = Run("Publish-ProImage api v1.0.0 -Verbose");
        Check(result.Error, "RegistryLoginRequired", ErrorCategory.AuthenticationError);
        Assert.Contains("does not accept the login", result.Error.ToString(), StringComparison.Ordinal);
        AssertSilent(result, Wrong, Auth(TestSettings.PrivateUser, Wrong));
    }

    [Fact]
    public void A_login_of_docker_login_is_used_and_stays_out_of_every_stream()
    {
        Login(TestSettings.PrivateUser, TestSettings.PrivatePassword);
        AssertPublishes("Publish-ProImage api v1.0.0 -Alias Minor -Verbose");
        using var registry = TestRegistry.Private();
        Assert.Equal(["latest", "v1.0", "v1.0.0"], registry.Tags(_api));
    }

    [Fact]
    public void A_credential_helper_is_asked()
    {
        Helper("pro-test", $$"""{"Username":"{{TestSettings.PrivateUser}}","Secret":"{{TestSettings.PrivatePassword}}"}""");
        Configure(new { credHelpers = new Dictionary<string, string> { [TestSettings.PrivateRegistry] = "pro-test" } });
        AssertPublishes("Publish-ProImage api v1.0.0 -Verbose");
    }

    [Fact]
    public void A_credential_store_is_asked_too()
    {
        Helper("pro-test", $$"""{"Username":"{{TestSettings.PrivateUser}}","Secret":"{{TestSettings.PrivatePassword}}"}""");
        Configure(new { credsStore = "pro-test" });
        AssertPublishes("Publish-ProImage api v1.0.0 -Verbose");
    }

    [Fact]
    public void A_helper_that_is_missing_is_named()
    {
        Configure(new { credsStore = "pro-nowhere" });
        var error = Bad("Publish-ProImage api v1.0.0", "CredentialHelperNotFound", ErrorCategory.ResourceUnavailable);
        Assert.Contains("docker-credential-pro-nowhere", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_identity_token_is_changed_for_an_access_token()
    {
        var token = Guid.NewGuid().ToString("N");
        await using var gate = TokenRegistry.Start(identityToken: token);
        Configure(
            new { auths = new Dictionary<string, object> { [gate.Host] = new { identitytoken = token, auth = Auth("<token>", "") } } });
        await AtAsync(gate, result =>
        {
            AssertSilent(result.ThrowIfFailed(), token, TokenRegistry.AccessToken);
            Assert.Equal("Published", Text(Assert.Single(result.Output), "Outcome"));
            Assert.True(gate.TokensGiven > 0);
        });
    }

    [Fact]
    public async Task No_right_and_no_such_repository_are_two_errors()
    {
        await using var denied = TokenRegistry.Start(refusal: (403, "DENIED", "requested access to the resource is denied"));
        Configure(new { auths = new Dictionary<string, object> { [denied.Host] = new { auth = Auth("someone", "pass") } } });
        await AtAsync(denied, result =>
        {
            Check(result.Error, "RegistryAccessDenied", ErrorCategory.PermissionDenied);
            Assert.Contains("given the right", result.Error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        });

        await using var unknown = TokenRegistry.Start(refusal: (404, "NAME_UNKNOWN", "repository name not known to registry"));
        await AtAsync(unknown, result => Check(result.Error, "RegistryRepositoryNotFound", ErrorCategory.ObjectNotFound));
    }

    /// <summary>Publishes to a registry of the test's own.</summary>
    private async Task AtAsync(TokenRegistry gate, Action<ShellResult> judge)
    {
        var reference = $"{gate.Host}/{RegistryPath}/api";
        TestEngine.Tag($"{TestSettings.PrivateRegistry}/{RegistryPath}/api:v1.0.0", reference, "v1.0.0");
        try
        {
            judge(await Task.Run(() => Run($"Publish-ProImage api v1.0.0 -Registry {gate.Host}/{RegistryPath} -Verbose"), Cancel));
        }
        finally
        {
            TestEngine.Untag($"{reference}:v1.0.0");
        }
    }

    private void AssertPublishes(string script)
    {
        var result = Run(script).ThrowIfFailed();
        Assert.Equal("Published", Text(Assert.Single(result.Output), "Outcome"));
        AssertSilent(result, TestSettings.PrivatePassword, Auth(TestSettings.PrivateUser, TestSettings.PrivatePassword));
        using var registry = TestRegistry.Private();
        Assert.NotNull(registry.DigestOf(_api, "v1.0.0"));
    }

    private void AssertSilent(ShellResult result, params string[] secrets)
    {
        var said = string.Join('\n', result.Verbose.Concat(result.Warnings)
            .Concat(result.Progress.Select(bar => $"{bar.Activity} {bar.StatusDescription} {bar.CurrentOperation}"))
            .Concat(result.Errors.Select(
                error => $"{error} {error.ErrorDetails.RecommendedAction} {error.Exception} {error.Exception.InnerException}"))
            .Append(result.Failure?.ToString()).Append(Host.Text));
        Assert.All(secrets, secret => Assert.DoesNotContain(secret, said, StringComparison.Ordinal));
    }

    private void Helper(string name, string answer)
    {
        var path = Path.Combine(_config, "docker-credential-" + name);
        File.WriteAllText(path,
            "#!/bin/sh\n[ \"$1\" = get ] || exit 1\nread host\n"
                + $"[ \"$host\" = {TestSettings.PrivateRegistry} ] || {{ echo 'credentials not found in native keychain'; exit 1; }}\n"
                + $"echo '{answer}'\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, (UnixFileMode)0x1C0);
        }

        Variables["PATH"] = _config + ":" + Environment.GetEnvironmentVariable("PATH");
    }
}
