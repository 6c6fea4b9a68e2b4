namespace Pro.DockerVersioning.Errors;

/// <content>What the Docker engine says about a registry, in the stream of a push or pull or in answer to a question.</content>
internal static partial class RegistryErrors
{
    private const string TheEngine = "the Docker engine";

    /// <summary>
    /// Translates the engine's words. They come as text only, and each registry has its own; the first rule that fits wins, so the
    /// narrow ones stand first.
    /// </summary>
    /// <param name="message">The engine's text.</param>
    /// <param name="reference">What was pushed or pulled, registry included.</param>
    /// <param name="hadCredentials">True when a login was sent along: "denied" means something else without one.</param>
    /// <param name="inner">The library's exception.</param>
    public static ProException FromEngineMessage(string message, string reference, bool hadCredentials, Exception? inner = null)
    {
        // A service may be called "certificate" or a tag "denied": names are no news.
        var news = message.Replace(reference, string.Empty, StringComparison.OrdinalIgnoreCase);
        var failure = new EngineFailure(HostOf(reference), reference, message, hadCredentials, inner);
        return EngineSide.Concat(Connection).Concat(Registry).FirstOrDefault(rule => rule.Fits(news)) is { } rule
            ? rule.Make(failure)
            : Refused(failure.Host, reference, message, inner);
    }

    /// <summary>The registry in a reference; without one it is Docker Hub, by the same rule that Docker applies.</summary>
    private static string HostOf(string reference)
    {
        var slash = reference.IndexOf('/', StringComparison.Ordinal);
        var first = slash < 0 ? string.Empty : reference[..slash];
        return first.Contains('.', StringComparison.Ordinal) || first.Contains(':', StringComparison.Ordinal) || first == "localhost"
            ? first
            : "docker.io";
    }

    private static readonly Rule[] EngineSide =
    [
        new(["no space left on device", "not enough space"], failure => new ProException(
            NoSpaceId,
            ProErrorCategory.WriteError,
            $"There is no space left for {failure.Reference}: {Clean(failure.Text)}",
            "See what takes it (docker system df) and remove old versions: Remove-ProOldImage. " +
            "If it is the registry's disk, its operator must.",
            failure.Reference,
            failure.Inner)),
        new(["tag does not exist", "does not exist locally", "no such image", "reference does not exist"], failure => new ProException(
            ImageNotOnEngineId,
            ProErrorCategory.ObjectNotFound,
            $"This engine has no image {failure.Reference}: {Clean(failure.Text)}",
            "Build it first: Build-ProImage SERVICE VERSION — or see what is there: Get-ProImageVersion",
            failure.Reference,
            failure.Inner)),
    ];

    private static readonly Rule[] Connection =
    [
        new(["toomanyrequests", "too many requests", "rate limit"], failure =>
            RateLimited(failure.Host, failure.Reference, failure.Text, null, failure.Inner)),
        new(["proxyconnect", "proxy authentication required"], Reached(UnreachableKind.Proxy)),
        new(["server gave http response to https client"], Reached(UnreachableKind.PlainHttp)),
        new(["no such host", "server misbehaving", "name resolution", "name or service not known"], Reached(UnreachableKind.Dns)),
        new(["connection refused"], Reached(UnreachableKind.Refused)),
        new(["i/o timeout", "timeout exceeded", "deadline exceeded", "handshake timeout", "request canceled while waiting"],
            Reached(UnreachableKind.TimedOut)),
        new(["x509:", "tls: ", "certificate signed by", "certificate verif", "verify certificate", "certificate has expired"],
            Reached(UnreachableKind.Certificate)),
        new(["no route to host", "network is unreachable", "connection reset", "broken pipe", "unexpected eof", ": eof"],
            Reached(UnreachableKind.Network)),
        new(["unexpected http status: 5", "500 internal server error", "502 bad gateway", "503 service unavailable", "504 gateway time"],
            Reached(UnreachableKind.ServerError)),
    ];

    private static readonly Rule[] Registry =
    [
        new(["no basic auth credentials", "token has expired", "token expired", "incorrect username or password"], LoginWanted),
        new(["name unknown", "name_unknown", "repository name not known", "repository not found"], failure =>
            RepositoryNotFound(failure.Host, failure.Reference, failure.Text, failure.Inner)),
        new(["manifest unknown", "manifest_unknown", "manifest for  not found"], failure =>
            ManifestNotFound(failure.Host, failure.Reference, failure.Text, failure.Inner)),
        new(["is immutable", "cannot be overwritten"], failure =>
            TagImmutable(failure.Host, failure.Reference, failure.Text, failure.Inner)),
        new(
            ["denied:", "access denied", "access to the resource is denied", "unauthorized to access", "insufficient_scope",
                "403 forbidden"],
            Denied)
        {
            // All that the engine says where the registry adds nothing to the code's usual sentence.
            Alone = "denied",
        },
        new(["unauthorized", "authentication required", "401 "], LoginWanted),
    ];

    private static ProException Denied(EngineFailure failure) => failure.HadCredentials
        ? AccessDenied(failure.Host, failure.Reference, null, failure.Text, failure.Inner)
        : NotLoggedIn(failure.Host, failure.Reference, failure.Text, failure.Inner);

    private static ProException LoginWanted(EngineFailure failure) => failure.HadCredentials
        ? LoginRefused(failure.Host, failure.Reference, null, failure.Text, failure.Inner)
        : NotLoggedIn(failure.Host, failure.Reference, failure.Text, failure.Inner);

    private static Func<EngineFailure, ProException> Reached(UnreachableKind kind) =>
        failure => Unreachable(failure.Host, TheEngine, kind, failure.Text, failure.Inner);

    private sealed record EngineFailure(string Host, string Reference, string Text, bool HadCredentials, Exception? Inner);

    private sealed record Rule(string[] Texts, Func<EngineFailure, ProException> Make)
    {
        /// <summary>A text that fits only when nothing else is said.</summary>
        public string? Alone { get; init; }

        public bool Fits(string message) => Texts.Any(text => message.Contains(text, StringComparison.OrdinalIgnoreCase))
            || message.Trim().Equals(Alone, StringComparison.OrdinalIgnoreCase);
    }
}
