namespace Pro.DockerVersioning.Errors;

/// <summary>Errors about Docker's configuration and its credential helpers. No secret gets in: values are named, never shown.</summary>
internal static class CredentialErrors
{
    public static ProException ConfigUnreadable(string path, Exception inner) => new(
        "DockerConfigUnreadable",
        ProErrorCategory.ReadError,
        $"Docker's configuration '{path}' can't be read: {inner.Message}",
        $"Give this user the right to read '{path}', or set DOCKER_CONFIG to another folder.",
        path,
        inner);

    public static ProException ConfigNotJson(string source, long? line, long? column) => new(
        "DockerConfigInvalid",
        ProErrorCategory.InvalidData,
        $"Docker's configuration '{source}' is not valid JSON: line {line ?? 1}, column {column ?? 1}.",
        $"Correct line {line ?? 1} of '{source}'; Docker's own commands stumble over it as well.",
        source);

    public static ProException ConfigValueInvalid(string source, string name, string what) => new(
        "DockerConfigInvalid",
        ProErrorCategory.InvalidData,
        $"Docker's configuration '{source}' can't be used: \"{name}\" {what}.",
        $"Correct \"{name}\" in '{source}', or log in again with: docker login",
        source);

    public static ProException HelperNotFound(string program, string registry) => new(
        "CredentialHelperNotFound",
        ProErrorCategory.ResourceUnavailable,
        $"Docker's configuration asks '{program}' for the login at {registry}, but there is no such program on PATH.",
        $"Install {program} or add its folder to PATH; or take it out of \"credsStore\" and \"credHelpers\" in Docker's config.json " +
        "and log in again. A scheduled job has another PATH than a shell.",
        program);

    public static ProException HelperNotStarted(string program, string path, Exception inner) => new(
        "CredentialHelperFailed",
        ProErrorCategory.ResourceUnavailable,
        $"The credential helper '{path}' can't be run: {inner.Message}",
        $"Run it by hand to see why: {program} version",
        program,
        inner);

    public static ProException HelperFailed(string program, string registry, int exitCode, string said) => new(
        "CredentialHelperFailed",
        ProErrorCategory.AuthenticationError,
        $"The credential helper '{program}' failed for {registry} with exit code {exitCode}{Said(said)}",
        $"Try it by hand: echo {registry} | {program} get — or log in again: {RegistryErrors.LoginCommand(registry)}",
        registry);

    public static ProException HelperAnswerInvalid(string program, string registry) => new(
        "CredentialHelperFailed",
        ProErrorCategory.InvalidData,
        $"The credential helper '{program}' gave no readable answer for {registry}: it must print JSON with Username and Secret.",
        $"Update {program}, or log in again: {RegistryErrors.LoginCommand(registry)}",
        registry);

    public static ProException HelperTimedOut(string program, string registry, TimeSpan timeout) => new(
        "CredentialHelperTimedOut",
        ProErrorCategory.OperationTimeout,
        $"The credential helper '{program}' gave no answer for {registry} within {timeout.TotalSeconds:0.#} s.",
        "Unlock its store (it may be waiting for a passphrase that nobody sees), then try again.",
        registry);

    public static ProException NoLogonSession(string program, string registry) => new(
        "CredentialStoreNeedsLogonSession",
        ProErrorCategory.AuthenticationError,
        $"The credential helper '{program}' can't open Windows' credential store for {registry}: this process has no logon session, " +
        "as is so in services and in scheduled tasks that store no password.",
        "Let the task run with the user's stored password; or give the job a folder of its own in DOCKER_CONFIG, whose config.json has " +
        $"no \"credsStore\" and holds the login: {{\"auths\":{{\"{registry}\":{{\"auth\":\"<base64 of user:token>\"}}}}}}",
        registry);

    /// <summary>The first line of what a helper said, unless it looks like its JSON answer: that holds the secret.</summary>
    private static string Said(string text)
    {
        var line = text.Trim().Split('\n')[0].Trim();
        return line.Length == 0 || line.Contains('{', StringComparison.Ordinal) ? "." : $": {RegistryErrors.Clean(line)}";
    }
}
