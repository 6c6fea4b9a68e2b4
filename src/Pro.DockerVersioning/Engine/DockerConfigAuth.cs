using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Engine;

/// <summary>
/// One entry under <c>auths</c>, still as it is written: it is decoded when its registry is asked for, so that a broken entry of
/// another registry is nobody's trouble. It holds secrets, therefore no record and no properties for them.
/// </summary>
[DebuggerDisplay("{ToString(),nq}")]
internal sealed class DockerConfigAuth
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly string? _auth;
    private readonly string? _username;
    private readonly string? _password;
    private readonly string? _identityToken;
    private readonly string? _registryToken;

    private DockerConfigAuth(string key, string source, JsonElement entry)
    {
        Key = key;
        Source = source;
        _auth = DockerConfigJson.Text(entry, "auth", source);
        _username = DockerConfigJson.Text(entry, "username", source);
        _password = DockerConfigJson.Text(entry, "password", source);
        _identityToken = DockerConfigJson.Text(entry, "identitytoken", source);
        _registryToken = DockerConfigJson.Text(entry, "registrytoken", source);
    }

    /// <summary>The registry as the file writes it.</summary>
    public string Key { get; }

    /// <summary>The file or variable in which it stands.</summary>
    public string Source { get; }

    /// <summary>Reads the object <c>auths</c>.</summary>
    public static Dictionary<string, DockerConfigAuth> ReadAll(JsonElement root, string source)
    {
        var auths = new Dictionary<string, DockerConfigAuth>(StringComparer.Ordinal);
        if (DockerConfigJson.Object(root, "auths", source) is { } entries)
        {
            foreach (var entry in entries.EnumerateObject().Where(entry => entry.Value.ValueKind != JsonValueKind.Null))
            {
                auths[entry.Name] = entry.Value.ValueKind == JsonValueKind.Object
                    ? new DockerConfigAuth(entry.Name, source, entry.Value)
                    : throw CredentialErrors.ConfigValueInvalid(source, $"auths.{entry.Name}", "is not an object");
            }
        }

        return auths;
    }

    /// <summary>
    /// The login; null if the entry is empty, which is what Docker leaves behind when a helper holds the secret. The order is
    /// the engine's: a registry token, an identity token, a password.
    /// </summary>
    public RegistryCredential? ToCredential(string serverAddress)
    {
        var (username, password) = string.IsNullOrEmpty(_auth) ? (_username, _password) : Decode(_auth);
        if (!string.IsNullOrEmpty(_registryToken))
        {
            return RegistryCredential.FromRegistryToken(serverAddress, username, _registryToken, Source);
        }

        if (!string.IsNullOrEmpty(_identityToken))
        {
            return RegistryCredential.FromIdentityToken(serverAddress, username, _identityToken, Source);
        }

        return string.IsNullOrEmpty(username)
            ? null
            : RegistryCredential.FromPassword(serverAddress, username, password ?? string.Empty, Source);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Key} in {Source}";

    private (string Username, string Password) Decode(string auth)
    {
        string text;
        try
        {
            text = StrictUtf8.GetString(Convert.FromBase64String(auth));
        }
        catch (Exception exception) when (exception is FormatException or DecoderFallbackException)
        {
            // Neither exception is kept: what they say about the value is of no use, and the value is a secret.
            throw CredentialErrors.ConfigValueInvalid(Source, $"auths.{Key}.auth", "is not base64 of \"user:password\"");
        }

        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon > 0
            ? (text[..colon], text[(colon + 1)..].Trim('\0'))
            : throw CredentialErrors.ConfigValueInvalid(Source, $"auths.{Key}.auth", "is not base64 of \"user:password\"");
    }
}
