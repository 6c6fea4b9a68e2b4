using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Docker.DotNet.Models;

namespace Pro.DockerVersioning.Engine;

/// <summary>What the secret of a <see cref="RegistryCredential"/> is.</summary>
internal enum RegistryCredentialKind
{
    /// <summary>A password, or an access token that is used like one.</summary>
    Password,

    /// <summary>An OAuth2 refresh token (<c>identitytoken</c>), as Azure's registry gives it.</summary>
    IdentityToken,

    /// <summary>A bearer token that goes to the registry as it is (<c>registrytoken</c>).</summary>
    RegistryToken,
}

/// <summary>
/// A login at a registry. A class with a private secret, not a record: a record prints all its members, and this one must not
/// get into a message, a stream or a debugger's window.
/// </summary>
[DebuggerDisplay("{ToString(),nq}")]
internal sealed class RegistryCredential
{
    /// <summary>The user name that stands for "the secret is an identity token" in the protocol of the credential helpers.</summary>
    public const string TokenUsername = "<token>";

    /// <summary>The X-Registry-Auth value of nobody: the engine wants the header even then.</summary>
    public const string AnonymousRegistryAuth = "e30=";

    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    private readonly string _secret;

    private RegistryCredential(RegistryCredentialKind kind, string serverAddress, string? username, string secret, string source)
    {
        Kind = kind;
        ServerAddress = serverAddress;
        Username = string.IsNullOrEmpty(username) ? null : username;
        Source = source;
        _secret = secret;
    }

    /// <summary>What the secret is.</summary>
    public RegistryCredentialKind Kind { get; }

    /// <summary>The registry as Docker writes it: a host with its port, or <c>https://index.docker.io/v1/</c>.</summary>
    public string ServerAddress { get; }

    /// <summary>Who logged in, or null if only a token is known.</summary>
    public string? Username { get; }

    /// <summary>Where it was found, for messages: a file, a helper, a variable.</summary>
    public string Source { get; }

    /// <summary>A login with a user name and a password.</summary>
    public static RegistryCredential FromPassword(string serverAddress, string username, string password, string source) =>
        new(RegistryCredentialKind.Password, serverAddress, username, password, source);

    /// <summary>A login with a refresh token.</summary>
    public static RegistryCredential FromIdentityToken(string serverAddress, string? username, string token, string source) =>
        new(RegistryCredentialKind.IdentityToken, serverAddress, username, token, source);

    /// <summary>A login with a bearer token.</summary>
    public static RegistryCredential FromRegistryToken(string serverAddress, string? username, string token, string source) =>
        new(RegistryCredentialKind.RegistryToken, serverAddress, username, token, source);

    /// <summary>The secret. A method, so that nothing that walks properties meets it.</summary>
    public string RevealSecret() => _secret;

    /// <summary>The value of the engine's <c>X-Registry-Auth</c> header: JSON in base64url, padded as Go's encoder does.</summary>
    public string ToRegistryAuth()
    {
        using var json = new MemoryStream();
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            switch (Kind)
            {
                case RegistryCredentialKind.IdentityToken:
                    writer.WriteString("identitytoken", _secret);
                    break;
                case RegistryCredentialKind.RegistryToken:
                    writer.WriteString("registrytoken", _secret);
                    break;
                default:
                    writer.WriteString("username", Username);
                    writer.WriteString("password", _secret);
                    break;
            }

            writer.WriteString("serveraddress", ServerAddress);
            writer.WriteEndObject();
        }

        return Convert.ToBase64String(json.ToArray()).Replace('+', '-').Replace('/', '_');
    }

    /// <summary>The same for Docker.DotNet.</summary>
    public AuthConfig ToAuthConfig() => Kind switch
    {
        RegistryCredentialKind.IdentityToken => new AuthConfig { IdentityToken = _secret, ServerAddress = ServerAddress },
        RegistryCredentialKind.RegistryToken => new AuthConfig { RegistryToken = _secret, ServerAddress = ServerAddress },
        _ => new AuthConfig { Username = Username, Password = _secret, ServerAddress = ServerAddress },
    };

    /// <summary>The <c>Authorization: Basic</c> header; for an identity token as the fallback of registries without OAuth2.</summary>
    public AuthenticationHeaderValue ToBasicHeader() =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Username ?? TokenUsername}:{_secret}")));

    /// <summary>Takes the secret out of a text that a registry or a helper sent back.</summary>
    public string Redact(string text)
    {
        if (_secret.Length == 0)
        {
            return text;
        }

        var basic = ToBasicHeader().Parameter!;
        return text
            .Replace(_secret, "***", StringComparison.Ordinal)
            .Replace(Uri.EscapeDataString(_secret), "***", StringComparison.Ordinal)
            .Replace(basic, "***", StringComparison.Ordinal);
    }

    /// <summary>Whose login it is and where it was found; never the secret.</summary>
    public override string ToString() => $"{Username ?? TokenUsername} at {ServerAddress} ({Source})";
}
