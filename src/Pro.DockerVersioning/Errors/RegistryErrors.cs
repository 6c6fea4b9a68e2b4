using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.RegularExpressions;

namespace Pro.DockerVersioning.Errors;

/// <summary>
/// Errors of a registry, whether we asked it or the engine did. Four matter most, because each has another remedy: no (good) login,
/// no right, no such repository, no way there.
/// </summary>
internal static partial class RegistryErrors
{
    public const string LoginRequiredId = "RegistryLoginRequired";
    public const string AccessDeniedId = "RegistryAccessDenied";

    /// <summary>Why a plan doesn't know what a registry has.</summary>
    public const string NoLoginInPlan = "-WhatIf sends no login";
    public const string RepositoryNotFoundId = "RegistryRepositoryNotFound";
    public const string UnreachableId = "RegistryUnreachable";
    public const string ManifestNotFoundId = "RegistryManifestNotFound";
    public const string RateLimitedId = "RegistryRateLimited";
    public const string RefusedId = "RegistryRefused";
    public const string TagImmutableId = "RegistryTagImmutable";
    public const string NoSpaceId = "RegistryNoSpaceLeft";
    public const string ImageNotOnEngineId = "RegistryImageNotOnEngine";
    public const string InvalidAnswerId = "RegistryAnswerInvalid";

    private const int LongestQuote = 500;
    private const string ThisMachine = "this machine";

    /// <summary>The registry wants a login, and none was found.</summary>
    public static ProException NotLoggedIn(string host, string target, string? said, Exception? inner = null) => new(
        LoginRequiredId,
        ProErrorCategory.AuthenticationError,
        $"{host} wants a login for {target}, and Docker's configuration has none for it{Said(said)}",
        $"Log in: {LoginCommand(host)} — and check that REGISTRY names the same registry. A job runs as another user, with another " +
        "Docker configuration (DOCKER_CONFIG).",
        target,
        inner);

    /// <summary>A login was found, and the registry refused it.</summary>
    /// <param name="host">The registry.</param>
    /// <param name="target">The repository or reference.</param>
    /// <param name="login">Whose login it was and where it came from; or null if only the engine knows.</param>
    /// <param name="said">The registry's own words.</param>
    /// <param name="inner">The library's exception.</param>
    public static ProException LoginRefused(string host, string target, string? login, string? said, Exception? inner = null) => new(
        LoginRequiredId,
        ProErrorCategory.AuthenticationError,
        $"{host} does not accept the login {(login is null ? "in Docker's configuration" : $"of {login}")} for {target}{Said(said)}",
        $"The password or token is wrong or has expired. Log in again: {LoginCommand(host)}",
        target,
        inner);

    /// <summary>The login is good, but not for this.</summary>
    public static ProException AccessDenied(string host, string target, string? login, string? said, Exception? inner = null) => new(
        AccessDeniedId,
        ProErrorCategory.PermissionDenied,
        $"{host} denies access to {target}{(login is null ? " with the present login" : $" to {login}")}{Said(said)}",
        $"Have this user given the right to read or push there; check that REGISTRY names the right place; or log in as somebody else: " +
        $"{LoginCommand(host)}. To try by hand: docker push {target}",
        target,
        inner);

    public static ProException RepositoryNotFound(string host, string target, string? said, Exception? inner = null) => new(
        RepositoryNotFoundId,
        ProErrorCategory.ObjectNotFound,
        $"{host} knows no repository for {target}{Said(said)}",
        "Check the service's name and REGISTRY. Most registries make a repository at the first push; some (Amazon ECR, Harbor's " +
        "projects) want it created before.",
        target,
        inner);

    public static ProException ManifestNotFound(string host, string target, string? said, Exception? inner = null) => new(
        ManifestNotFoundId,
        ProErrorCategory.ObjectNotFound,
        $"{host} does not hold {target}{Said(said)}",
        "Check the version, or publish it first: Publish-ProImage SERVICE VERSION",
        target,
        inner);

    public static ProException RateLimited(string host, string target, string? said, TimeSpan? wait, Exception? inner = null) => new(
        RateLimitedId,
        ProErrorCategory.ResourceBusy,
        $"{host} answers that there were too many requests, for {target}{Said(said)}",
        (wait is { } time ? $"Try again in {Math.Ceiling(time.TotalSeconds):0} s" : "Try again later") +
        $"; a login raises the limit on Docker Hub: {LoginCommand(host)}",
        target,
        inner);

    public static ProException Refused(string host, string target, string? said, Exception? inner = null) => new(
        RefusedId,
        ProErrorCategory.InvalidOperation,
        $"{host} refused the request for {target}{Said(said)}",
        $"Read the registry's own words. To try by hand: docker push {target}",
        target,
        inner);

    public static ProException TagImmutable(string host, string target, string? said, Exception? inner = null) => new(
        TagImmutableId,
        ProErrorCategory.ResourceExists,
        $"{host} does not let {target} be overwritten{Said(said)}",
        "Publish the change as a new version (git tag -a vX.Y.Z), or allow overwriting tags in the registry's settings.",
        target,
        inner);

    public static ProException InvalidAnswer(string host, string target, string what, Exception? inner = null) => new(
        InvalidAnswerId,
        ProErrorCategory.InvalidData,
        $"{host} gave an answer for {target} that can't be right: {what}",
        $"Check that REGISTRY names a registry, and no proxy or web page stands before it: curl -i https://{host}/v2/",
        target,
        inner);

    /// <summary>A list of tags that lacks one that the registry has.</summary>
    public static ProException TagsIncomplete(string host, string target, string tag, bool isKnown) => new(
        "RegistryTagsIncomplete",
        ProErrorCategory.InvalidData,
        isKnown
            ? $"{host} lists the tags of {target} without {tag}, which it has"
            : $"{host} has {target}:{tag}, and lists no tags of that repository",
        "Look whether this user may list the repository's tags.",
        target);

    public static ProException InvalidHost(string host, Exception inner) => new(
        "RegistryHostInvalid",
        ProErrorCategory.InvalidArgument,
        $"'{host}' is not a registry: it must be a host name with an optional port.",
        "Correct REGISTRY (or \"registry\" in pro.json), as in: registry.example.com/pro",
        host,
        inner);

    public static ProException CertificateUnreadable(string host, string path, Exception inner) => new(
        "RegistryCertificateUnreadable",
        ProErrorCategory.ReadError,
        $"The certificate '{path}' for {host} can't be used: {inner.Message}",
        "Put PEM files there: authorities as NAME.crt, a client's certificate as NAME.cert with its key as NAME.key. " +
        "Or give this user the right to read them.",
        path,
        inner);

    /// <summary>A connection that failed: which way, and at what host.</summary>
    /// <param name="host">The registry.</param>
    /// <param name="exception">How it failed.</param>
    /// <param name="proxy">The proxy on the way; null if there is none.</param>
    public static ProException Unreachable(string host, Exception exception, string? proxy = null) =>
        Unreachable(host, ThisMachine, KindOf(exception), Innermost(exception).Message, exception, proxy);

    public static ProException TimedOut(string host, TimeSpan timeout, string? proxy = null, Exception? inner = null) =>
        Unreachable(host, ThisMachine, UnreachableKind.TimedOut, $"no answer within {timeout.TotalSeconds:0.#} s", inner, proxy);

    /// <summary>The registry is there, but out of order (a 5xx answer, after trying again).</summary>
    public static ProException OutOfOrder(string host, int status, string? said) =>
        Unreachable(host, ThisMachine, UnreachableKind.ServerError, $"it answered {status}{Said(said).TrimEnd('.')}", null);

    /// <summary>Whether a registry has answered that this login, or nobody without one, may see what was asked for.</summary>
    public static bool IsRefusal(ProException error) => error.Id is AccessDeniedId or LoginRequiredId;

    /// <summary>What logs in there. Docker Hub is the one that <c>docker login</c> needs no name for.</summary>
    public static string LoginCommand(string host) =>
        host is "docker.io" or "index.docker.io" or "registry-1.docker.io" or "https://index.docker.io/v1/"
            ? "docker login"
            : $"docker login {host}";

    /// <summary>
    /// Makes foreign text fit for a message: one line, bounded, and without what signed URLs and user names in URLs would give away.
    /// </summary>
    public static string Clean(string text)
    {
        var line = ControlCharacters().Replace(text, " ").Trim();
        line = UserInfo().Replace(line, "$1***@");
        line = UrlQuery().Replace(line, "$1?…");
        return line.Length <= LongestQuote ? line : line[..LongestQuote] + "…";
    }

    private static ProException Unreachable(
        string host, string from, UnreachableKind kind, string detail, Exception? inner, string? proxy = null)
    {
        // Through a proxy, the name and the connection that fail are the proxy's.
        if (proxy is not null
            && kind is UnreachableKind.Dns or UnreachableKind.Refused or UnreachableKind.TimedOut or UnreachableKind.Network)
        {
            kind = UnreachableKind.Proxy;
        }

        var (what, remedy) = kind switch
        {
            UnreachableKind.Dns => (
                $"the name of {host} is not known",
                $"Check REGISTRY and DNS: nslookup {host}"),
            UnreachableKind.Refused => (
                $"{host} refuses the connection",
                $"Check that the registry is running and that REGISTRY names the right port: curl -i http://{host}/v2/"),
            UnreachableKind.Certificate => (
                $"the TLS certificate of {host} is not trusted",
                $"Have the certificate's authority trusted ({CertificateFolder(host)}, or the system's store), " +
                "or a valid certificate installed."),
            UnreachableKind.PlainHttp => (
                $"{host} speaks plain HTTP where HTTPS is wanted",
                $"Put TLS before the registry; or, in a closed network, add \"{host}\" to \"insecure-registries\" " +
                "in the engine's daemon.json and restart it."),
            UnreachableKind.TimedOut => (
                $"{host} does not answer in time",
                $"Check the network, proxy (HTTPS_PROXY, NO_PROXY) and firewall on the way: curl -i https://{host}/v2/"),
            UnreachableKind.Proxy => (
                proxy is null ? $"its proxy gives no way to {host}" : $"the proxy {proxy} gives no way to {host}",
                from == ThisMachine
                    ? $"Check HTTPS_PROXY and HTTP_PROXY. A registry in your own network goes without the proxy: add {host} to NO_PROXY."
                    : "Check the engine's proxy (docker info). A registry in your own network goes without it: "
                        + $"add {host} to the engine's NO_PROXY."),
            UnreachableKind.ServerError => (
                $"{host} is out of order",
                "Look at the registry's log, or try again later."),
            _ => (
                $"the connection to {host} fails",
                $"Check the network, proxy (HTTPS_PROXY, NO_PROXY) and firewall on the way: curl -i https://{host}/v2/"),
        };
        return new ProException(
            UnreachableId,
            kind == UnreachableKind.TimedOut ? ProErrorCategory.OperationTimeout : ProErrorCategory.ConnectionError,
            kind == UnreachableKind.ServerError
                ? $"The registry {what}{Said(detail)}"
                : $"The registry can't be reached from {from}"
                    + $"{(proxy is null || kind == UnreachableKind.Proxy ? "" : $" through the proxy {proxy}")}: {what}{Said(detail)}",
            remedy,
            host,
            inner);
    }

    private static string CertificateFolder(string host) => $"/etc/docker/certs.d/{host}/ca.crt";

    private static UnreachableKind KindOf(Exception exception)
    {
        var chain = Chain(exception).ToList();
        var socket = chain.OfType<SocketException>().FirstOrDefault()?.SocketErrorCode;
        var request = chain.OfType<HttpRequestException>().FirstOrDefault()?.HttpRequestError;
        return socket switch
        {
            SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain or SocketError.NoRecovery => UnreachableKind.Dns,
            SocketError.ConnectionRefused => UnreachableKind.Refused,
            SocketError.TimedOut => UnreachableKind.TimedOut,
            _ when request == HttpRequestError.NameResolutionError => UnreachableKind.Dns,
            _ when request == HttpRequestError.SecureConnectionError => SecureKindOf(chain),
            _ when chain.OfType<AuthenticationException>().Any() => SecureKindOf(chain),
            _ when chain.OfType<TimeoutException>().Any() || chain.OfType<OperationCanceledException>().Any() => UnreachableKind.TimedOut,
            _ => UnreachableKind.Network,
        };
    }

    /// <summary>
    /// A server without TLS answers the handshake with text. .NET has no code for that; the frame is what it complains of, in
    /// wordings that changed between its versions.
    /// </summary>
    private static UnreachableKind SecureKindOf(IReadOnlyList<Exception> chain) =>
        chain.Any(exception => exception.Message.Contains("frame", StringComparison.OrdinalIgnoreCase)
            || exception.Message.Contains("wrong version number", StringComparison.OrdinalIgnoreCase))
            ? UnreachableKind.PlainHttp
            : UnreachableKind.Certificate;

    private static Exception Innermost(Exception exception) => Chain(exception).Last();

    private static IEnumerable<Exception> Chain(Exception exception)
    {
        for (Exception? current = exception; current is not null; current = current.InnerException)
        {
            yield return current;
        }
    }

    private static string Said(string? text) => string.IsNullOrWhiteSpace(text) ? "." : $": {Clean(text)}";

    [GeneratedRegex(@"\p{C}+")]
    private static partial Regex ControlCharacters();

    [GeneratedRegex(@"(\b[a-zA-Z][a-zA-Z0-9+.-]*://)[^/\s@""']*@")]
    private static partial Regex UserInfo();

    [GeneratedRegex(@"(\b[a-zA-Z][a-zA-Z0-9+.-]*://[^\s?""']*)\?[^\s""']*")]
    private static partial Regex UrlQuery();

    /// <summary>In which way a registry can't be reached.</summary>
    private enum UnreachableKind
    {
        Network,
        Dns,
        Refused,
        Certificate,
        PlainHttp,
        TimedOut,
        Proxy,
        ServerError,
    }
}
