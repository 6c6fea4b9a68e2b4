using System.Collections.Concurrent;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Reporting;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Registry;

/// <summary>
/// How a command that uses an engine gets at registries: with the user's logins, by way of the engine or from this machine. This machine
/// trusts without TLS whom the engine trusts. Safe for many callers at once.
/// </summary>
internal sealed class RegistryAccess(EngineConnection engine, Func<string, string?> environment, IProgress<Report> reports)
{
    private readonly Lazy<RegistryCredentialStore> _store = new(() => RegistryCredentialStore.For(engine.Endpoint, environment));

    // A helper is a program: it is started once for each registry.
    private readonly ConcurrentDictionary<string, RegistryCredential?> _logins = new(StringComparer.Ordinal);

    /// <summary>The login for a registry; null if the user has none, or the engine may see none.</summary>
    /// <param name="host">The registry's host, as in an image's reference.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ProException">Docker's configuration can't be read, or a helper fails.</exception>
    public async Task<RegistryCredential?> LoginAsync(string host, CancellationToken cancellationToken)
    {
        if (!_logins.TryGetValue(host, out var login))
        {
            login = await _store.Value.GetAsync(host, cancellationToken).ConfigureAwait(false);
            _logins[host] = login;
        }

        return login;
    }

    /// <summary>The digest under a reference at its registry, asked by way of the engine; null if the registry has no such thing.</summary>
    /// <exception cref="ProException">The registry can't be asked.</exception>
    public async Task<string?> DigestAsync(ImageReference reference, CancellationToken cancellationToken) =>
        await EngineRegistryLookup.DigestAsync(
            engine, reference, await LoginAsync(reference.Registry, cancellationToken).ConfigureAwait(false), cancellationToken)
            .ConfigureAwait(false);

    /// <summary>A client of this machine for a registry.</summary>
    /// <param name="host">The registry's host, as in an image's reference.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ProException">The engine can't be asked whom it trusts.</exception>
    public async Task<RegistryClient> ClientAsync(string host, CancellationToken cancellationToken)
    {
        var info = await engine.Http.GetAsync("info", cancellationToken).ConfigureAwait(false);
        return new RegistryClient(
            host,
            (_, stop) => LoginAsync(host, stop),
            new RegistryClientOptions { IsInsecure = InsecureRegistries.Of(info).Contains, Environment = environment, Reports = reports });
    }
}
