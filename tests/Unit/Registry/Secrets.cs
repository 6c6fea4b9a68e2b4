using Pro.DockerVersioning.Engine;
using Xunit;

namespace Pro.DockerVersioning.Tests.Registry;

/// <summary>Logins for tests, and the promise that their secrets stay where they are.</summary>
internal static class Secrets
{
    public const string Password = "pa$$ w:rd/+&?secret";

    public static Func<string, CancellationToken, Task<RegistryCredential?>> None { get; } =
        (_, _) => Task.FromResult<RegistryCredential?>(null);

    public static Func<string, CancellationToken, Task<RegistryCredential?>> Login(string user = "anna", string password = Password) =>
        (host, _) => Task.FromResult<RegistryCredential?>(RegistryCredential.FromPassword(host, user, password, "config.json"));

    public static Func<string, CancellationToken, Task<RegistryCredential?>> IdentityToken(string token = Password) =>
        (host, _) => Task.FromResult<RegistryCredential?>(RegistryCredential.FromIdentityToken(host, null, token, "config.json"));

    /// <summary>What Basic makes of anna's login.</summary>
    public static string Basic(string secret) => Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"anna:{secret}"));

    /// <summary>Neither the exception with all its inner ones nor what it recommends holds the secret, in any of its spellings.</summary>
    public static void AreNotIn(ProException exception, string secret = Password)
    {
        var everything = $"{exception}\n{exception.RecommendedAction}\n{exception.Target}";
        Assert.DoesNotContain(secret, everything, StringComparison.Ordinal);
        Assert.DoesNotContain(Uri.EscapeDataString(secret), everything, StringComparison.Ordinal);
        Assert.DoesNotContain(Basic(secret), everything, StringComparison.Ordinal);
    }
}
