using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Machine;

namespace Pro.DockerVersioning.Engine;

/// <summary>
/// Where the Docker engine is, found as Docker's own client finds it: <c>DOCKER_HOST</c>, then <c>DOCKER_CONTEXT</c>, then the
/// context chosen by <c>docker context use</c>, then the platform's default.
/// See https://docs.docker.com/engine/manage-resources/contexts/.
/// </summary>
internal sealed record EngineEndpoint
{
    /// <summary>How many seconds an answer is waited for: compose's own variable, so that both give up at the same time.</summary>
    public const string PatienceVariable = "COMPOSE_HTTP_TIMEOUT";

    private const string DefaultContext = "default";

    /// <summary>The address: <c>unix://</c>, <c>npipe://</c>, <c>tcp://</c> or <c>https://</c>.</summary>
    public required Uri Address { get; init; }

    /// <summary>Who says so, for messages: "DOCKER_HOST", "the context 'prod'", "the default".</summary>
    public required string Source { get; init; }

    /// <summary>True if the connection is encrypted.</summary>
    public bool UsesTls { get; init; }

    /// <summary>The folder with <c>ca.pem</c>, <c>cert.pem</c> and <c>key.pem</c>, or null.</summary>
    public string? CertificateFolder { get; init; }

    /// <summary>True if the context says not to check the engine's certificate.</summary>
    public bool SkipsVerification { get; init; }

    /// <summary>
    /// For how long an answer is waited for. An engine that is busy may need minutes; one that never answers must not be waited for for
    /// ever, with a service between two versions.
    /// </summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// What a child process (Docker's client) needs in its environment to talk to the same engine; empty if it inherits the same
    /// answer. A null value takes the variable away.
    /// </summary>
    public IReadOnlyDictionary<string, string?> ChildEnvironment { get; init; } = new Dictionary<string, string?>();

    /// <summary>True if a Docker context names it.</summary>
    public bool IsOfContext { get; init; }

    /// <summary>False if no registry login may be sent through it: the command only shows what it would do.</summary>
    public bool MaySeeLogins { get; init; } = true;

    /// <summary>Headers that the user's Docker configuration adds to each request to the engine (<c>HttpHeaders</c>).</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>True for an engine on this machine, reached by a socket or a pipe.</summary>
    public bool IsLocal => Address.Scheme is "unix" or "npipe";

    /// <summary>The id of the container in which this command runs; null if it runs in none.</summary>
    public string? OwnContainer { get; init; } = Machine.OwnContainer.Id;

    /// <inheritdoc/>
    public override string ToString() => Address.OriginalString;

    /// <summary>Finds the endpoint.</summary>
    /// <param name="environment">Reads an environment variable.</param>
    /// <param name="engine">A context's name or a host that goes before everything else, or null.</param>
    /// <exception cref="ProException">The address or the context is not valid.</exception>
    public static EngineEndpoint Resolve(Func<string, string?> environment, string? engine = null)
    {
        var found = Find(environment, engine);
        return found with { Patience = found.PatienceBy(environment(PatienceVariable)), Headers = HeadersOf(environment) };
    }

    /// <summary>Whether a text names an engine by its address, and not a docker context.</summary>
    public static bool IsAddress(string engine) => engine.Contains("://", StringComparison.Ordinal);

    /// <summary>Whether an address is that of the engine that the session itself would take.</summary>
    public static bool IsOwn(Func<string, string?> environment, string engine)
    {
        try
        {
            return Find(environment, engine).Address == Find(environment, engine: null).Address;
        }
        catch (ProException)
        {
            // Neither can be reached, so neither is the other; whoever opens it says why.
            return false;
        }
    }

    // Docker's client goes on without a configuration that it can't read, and warns.
    private static IReadOnlyDictionary<string, string> HeadersOf(Func<string, string?> environment)
    {
        try
        {
            return DockerConfigFile.Load(environment).HttpHeaders;
        }
        catch (ProException)
        {
            return new Dictionary<string, string>();
        }
    }

    /// <summary>What a value of <see cref="PatienceVariable"/> says; <see cref="Patience"/> where it says nothing.</summary>
    public TimeSpan PatienceBy(string? value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds > 0
            ? TimeSpan.FromSeconds(seconds)
            : Patience;

    private static EngineEndpoint Find(Func<string, string?> environment, string? engine)
    {
        if (!string.IsNullOrEmpty(engine))
        {
            return IsAddress(engine)
                ? FromHost(engine, "the engine named in pro.json", environment) with { ChildEnvironment = ChildHost(engine) }
                : FromContext(engine, environment) with { ChildEnvironment = ChildContext(engine) };
        }

        if (environment("DOCKER_HOST") is { Length: > 0 } host)
        {
            return FromHost(host, "DOCKER_HOST", environment);
        }

        var context = environment("DOCKER_CONTEXT");
        if (string.IsNullOrEmpty(context))
        {
            context = DockerConfigFile.Load(environment).CurrentContext;
        }

        return string.IsNullOrEmpty(context) || context == DefaultContext ? Default() : FromContext(context, environment);
    }

    private static EngineEndpoint Default() => new()
    {
        Address = new Uri(OperatingSystem.IsWindows() ? "npipe://./pipe/docker_engine" : "unix:///var/run/docker.sock"),
        Source = "the default",
    };

    private static EngineEndpoint FromHost(string host, string source, Func<string, string?> environment)
    {
        var verify = !string.IsNullOrEmpty(environment("DOCKER_TLS_VERIFY"));

        // Docker's own --tls: encrypted, with the client's certificate if there is one, and without a look at the engine's.
        var tls = verify || !string.IsNullOrEmpty(environment("DOCKER_TLS"));
        var address = Parse(host, source, tls);
        var overTcp = address.Scheme is "tcp" or "http" or "https";
        var folder = environment("DOCKER_CERT_PATH");
        return new EngineEndpoint
        {
            Address = address,
            Source = source,
            UsesTls = overTcp && (tls || address.Scheme == "https"),
            CertificateFolder = overTcp && tls
                ? string.IsNullOrEmpty(folder) ? DockerConfigFile.FindFolder(environment) : folder
                : null,
            SkipsVerification = overTcp && tls && !verify,
        };
    }

    private static EngineEndpoint FromContext(string name, Func<string, string?> environment)
    {
        if (name == DefaultContext)
        {
            return Default();
        }

        var folder = DockerConfigFile.FindFolder(environment);
        var id = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(name))).ToLowerInvariant();
        var meta = Path.Combine(folder, "contexts", "meta", id, "meta.json");
        if (!File.Exists(meta))
        {
            throw EngineErrors.ContextNotFound(name, meta);
        }

        try
        {
            using var document = JsonDocument.Parse(RegularFile.ReadBytes(meta));
            var endpoint = document.RootElement.GetProperty("Endpoints").GetProperty("docker");
            var host = endpoint.GetProperty("Host").GetString() ?? "";
            var certificates = Path.Combine(folder, "contexts", "tls", id, "docker");

            // Docker's client: any of the three files, or SkipTLSVerify, makes it TLS (cli/context/docker).
            var tls = Directory.Exists(certificates) && Directory.EnumerateFiles(certificates, "*.pem").Any();
            var skips = endpoint.TryGetProperty("SkipTLSVerify", out var skip) && skip.ValueKind == JsonValueKind.True;
            var address = Parse(host, $"the context '{name}'", tls || skips);
            return new EngineEndpoint
            {
                Address = address,
                Source = $"the context '{name}'",
                IsOfContext = true,
                UsesTls = address.Scheme is "tcp" or "http" or "https" && (tls || skips || address.Scheme == "https"),
                CertificateFolder = tls ? certificates : null,
                SkipsVerification = skips,
            };
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or IOException
            or UnauthorizedAccessException)
        {
            throw EngineErrors.ContextUnreadable(name, meta, exception);
        }
    }

    private static Uri Parse(string host, string source, bool tls)
    {
        // Docker's client accepts a bare socket path's scheme and Windows' four slashes.
        var text = host.Replace("npipe:////./", "npipe://./", StringComparison.Ordinal);
        if (!IsAddress(text) || !Uri.TryCreate(text, UriKind.Absolute, out var address))
        {
            throw EngineErrors.AddressInvalid(host, source);
        }

        return address.Scheme switch
        {
            "unix" when (address.Host + address.AbsolutePath).Trim('/').Length > 0 => address,
            "npipe" when !OperatingSystem.IsWindows() => throw EngineErrors.PipeNotHere(host, source),
            "npipe" when address.Host == "." && address.AbsolutePath.StartsWith("/pipe/", StringComparison.OrdinalIgnoreCase) => address,

            // The ports of Docker's client, if none is written.
            "tcp" when address.Host.Length > 0 =>
                address.Port >= 0 ? address : new Uri($"tcp://{address.Host}:{(tls ? 2376 : 2375)}"),
            "http" or "https" => address,
            "ssh" => throw EngineErrors.SshNotSupported(host, source),
            _ => throw EngineErrors.AddressInvalid(host, source),
        };
    }

    private static Dictionary<string, string?> ChildHost(string host) => new() { ["DOCKER_HOST"] = host, ["DOCKER_CONTEXT"] = null };

    private static Dictionary<string, string?> ChildContext(string name) => new() { ["DOCKER_HOST"] = null, ["DOCKER_CONTEXT"] = name };
}
