using System.Text;

namespace Pro.DockerVersioning.Engine;

/// <summary>
/// Finds the login for a registry where Docker's own client would: the variable <c>DOCKER_AUTH_CONFIG</c>, the registry's helper
/// (<c>credHelpers</c>), the general helper (<c>credsStore</c>), the file (<c>auths</c>). A configured helper has the last word, as
/// in docker/cli (cli/config/configfile): what stands under <c>auths</c> beside it is not asked.
/// </summary>
internal sealed class RegistryCredentialStore
{
    /// <summary>How Docker Hub is called in configurations and by helpers.</summary>
    public const string DockerHubKey = "https://index.docker.io/v1/";

    private const string EnvironmentLogins = "DOCKER_AUTH_CONFIG";

    private readonly DockerConfigFile _config;
    private readonly Func<string, string?> _environment;
    private readonly RegistryCredentialHelpers _helpers;
    private bool _isShut;

    public RegistryCredentialStore(DockerConfigFile config, Func<string, string?> environment, TimeSpan? helperTimeout = null)
    {
        _config = config;
        _environment = environment;
        _helpers = new RegistryCredentialHelpers(environment, helperTimeout ?? TimeSpan.FromSeconds(30));
    }

    /// <summary>The store of the user's logins for what goes through an engine; an empty one if that engine may not see any.</summary>
    public static RegistryCredentialStore For(EngineEndpoint engine, Func<string, string?> environment) =>
        new(DockerConfigFile.Load(environment), environment) { _isShut = !engine.MaySeeLogins };

    /// <summary>The login for a registry, or null if there is none.</summary>
    /// <param name="registryHost">As in an image's reference: <c>docker.io</c>, <c>registry.example.com</c>, <c>localhost:5000</c>.</param>
    /// <param name="cancellationToken">Ends a helper that runs.</param>
    /// <exception cref="ProException">A helper is missing, fails or doesn't answer; an entry can't be read.</exception>
    public async Task<RegistryCredential?> GetAsync(string registryHost, CancellationToken cancellationToken)
    {
        if (_isShut)
        {
            return null;
        }

        var key = KeyOf(registryHost);
        if (Find(EnvironmentAuths(), key) is { } fromEnvironment)
        {
            return fromEnvironment;
        }

        var helper = _config.CredentialHelpers.TryGetValue(key, out var own) ? own : _config.CredentialsStore;
        if (!string.IsNullOrEmpty(helper))
        {
            return await _helpers.GetAsync(helper, key, cancellationToken).ConfigureAwait(false);
        }

        if (_config.HasNoLogins && _helpers.FindSystemHelper() is { } systemHelper)
        {
            return await AskSystemHelperAsync(systemHelper, key, cancellationToken).ConfigureAwait(false);
        }

        return Find(_config.Auths, key);
    }

    /// <summary>The key of a registry in Docker's configuration.</summary>
    private static string KeyOf(string registryHost) => IsDockerHub(registryHost) ? DockerHubKey : registryHost;

    private static bool IsDockerHub(string host) => host is "docker.io" or "index.docker.io" or "registry-1.docker.io";

    private static RegistryCredential? Find(IReadOnlyDictionary<string, DockerConfigAuth> auths, string key)
    {
        if (auths.TryGetValue(key, out var exact))
        {
            return exact.ToCredential(key);
        }

        // Old clients wrote "https://host/v1/", and people write "docker.io" by hand.
        return auths
            .OrderBy(entry => entry.Key, StringComparer.Ordinal)
            .Where(entry => KeyOf(HostOf(entry.Key)).Equals(key, StringComparison.OrdinalIgnoreCase))
            .Select(entry => entry.Value.ToCredential(key))
            .FirstOrDefault(credential => credential is not null);
    }

    private static string HostOf(string key)
    {
        var scheme = key.IndexOf("://", StringComparison.Ordinal);
        var rest = scheme < 0 ? key : key[(scheme + 3)..];
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? rest : rest[..slash];
    }

    private Dictionary<string, DockerConfigAuth> EnvironmentAuths()
    {
        var json = _environment(EnvironmentLogins);
        return string.IsNullOrWhiteSpace(json)
            ? []
            : DockerConfigAuth.ReadAll(DockerConfigJson.Parse(Encoding.UTF8.GetBytes(json), EnvironmentLogins), EnvironmentLogins);
    }

    private async Task<RegistryCredential?> AskSystemHelperAsync(string helper, string key, CancellationToken cancellationToken)
    {
        try
        {
            return await _helpers.GetAsync(helper, key, cancellationToken).ConfigureAwait(false);
        }
        catch (ProException)
        {
            // Nobody configured this helper: it merely lies on PATH. Docker's client goes on without a login too.
            return null;
        }
    }
}
