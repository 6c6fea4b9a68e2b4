using System.Management.Automation;
using System.Text.Json.Nodes;
using Pro.DockerVersioning.Tests.Engine.Deploy;

namespace Pro.DockerVersioning.Tests.Engine.Build;

/// <summary>A version that somebody may have isn't built again with other build arguments, whoever deployed or published it.</summary>
public sealed class RebuildTests : DeployTest
{
    [Fact]
    public void What_another_user_deployed_is_not_built_again_with_other_arguments()
    {
        foreach (var version in (string[])["v1.0.0", "v1.1.0", "v1.2.0"])
        {
            _ = Release(version, dockerfile: $"""
                FROM {Base}
                ARG DATE
                LABEL date=$DATE
                EXPOSE 8080
                STOPSIGNAL SIGKILL
                CMD ["sh", "-c", "mkdir -p /srv; echo {version} >/srv/version; exec httpd -f -p 8080 -h /srv"]

                """);
            _ = One($"Build-ProImage api {version} -BuildArg @{{ DATE = '1' }}");
        }

        Is("ann");
        Start("v1.0.0");
        _ = One("Deploy-ProService api v1.1.0");
        _ = One("Deploy-ProService api v1.2.0");

        // No container runs the first two any more, and ben's history is empty: the engine remembers what was verified there.
        Is("ben");
        Refused("v1.0.0", "deployed");
        Refused("v1.1.0", "deployed");

        // Where the engine has forgotten it, only ann's history knows.
        foreach (var volume in TestEngine.Call(HttpMethod.Get, "/volumes")!["Volumes"]!.AsArray().Where(IsVerified).ToList())
        {
            _ = TestEngine.Call(HttpMethod.Delete, "/volumes/" + volume!["Name"]);
        }

        Is("ann");
        Refused("v1.0.0", "deployed");
        Refused("v1.1.0", "deployed");
        Is("ben");
        Warned("v1.1.0");
    }

    [Fact]
    public void What_only_the_registry_knows_to_be_published_is_not_built_again()
    {
        _ = Release("v1.0.0", dockerfile: "FROM scratch\nARG DATE\nLABEL date=$DATE\nCOPY file /\n");
        Is("ann");
        _ = One("Build-ProImage api v1.0.0 -BuildArg @{ DATE = '1' }");
        _ = One("Publish-ProImage api v1.0.0");
        _ = One("Build-ProImage api v1.0.0 -BuildArg @{ DATE = '0' } -Force");
        Is("ben");
        Refused("v1.0.0", "published");

        // One that wants a login that nobody has, and one that isn't there, say nothing of it.
        foreach (var registry in (string[])[$"{TestSettings.PrivateRegistry}/{RegistryPath}", $"127.0.0.1:1/{RegistryPath}"])
        {
            Variables["REGISTRY"] = registry;
            _ = One("Build-ProImage api v1.0.0 -BuildArg @{ DATE = '1' }");
            Warned("v1.0.0");
        }
    }

    private bool IsVerified(JsonNode? volume) => volume!["Name"]!.ToString().StartsWith("pro-verified-", StringComparison.Ordinal)
        && volume["Labels"]!.ToJsonString().Contains(RegistryPath, StringComparison.Ordinal);

    private void Refused(string version, string use)
    {
        var error = Bad(
            $"Build-ProImage api {version} -BuildArg @{{ DATE = '2' }}", "VersionHasOtherArguments", ErrorCategory.ResourceExists);
        Assert.Contains($"was {use}", error.ToString(), StringComparison.Ordinal);
    }

    private void Warned(string version) => Assert.Contains(
        "other build arguments",
        Assert.Single(Run($"Build-ProImage api {version} -BuildArg @{{ DATE = '2' }}").ThrowIfFailed().Warnings),
        StringComparison.Ordinal);

    /// <summary>Another user has another history.</summary>
    private void Is(string user) =>
        Variables["XDG_STATE_HOME"] = Directory.CreateDirectory(Path.Combine(Repository.Beside, "state-" + user)).FullName;
}
