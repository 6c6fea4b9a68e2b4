using System.Globalization;
using System.Text;
using System.Text.Json;
using Pro.DockerVersioning.Engine;
using Xunit;

namespace Pro.DockerVersioning.Tests.Registry;

/// <summary>Docker's config.json, and logins out of it; helpers are real processes.</summary>
public sealed class DockerConfigTests : IDisposable
{
    private const int Bound = 30_000;

    private static readonly JsonSerializerOptions Readable = new()
        { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string _folder = Directory.CreateTempSubdirectory("pro-docker-config-").FullName;
    private readonly Dictionary<string, string?> _environment = new(StringComparer.Ordinal);

    public DockerConfigTests()
    {
        _environment["DOCKER_CONFIG"] = _folder;
        _environment["PATH"] = _folder;
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_missing_file_is_an_empty_configuration()
    {
        var config = DockerConfigFile.Load(Read);

        Assert.Equal(Path.Combine(_folder, "config.json"), config.Path);
        Assert.Empty(config.Auths);
        Assert.Null(config.CurrentContext);
    }

    [Fact]
    public void Without_DOCKER_CONFIG_it_is_in_the_home_folder()
    {
        _environment["DOCKER_CONFIG"] = string.Empty;
        _environment["HOME"] = _folder;
        _environment["USERPROFILE"] = _folder;
        Directory.CreateDirectory(Path.Combine(_folder, ".docker"));
        File.WriteAllText(Path.Combine(_folder, ".docker", "config.json"), """{"currentContext":"prod"}""");

        Assert.Equal("prod", DockerConfigFile.Load(Read).CurrentContext);
    }

    [Fact]
    public void Names_are_read_in_any_case_and_unknown_ones_ignored()
    {
        var config = Config("""
            { "credsstore": "store", "CredHelpers": {"a": "b"}, "HttpHeaders": {"X-Meta": "1"}, "currentContext": "prod",
              "auths": null, "plugins": {"x": {"y": "z"}}, "detachKeys": "ctrl-a" }
            """);

        Assert.Equal("store", config.CredentialsStore);
        Assert.Equal("b", config.CredentialHelpers["a"]);
        Assert.Equal("1", config.HttpHeaders["X-Meta"]);
        Assert.Equal("prod", config.CurrentContext);
    }

    [Theory]
    [InlineData("")]
    [InlineData("  \n")]
    [InlineData("\uFEFF{}")]
    public void An_empty_file_and_a_byte_order_mark_do_no_harm(string content) => Assert.Empty(Config(content).Auths);

    [Fact]
    public void Broken_JSON_names_the_file_and_the_line_and_quotes_nothing()
    {
        var error = Assert.Throws<ProException>(() => Config("{\n  \"auths\": {\n    \"h\": { \"auth\": tsecretvalue }\n  }\n}"));

        Assert.Equal("DockerConfigInvalid", error.Id);
        Assert.Contains(Path.Combine(_folder, "config.json"), error.Message, StringComparison.Ordinal);
        Assert.Contains("line 3", error.Message, StringComparison.Ordinal);
        Secrets.AreNotIn(error, "tsecretvalue");
    }

    [Theory]
    [InlineData("""{"auths":[]}""", "\"auths\" is not an object")]
    [InlineData("""{"auths":{"h":"x"}}""", "\"auths.h\" is not an object")]
    [InlineData("""{"auths":{"h":{"auth":1}}}""", "\"auth\" is not a text")]
    [InlineData("""{"credsStore":{}}""", "\"credsStore\" is not a text")]
    [InlineData("""{"credHelpers":{"h":1}}""", "\"credHelpers.h\" is not a text")]
    public void A_value_of_the_wrong_kind_is_named(string content, string says)
    {
        var error = Assert.Throws<ProException>(() => Config(content));

        Assert.Equal("DockerConfigInvalid", error.Id);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
    }

    [Theory(Timeout = Bound)]
    [InlineData("registry.example.com", "registry.example.com")]
    [InlineData("https://registry.example.com", "registry.example.com")]
    [InlineData("https://registry.example.com/v1/", "registry.example.com")]
    [InlineData("https://registry.example.com:5000/v2/", "registry.example.com:5000")]
    [InlineData("localhost:5000", "localhost:5000")]
    [InlineData("https://index.docker.io/v1/", "docker.io")]
    [InlineData("docker.io", "docker.io")]
    [InlineData("https://index.docker.io/v1/", "index.docker.io")]
    public async Task A_login_is_found_under_each_form_of_the_name(string key, string host)
    {
        var login = Base64("anna:" + Secrets.Password);
        var store = Store($$$$"""{"auths":{"other":{"auth":"eDp5"},"{{{{key}}}}":{"auth":"{{{{login}}}}"}}}""");

        var credential = await store.GetAsync(host, Cancel);

        Assert.Equal("anna", credential!.Username);
        Assert.Equal(Secrets.Password, credential.RevealSecret());
    }

    [Theory(Timeout = Bound)]
    [InlineData("registry.example.com:5000", "registry.example.com")]
    [InlineData("registry.example.com", "registry.example.com:5000")]
    [InlineData("example.com", "registry.example.com")]
    public async Task A_login_of_another_registry_is_not_taken(string key, string host) =>
        Assert.Null(await Store($$$$"""{"auths":{"{{{{key}}}}":{"auth":"eDp5"}}}""").GetAsync(host, Cancel));

    [Fact(Timeout = Bound)]
    public async Task User_and_password_may_stand_apart_and_an_empty_entry_is_no_login()
    {
        var store = Store("""{"auths":{"h":{"username":"u","password":"p"},"e":{},"m":{"auth":"","email":"x"}}}""");

        Assert.Equal(("u", "p"), await store.GetAsync("h", Cancel) is { } found ? (found.Username, found.RevealSecret()) : default);
        Assert.Null(await store.GetAsync("e", Cancel));
        Assert.Null(await store.GetAsync("m", Cancel));
        Assert.Null(await store.GetAsync("unknown", Cancel));
    }

    [Fact(Timeout = Bound)]
    public async Task Tokens_go_before_the_password()
    {
        // As `az acr login` writes it: a user of zeros, no password, and a token.
        var store = Store($$$$"""
            {"auths":{
              "i":{"auth":"{{{{Base64("00000000-0000-0000-0000-000000000000:")}}}}","identitytoken":"refresh"},
              "r":{"auth":"{{{{Base64("u:p")}}}}","identitytoken":"refresh","registrytoken":"bearer"}}}
            """);

        var identity = await store.GetAsync("i", Cancel);
        Assert.Equal((RegistryCredentialKind.IdentityToken, "refresh"), (identity!.Kind, identity.RevealSecret()));
        var registry = await store.GetAsync("r", Cancel);
        Assert.Equal((RegistryCredentialKind.RegistryToken, "bearer"), (registry!.Kind, registry.RevealSecret()));
    }

    [Theory(Timeout = Bound)]
    [InlineData("not base64 at all: secret")]
    [InlineData("c2VjcmV0")]
    [InlineData("/////w==")]
    public async Task A_broken_entry_is_an_error_for_its_own_registry_only(string auth)
    {
        var store = Store($$$$"""{"auths":{"bad":{"auth":"{{{{auth}}}}"},"good":{"auth":"{{{{Base64("u:p")}}}}"}}}""");

        Assert.NotNull(await store.GetAsync("good", Cancel));
        var error = await Assert.ThrowsAsync<ProException>(() => store.GetAsync("bad", Cancel));
        Assert.Equal("DockerConfigInvalid", error.Id);
        Assert.Contains("auths.bad.auth", error.Message, StringComparison.Ordinal);
        Secrets.AreNotIn(error, auth);
    }

    [Fact(Timeout = Bound)]
    public async Task The_registrys_helper_goes_before_the_general_one_and_both_before_the_file()
    {
        Helper("own", "cat > /dev/null; echo '{\"ServerURL\":\"x\",\"Username\":\"own\",\"Secret\":\"s1\"}'");
        Helper("general", "read host; echo \"{\\\"Username\\\":\\\"general\\\",\\\"Secret\\\":\\\"for $host\\\"}\"");
        var store = Store($$$$"""
            {"credHelpers":{"a.example":"own"},"credsStore":"general",
             "auths":{"a.example":{"auth":"{{{{Base64("file:x")}}}}"},"b.example":{}}}
            """);

        Assert.Equal("own", (await store.GetAsync("a.example", Cancel))!.Username);
        var general = await store.GetAsync("b.example", Cancel);
        Assert.Equal("general", general!.Username);
        Assert.Equal("for b.example", general.RevealSecret());
        Assert.Equal("for https://index.docker.io/v1/", (await store.GetAsync("docker.io", Cancel))!.RevealSecret());
        Assert.Equal("docker-credential-general", general.Source);
    }

    [Fact(Timeout = Bound)]
    public async Task A_helper_gets_the_action_as_its_argument_and_the_host_alone_on_its_input()
    {
        Helper(
            "protest", $"echo \"$@\" > {_folder}/arguments; cat > {_folder}/input; echo '{{\"Username\":\"u\",\"Secret\":\"s\"}}'");

        await Store("""{"credsStore":"protest"}""").GetAsync("localhost:5000", Cancel);

        Assert.Equal("get\n", await File.ReadAllTextAsync(Path.Combine(_folder, "arguments"), Cancel));
        Assert.Equal("localhost:5000", await File.ReadAllTextAsync(Path.Combine(_folder, "input"), Cancel));
    }

    [Fact(Timeout = Bound)]
    public async Task A_helpers_token_user_means_an_identity_token()
    {
        Helper("protest", "echo '{\"Username\":\"<token>\",\"Secret\":\"refresh\"}'");

        var credential = await Store("""{"credsStore":"protest"}""").GetAsync("h", Cancel);

        Assert.Equal(RegistryCredentialKind.IdentityToken, credential!.Kind);
        Assert.Equal("refresh", credential.RevealSecret());
    }

    [Fact(Timeout = Bound)]
    public async Task A_helper_that_has_nothing_means_no_login_as_in_Dockers_client()
    {
        Helper("protest", "echo 'credentials not found in native keychain'; exit 1");

        var store = Store($$$$"""{"credsStore":"protest","auths":{"h":{"auth":"{{{{Base64("file:x")}}}}"}}}""");

        Assert.Null(await store.GetAsync("h", Cancel));
    }

    [Theory(Timeout = Bound)]
    [InlineData("echo 'gpg: decryption failed: No secret key'; exit 2", "CredentialHelperFailed", "gpg: decryption failed")]
    [InlineData("echo 'broken' >&2; exit 3", "CredentialHelperFailed", "exit code 3: broken")]
    [InlineData("echo '{\"Username\":\"u\",\"Secret\":\"hunter2\"}'; exit 1", "CredentialHelperFailed", "exit code 1.")]
    [InlineData("echo '{\"Username\":\"u\",\"Secret\":hunter2}'", "CredentialHelperFailed", "no readable answer")]
    [InlineData("echo 'A specified logon session does not exist. It may already have been terminated.'; exit 1",
        "CredentialStoreNeedsLogonSession", "no logon session")]
    public async Task A_failing_helper_is_an_error_that_says_what_it_said_but_no_secret(string script, string id, string says)
    {
        Helper("protest", script);

        var error = await Assert.ThrowsAsync<ProException>(() => Store("""{"credsStore":"protest"}""").GetAsync("h", Cancel));

        Assert.Equal(id, error.Id);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
        Assert.Contains("docker-credential-protest", error.Message, StringComparison.Ordinal);
        Secrets.AreNotIn(error, "hunter2");
    }

    [Theory(Timeout = Bound)]
    [InlineData("missing")]
    [InlineData("../protest")]
    public async Task A_helper_that_is_not_on_PATH_is_named(string name)
    {
        Helper("protest", "exit 0");

        var error = await Assert.ThrowsAsync<ProException>(() => Store($$"""{"credsStore":"{{name}}"}""").GetAsync("h", Cancel));

        Assert.Equal("CredentialHelperNotFound", error.Id);
        Assert.Contains($"docker-credential-{name}", error.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Bound)]
    public async Task A_helper_that_never_answers_is_ended()
    {
        Helper("protest", $"echo $$ > {_folder}/pid; exec sleep 600");
        var config = Config("""{"credsStore":"protest"}""");
        var store = new RegistryCredentialStore(config, Read, TimeSpan.FromMilliseconds(500));

        var error = await Assert.ThrowsAsync<ProException>(() => store.GetAsync("h", Cancel));

        Assert.Equal("CredentialHelperTimedOut", error.Id);
        var id = int.Parse(await File.ReadAllTextAsync(Path.Combine(_folder, "pid"), Cancel), CultureInfo.InvariantCulture);
        Assert.Throws<ArgumentException>(() => System.Diagnostics.Process.GetProcessById(id));
    }

    [Fact(Timeout = Bound)]
    public async Task Cancelling_ends_a_helper()
    {
        Helper("protest", "exec sleep 600");
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var asking = Store("""{"credsStore":"protest"}""").GetAsync("h", cancel.Token);

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
    }

    [Fact(Timeout = Bound)]
    public async Task The_systems_helper_is_asked_where_nothing_is_configured_and_may_fail()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The helper's name is Linux's.");
        Helper("secretservice", "echo '{\"Username\":\"u\",\"Secret\":\"s\"}'");
        Assert.Equal("u", (await Store("{}").GetAsync("h", Cancel))!.Username);
        Assert.Null(await Store("""{"auths":{"x":{}}}""").GetAsync("h", Cancel));

        Helper("secretservice", "echo 'Cannot autolaunch D-Bus without X11 $DISPLAY'; exit 1");
        Assert.Null(await Store("{}").GetAsync("h", Cancel));
    }

    [Fact(Timeout = Bound)]
    public async Task DOCKER_AUTH_CONFIG_goes_before_everything()
    {
        _environment["DOCKER_AUTH_CONFIG"] = $$$$"""{"auths":{"h":{"auth":"{{{{Base64("variable:x")}}}}"}}}""";
        var store = Store($$$$"""{"auths":{"h":{"auth":"{{{{Base64("file:x")}}}}"},"i":{"auth":"{{{{Base64("file:x")}}}}"}}}""");

        Assert.Equal("variable", (await store.GetAsync("h", Cancel))!.Username);
        Assert.Equal("file", (await store.GetAsync("i", Cancel))!.Username);
    }

    [Fact]
    public void A_credential_shows_itself_without_its_secret()
    {
        var credential = RegistryCredential.FromPassword("registry.example.com", "anna", Secrets.Password, "config.json");

        Assert.Equal("anna at registry.example.com (config.json)", credential.ToString());
        Assert.All(
            credential.GetType().GetProperties(),
            property => Assert.DoesNotContain(Secrets.Password, $"{property.GetValue(credential)}", StringComparison.Ordinal));
        Assert.DoesNotContain(Secrets.Password, JsonSerializer.Serialize(credential), StringComparison.Ordinal);
    }

    [Fact]
    public void The_engines_header_is_base64url_of_the_login()
    {
        var password = RegistryCredential.FromPassword("h:5000", "anna", "pä>>??ss", "x");
        var identity = RegistryCredential.FromIdentityToken("h:5000", null, "refresh", "x");
        var token = RegistryCredential.FromRegistryToken("h:5000", null, "bearer", "x");

        Assert.Equal("""{"username":"anna","password":"pä>>??ss","serveraddress":"h:5000"}""", Decode(password.ToRegistryAuth()));
        Assert.Equal("""{"identitytoken":"refresh","serveraddress":"h:5000"}""", Decode(identity.ToRegistryAuth()));
        Assert.Equal("""{"registrytoken":"bearer","serveraddress":"h:5000"}""", Decode(token.ToRegistryAuth()));
        Assert.Equal("{}", Decode(RegistryCredential.AnonymousRegistryAuth));
        var (model, identityModel) = (password.ToAuthConfig(), identity.ToAuthConfig());
        Assert.Equal(("anna", "pä>>??ss", "h:5000"), (model.Username, model.Password, model.ServerAddress));
        Assert.Equal(("refresh", "h:5000"), (identityModel.IdentityToken, identityModel.ServerAddress));

        static string Decode(string header)
        {
            Assert.DoesNotContain('+', header);
            Assert.DoesNotContain('/', header);
            using var document = JsonDocument.Parse(Convert.FromBase64String(header.Replace('-', '+').Replace('_', '/')));
            return JsonSerializer.Serialize(document, Readable);
        }
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private string? Read(string name) => _environment.GetValueOrDefault(name);

    private DockerConfigFile Config(string content)
    {
        File.WriteAllText(Path.Combine(_folder, "config.json"), content);
        return DockerConfigFile.Load(Read);
    }

    private RegistryCredentialStore Store(string content) => new(Config(content), Read);

    /// <summary>A helper in the only folder of the test's own PATH.</summary>
    private void Helper(string name, string script)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The helpers of these tests are shell scripts.");
        var path = Path.Combine(_folder, "docker-credential-" + name);
        File.WriteAllText(path, $"#!/bin/sh\nPATH=/usr/bin:/bin\n{script}\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
