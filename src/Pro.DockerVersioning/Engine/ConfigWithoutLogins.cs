using System.Text.Json.Nodes;
using Pro.DockerVersioning.Machine;

namespace Pro.DockerVersioning.Engine;

/// <summary>
/// A configuration folder for the child programs of a command that only shows what it would do. It keeps the user's plugins, and has no
/// login and no credential helper. It goes away with the command.
/// </summary>
internal sealed class ConfigWithoutLogins : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pro-config-").FullName;

    /// <summary>Writes the folder.</summary>
    /// <param name="endpoint">The engine, with the headers that it may see.</param>
    /// <param name="environment">Reads a variable.</param>
    public ConfigWithoutLogins(EngineEndpoint endpoint, Func<string, string?> environment)
    {
        // In the order of Docker's client, whose own folder comes after those.
        var config = new JsonObject
        {
            ["cliPluginsExtraDirs"] = new JsonArray(
                [.. PluginFolders(environment).Append(Path.Combine(DockerConfigFile.FindFolder(environment), "cli-plugins"))
                    .Select(one => JsonValue.Create(one))]),
            ["HttpHeaders"] = new JsonObject(
                endpoint.Headers.Select(one => KeyValuePair.Create(one.Key, (JsonNode?)JsonValue.Create(one.Value)))),
        };
        PrivateFiles.Write(Path.Combine(_folder, "config.json"), config.ToJsonString());
        Endpoint = endpoint with { ChildEnvironment = Variables(endpoint) };
    }

    /// <summary>The same engine, with a child environment that names the folder.</summary>
    public EngineEndpoint Endpoint { get; }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private Dictionary<string, string?> Variables(EngineEndpoint endpoint)
    {
        var variables = new Dictionary<string, string?>(endpoint.ChildEnvironment)
        {
            ["DOCKER_CONFIG"] = _folder,
            ["DOCKER_AUTH_CONFIG"] = null,
        };
        if (endpoint.CertificateFolder is { } certificates)
        {
            // Without this variable Docker's client looks for them in its configuration folder.
            variables["DOCKER_CERT_PATH"] = certificates;
        }

        if (endpoint.IsOfContext)
        {
            // The contexts are in the user's own folder.
            variables["DOCKER_HOST"] = endpoint.Address.OriginalString.Replace("npipe://./", "npipe:////./", StringComparison.Ordinal);
            variables["DOCKER_CONTEXT"] = null;
            variables["DOCKER_TLS"] = endpoint.UsesTls ? "1" : null;
            variables["DOCKER_TLS_VERIFY"] = endpoint.UsesTls && !endpoint.SkipsVerification ? "1" : null;
        }

        return variables;
    }

    // Docker's client goes on without a configuration that it can't read, and so has no such folders.
    private static IReadOnlyList<string> PluginFolders(Func<string, string?> environment)
    {
        try
        {
            return DockerConfigFile.Load(environment).PluginFolders;
        }
        catch (ProException)
        {
            return [];
        }
    }
}
