using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Machine;

namespace Pro.DockerVersioning.Engine;

/// <summary>
/// The configuration of Docker's client, <c>config.json</c>, as far as it concerns us: logins, credential helpers, the current
/// context, headers for the engine. Read, never written.
/// </summary>
internal sealed class DockerConfigFile
{
    private DockerConfigFile(string path)
    {
        Path = path;
        Auths = new Dictionary<string, DockerConfigAuth>(StringComparer.Ordinal);
        CredentialHelpers = new Dictionary<string, string>(StringComparer.Ordinal);
        HttpHeaders = new Dictionary<string, string>(StringComparer.Ordinal);
    }

    /// <summary>Where it is, or would be.</summary>
    public string Path { get; }

    /// <summary>The logins in the file itself, by the registry as it is written there.</summary>
    public IReadOnlyDictionary<string, DockerConfigAuth> Auths { get; private init; }

    /// <summary>The helper for every registry without its own, without "docker-credential-"; or null.</summary>
    public string? CredentialsStore { get; private init; }

    /// <summary>Helpers by registry.</summary>
    public IReadOnlyDictionary<string, string> CredentialHelpers { get; private init; }

    /// <summary>The context chosen by <c>docker context use</c>; or null.</summary>
    public string? CurrentContext { get; private init; }

    /// <summary>Headers that Docker's client adds to each request to the engine.</summary>
    public IReadOnlyDictionary<string, string> HttpHeaders { get; private init; }

    /// <summary>More folders in which Docker's client looks for plugins.</summary>
    public IReadOnlyList<string> PluginFolders { get; private init; } = [];

    /// <summary>True if neither a login nor a helper is in it: Docker then looks for the system's own helper.</summary>
    public bool HasNoLogins => Auths.Count == 0 && CredentialHelpers.Count == 0 && string.IsNullOrEmpty(CredentialsStore);

    /// <summary>The folder of Docker's configuration (<c>DOCKER_CONFIG</c> or <c>~/.docker</c>);
    /// contexts and plug-ins live there too.</summary>
    /// <param name="environment">Reads a variable. Not the process's own by force: a session changes it, and tests need their own.</param>
    public static string FindFolder(Func<string, string?> environment)
    {
        var folder = environment("DOCKER_CONFIG");
        if (!string.IsNullOrEmpty(folder))
        {
            return System.IO.Path.GetFullPath(folder);
        }

        var home = environment(OperatingSystem.IsWindows() ? "USERPROFILE" : "HOME");
        if (string.IsNullOrEmpty(home))
        {
            home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        }

        return System.IO.Path.Combine(home, ".docker");
    }

    /// <summary>Reads the file; without one, everything is empty.</summary>
    /// <exception cref="ProException">It can't be read (<c>DockerConfigUnreadable</c>) or understood
    /// (<c>DockerConfigInvalid</c>).</exception>
    public static DockerConfigFile Load(Func<string, string?> environment)
    {
        var path = System.IO.Path.Combine(FindFolder(environment), "config.json");
        byte[] content;
        try
        {
            content = RegularFile.ReadBytes(path);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return new DockerConfigFile(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CredentialErrors.ConfigUnreadable(path, exception);
        }

        var root = DockerConfigJson.Parse(content, path);
        return new DockerConfigFile(path)
        {
            Auths = DockerConfigAuth.ReadAll(root, path),
            CredentialsStore = DockerConfigJson.Text(root, "credsStore", path),
            CredentialHelpers = DockerConfigJson.Texts(root, "credHelpers", path),
            CurrentContext = DockerConfigJson.Text(root, "currentContext", path),
            HttpHeaders = DockerConfigJson.Texts(root, "HttpHeaders", path),
            PluginFolders = DockerConfigJson.List(root, "cliPluginsExtraDirs"),
        };
    }
}
