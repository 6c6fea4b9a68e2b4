using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Images.Building;
using Xunit;

namespace Pro.DockerVersioning.Tests.Images.Building;

public sealed class ClientInputTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pro-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Values_of_build_arguments_travel_in_the_environment()
    {
        var variables = BuildArgumentVariables.Of(
            Request(("TOKEN", "s3cret"), ("BUILDKIT_INLINE_CACHE", "1"), ("EMPTY", "")), [], Environment());

        Assert.Equal("s3cret", variables["TOKEN"]);
        Assert.Equal("1", variables["BUILDKIT_INLINE_CACHE"]);
        Assert.Equal(string.Empty, variables["EMPTY"]);
    }

    [Fact]
    public void The_sessions_own_source_date_is_no_argument_of_every_build()
    {
        Assert.Null(BuildArgumentVariables.Of(Request(), [], Environment(("SOURCE_DATE_EPOCH", "1")))["SOURCE_DATE_EPOCH"]);
        Assert.Equal("2", BuildArgumentVariables.Of(Request(("SOURCE_DATE_EPOCH", "2")), [], Environment())["SOURCE_DATE_EPOCH"]);
    }

    [Theory]
    [InlineData("PATH")]
    [InlineData("Path")]
    [InlineData("HOME")]
    [InlineData("DOCKER_HOST")]
    [InlineData("docker_config")]
    [InlineData("BUILDKIT_HOST")]
    [InlineData("BUILDX_BUILDER")]
    [InlineData("LD_PRELOAD")]
    [InlineData("GODEBUG")]
    [InlineData("https_proxy")]
    [InlineData("TMPDIR")]
    public void A_name_that_would_change_the_client_is_refused_without_its_value(string name)
    {
        var error = Assert.Throws<ProException>(() => BuildArgumentVariables.Of(Request((name, "s3cret")), [], Environment()));

        Assert.Equal("BuildArgumentReserved", error.Id);
        Assert.DoesNotContain("s3cret", error.Message + error.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void A_proxy_that_the_session_uses_itself_may_be_an_argument()
    {
        var variables = BuildArgumentVariables.Of(Request(("HTTPS_PROXY", "http://p:1")), [], Environment(("HTTPS_PROXY", "http://p:1")));

        Assert.Equal("http://p:1", variables["HTTPS_PROXY"]);
    }

    [Theory]
    [InlineData("", "x")]
    [InlineData("A=B", "x")]
    [InlineData("--output", "x")]
    [InlineData("A\nB", "x")]
    [InlineData("A", "x\0y")]
    public void What_no_variable_can_hold_is_refused(string name, string value) =>
        Assert.Equal("BuildArgumentInvalid", Assert.Throws<ProException>(
            () => BuildArgumentVariables.Of(Request((name, value)), [], Environment())).Id);

    [Fact]
    public void An_argument_does_not_replace_a_secret_of_the_same_variable()
    {
        var environment = Environment(("TOKEN", "real"));
        var secret = SecretSpec.Parse("api", "id=t,env=TOKEN", environment);

        Assert.Equal("BuildArgumentIsSecret", Assert.Throws<ProException>(
            () => BuildArgumentVariables.Of(Request(("TOKEN", "other")), [secret], environment)).Id);
    }

    [Fact]
    public void A_secrets_file_is_relative_to_the_sessions_folder()
    {
        File.WriteAllText(Path.Combine(_folder, "a,b"), "x");

        Assert.Equal($"id=t,\"src={Path.Combine(_folder, "a,b")}\"", SecretSpec.Parse("api", "id=t,\"src=a,b\"", Environment()).ToString());
        Assert.Equal(
            $"id=a,src={_folder}/f".Replace("/f", Path.DirectorySeparatorChar + "f", StringComparison.Ordinal),
            Make("f", "type=file,id=a,source=f"));
    }

    [Fact]
    public void A_secret_without_a_source_is_a_variable_or_a_file_of_its_name()
    {
        Assert.Equal("id=TOKEN,env=TOKEN", SecretSpec.Parse("api", "id=TOKEN", Environment(("TOKEN", "x"))).ToString());
        Assert.Equal($"id=npm,src={Path.Combine(_folder, "npm")}", Make("npm", "id=npm"));
    }

    [Theory]
    [InlineData("id=t,src=nosuch", "BuildSecretFileMissing")]
    [InlineData("id=t,env=PRO_NO_SUCH_VARIABLE", "BuildSecretVariableMissing")]
    [InlineData("src=x", "BuildSecretInvalid")]
    [InlineData("id=t,value=hunter2", "BuildSecretInvalid")]
    [InlineData("hunter2", "BuildSecretInvalid")]
    [InlineData("id=t,src=a,env=b", "BuildSecretInvalid")]
    [InlineData("id=t,type=vault", "BuildSecretInvalid")]
    public void A_secret_that_could_not_work_is_refused_before_the_build(string spec, string id)
    {
        var error = Assert.Throws<ProException>(() => SecretSpec.Parse("api", spec, Environment()));

        Assert.Equal(id, error.Id);
        Assert.DoesNotContain("hunter2", error.Message, StringComparison.Ordinal);
    }

    private static BuildRequest Request(params (string Name, string Value)[] arguments) => new()
    {
        Subject = "api v1.2.3",
        Dockerfile = "Dockerfile",
        DockerfileText = "FROM scratch",
        WriteContext = (_, _) => Task.CompletedTask,
        BuildArgs = arguments.ToDictionary(argument => argument.Name, argument => argument.Value),
    };

    private ChildEnvironment Environment(params (string Name, string Value)[] variables) =>
        new(_folder, variables.ToDictionary(variable => variable.Name, variable => (string?)variable.Value));

    private string Make(string file, string spec)
    {
        File.WriteAllText(Path.Combine(_folder, file), "x");
        return SecretSpec.Parse("api", spec, Environment()).ToString();
    }
}
