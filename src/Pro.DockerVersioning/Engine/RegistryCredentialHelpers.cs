using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using CliWrap;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Machine;

namespace Pro.DockerVersioning.Engine;

/// <summary>
/// Runs <c>docker-credential-NAME get</c>: the registry on standard input, JSON on standard output, and errors on standard output
/// as well (github.com/docker/docker-credential-helpers).
/// </summary>
internal sealed class RegistryCredentialHelpers(Func<string, string?> environment, TimeSpan timeout)
{
    private const string Prefix = "docker-credential-";
    private const string NotFoundMessage = "credentials not found in native keychain";

    /// <summary>The helper that this system's Docker takes where none is configured; null if it isn't on PATH.</summary>
    public string? FindSystemHelper()
    {
        var name = OperatingSystem.IsWindows() ? "wincred"
            : OperatingSystem.IsMacOS() ? "osxkeychain"
            : FindProgram("pass") is not null ? "pass"
            : "secretservice";
        return FindProgram(Prefix + name) is null ? null : name;
    }

    /// <summary>Asks a helper; null if it has no login for this registry.</summary>
    public async Task<RegistryCredential?> GetAsync(string name, string serverAddress, CancellationToken cancellationToken)
    {
        var program = Prefix + name;
        var path = FindProgram(program) ?? throw CredentialErrors.HelperNotFound(program, serverAddress);
        var (exitCode, output, error) = await RunAsync(program, path, serverAddress, cancellationToken).ConfigureAwait(false);
        if (exitCode == 0)
        {
            return Read(program, serverAddress, output);
        }

        if (Says(NotFoundMessage))
        {
            return null;
        }

        // The name of Windows' error 1312, ERROR_NO_SUCH_LOGON_SESSION (docker/cli #2682).
        throw Says("specified logon session does not exist")
            ? CredentialErrors.NoLogonSession(program, serverAddress)
            : CredentialErrors.HelperFailed(program, serverAddress, exitCode, string.IsNullOrWhiteSpace(output) ? error : output);

        bool Says(string text) =>
            output.Contains(text, StringComparison.OrdinalIgnoreCase) || error.Contains(text, StringComparison.OrdinalIgnoreCase);
    }

    private static RegistryCredential? Read(string program, string serverAddress, string output)
    {
        string? username;
        string? secret;
        try
        {
            using var document = JsonDocument.Parse(output);
            username = document.RootElement.GetProperty("Username").GetString();
            secret = document.RootElement.GetProperty("Secret").GetString();
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            // Not kept: the parser quotes what it read, and that may be the secret.
            throw CredentialErrors.HelperAnswerInvalid(program, serverAddress);
        }

        if (string.IsNullOrEmpty(username) || string.IsNullOrEmpty(secret))
        {
            return null;
        }

        return username == RegistryCredential.TokenUsername
            ? RegistryCredential.FromIdentityToken(serverAddress, null, secret, program)
            : RegistryCredential.FromPassword(serverAddress, username, secret, program);
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types",
        Justification = "CliWrap gives what Process.Start throws, which differs by system; each of them means: it can't be started.")]
    private async Task<(int ExitCode, string Output, string Error)> RunAsync(
        string program, string path, string serverAddress, CancellationToken cancellationToken)
    {
        var output = new StringBuilder();
        var error = new StringBuilder();
        var command = Cli.Wrap(path)
            .WithArguments("get")
            .WithEnvironmentVariables(variables => variables.Set("PATH", environment("PATH")))
            .WithStandardInputPipe(PipeSource.FromString(serverAddress, new UTF8Encoding(false)))
            .WithStandardOutputPipe(PipeTarget.ToStringBuilder(output, Encoding.UTF8))
            .WithStandardErrorPipe(PipeTarget.ToStringBuilder(error, Encoding.UTF8))
            .WithValidation(CommandResultValidation.None);

        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        bounded.CancelAfter(timeout);
        try
        {
            var result = await command.ExecuteAsync(bounded.Token).ConfigureAwait(false);
            return (result.ExitCode, output.ToString(), error.ToString());
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw CredentialErrors.HelperTimedOut(program, serverAddress, timeout);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            throw CredentialErrors.HelperNotStarted(program, path, exception);
        }
    }

    /// <summary>Looks a program up on PATH, the injected one.</summary>
    private string? FindProgram(string name) =>
        ProgramFinder.FindAll(name, environment("PATH"), ".exe", ".cmd", ".bat") is [var first, ..] ? first : null;
}
