using System.Net;

namespace Pro.DockerVersioning.Registry;

/// <summary>
/// The environment's proxy, by the rules of Go's client and so of Docker's: HTTPS_PROXY and HTTP_PROXY by the address's scheme, NO_PROXY
/// with names, <c>.domain</c>, <c>*.domain</c>, addresses, networks, each perhaps with a port, and <c>*</c>. Loopback never goes by a
/// proxy.
/// https://pkg.go.dev/golang.org/x/net/http/httpproxy#Config
/// </summary>
internal sealed class EnvironmentProxy : IWebProxy, ICredentials
{
    private readonly Uri? _http;
    private readonly Uri? _https;
    private readonly IWebProxy? _system;
    private readonly List<Func<Uri, bool>> _exceptions = [];
    private readonly bool _isOff;

    /// <summary>Reads the variables.</summary>
    /// <param name="environment">Reads one.</param>
    /// <param name="system">What holds where no variable names a proxy; null: none.</param>
    public EnvironmentProxy(Func<string, string?> environment, IWebProxy? system)
    {
        var all = Address(Variable("ALL_PROXY"));
        _http = Address(Variable("HTTP_PROXY")) ?? all;
        _https = Address(Variable("HTTPS_PROXY")) ?? all;
        _system = _http is null && _https is null ? system : null;
        foreach (var entry in (Variable("NO_PROXY") ?? "")
            .Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            _isOff |= entry == "*";
            if (ExceptionFor(entry.ToLowerInvariant()) is { } exception)
            {
                _exceptions.Add(exception);
            }
        }

        string? Variable(string name) => environment(name) is { Length: > 0 } upper ? upper : environment(name.ToLowerInvariant());
    }

    /// <inheritdoc/>
    public ICredentials? Credentials
    {
        get => _system is null ? this : _system.Credentials;
        set => throw new NotSupportedException();
    }

    /// <summary>How messages name the proxy on the way to an address, without its login; null if there is none.</summary>
    public string? NameFor(Uri destination) =>
        GetProxy(destination) is { } proxy && proxy != destination
            ? proxy.GetComponents(UriComponents.SchemeAndServer, UriFormat.Unescaped)
            : null;

    /// <inheritdoc/>
    public Uri? GetProxy(Uri destination) => IsBypassed(destination) ? null
        : _system is not null ? _system.GetProxy(destination)
        : For(destination);

    /// <inheritdoc/>
    public bool IsBypassed(Uri host) => _isOff || RegistryEndpoint.IsLoopback(host)
        || (_system is not null ? _system.IsBypassed(host) : For(host) is null)
        || _exceptions.Exists(exception => exception(host));

    /// <inheritdoc/>
    public NetworkCredential? GetCredential(Uri uri, string authType)
    {
        var proxy = new[] { _https, _http }.FirstOrDefault(one => one?.Authority == uri.Authority && one.UserInfo.Length > 0);
        return proxy?.UserInfo.Split(':', 2) is [var user, .. var rest]
            ? new NetworkCredential(Uri.UnescapeDataString(user), rest is [var password] ? Uri.UnescapeDataString(password) : "")
            : null;
    }

    private static Uri? Address(string? text)
    {
        var address = string.IsNullOrWhiteSpace(text) ? null : text.Contains("://", StringComparison.Ordinal) ? text : "http://" + text;
        address = address?.Replace("socks5h://", "socks5://", StringComparison.OrdinalIgnoreCase).Trim();
        return Uri.TryCreate(address, UriKind.Absolute, out var proxy) ? proxy : null;
    }

    /// <summary>What an entry of NO_PROXY says; null if it says nothing.</summary>
    private static Func<Uri, bool>? ExceptionFor(string entry)
    {
        if (IpNetworkText.TryParse(entry, out var network, out var length))
        {
            return host => AddressOf(host) is { } address && IpNetworkText.Contains(network, length, address);
        }

        var (name, port) = Split(entry);
        if (IPAddress.TryParse(name, out var single))
        {
            return host => single.Equals(AddressOf(host)) && IsPort(host, port);
        }

        name = name.StartsWith("*.", StringComparison.Ordinal) ? name[1..] : name;
        return name.Length == 0 ? null
            : name[0] == '.' ? host => host.IdnHost.EndsWith(name, StringComparison.OrdinalIgnoreCase) && IsPort(host, port)
            : host => (host.IdnHost.Equals(name, StringComparison.OrdinalIgnoreCase)
                || host.IdnHost.EndsWith("." + name, StringComparison.OrdinalIgnoreCase)) && IsPort(host, port);
    }

    // "host:5000", "[::1]:5000", "host", and "::1", which has no port.
    private static (string Name, string? Port) Split(string entry)
    {
        var colon = entry.LastIndexOf(':');
        return colon >= 0 && (entry.IndexOf(':', StringComparison.Ordinal) == colon || entry.StartsWith('['))
            && !entry.EndsWith(']')
                ? (entry[..colon].Trim('[', ']'), entry[(colon + 1)..])
                : (entry.Trim('[', ']'), null);
    }

    private static bool IsPort(Uri host, string? port) => port is null or "" || port == FormattableString.Invariant($"{host.Port}");

    private static IPAddress? AddressOf(Uri host) => IPAddress.TryParse(host.IdnHost, out var address) ? address : null;

    private Uri? For(Uri destination) => destination.Scheme == Uri.UriSchemeHttps ? _https : _http;
}
