using System.Collections.Frozen;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Images.Building;

/// <summary>
/// Build arguments on their way through the client's environment. An argument list can be read by every user of the machine; the
/// environment only by the same user. So <c>--build-arg NAME</c> stands there alone, and the client takes the value from its variable.
/// </summary>
internal static class BuildArgumentVariables
{
    /// <summary>
    /// What the client, its plugins, Go's runtime or the system itself read. An argument of such a name would change the client instead of
    /// the build.
    /// </summary>
    private static readonly FrozenSet<string> Reserved = new[]
    {
        "PATH", "PATHEXT", "HOME", "USERPROFILE", "HOMEDRIVE", "HOMEPATH", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "PROGRAMFILES",
        "PROGRAMW6432", "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "TMPDIR", "TMP", "TEMP", "PWD", "XDG_CONFIG_HOME",
        "XDG_RUNTIME_DIR", "SSH_AUTH_SOCK", "SSL_CERT_FILE", "SSL_CERT_DIR", "GODEBUG", "GOGC", "GOMEMLIMIT", "GOMAXPROCS",
        "GOTRACEBACK", "GOCOVERDIR", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "BUILDKIT_HOST", "BUILDKIT_PROGRESS",
        "BUILDKIT_COLORS", "BUILDKIT_TTY_LOG_LINES", "BUILDKIT_NO_CLIENT_TOKEN", "BUILDKIT_SCHEDULER_DEBUG", "PROGRESS_NO_TRUNC",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static readonly string[] ReservedPrefixes = ["DOCKER_", "BUILDX_", "COMPOSE_", "OTEL_", "LD_", "DYLD_"];

    /// <summary>The variables that carry the values.</summary>
    /// <exception cref="ProException">A name can't go this way.</exception>
    public static IReadOnlyDictionary<string, string?> Of(
        BuildRequest request,
        IReadOnlyList<SecretSpec> secrets,
        ChildEnvironment environment)
    {
        var variables = new Dictionary<string, string?>(ChildEnvironment.NameComparer);
        foreach (var (name, value) in request.BuildArgs)
        {
            RequireUsable(request.Subject, name, value, environment);
            if (!variables.TryAdd(name, value))
            {
                throw BuildErrors.BuildArgumentTwice(request.Subject, name);
            }

            if (secrets.Any(secret => ChildEnvironment.NameComparer.Equals(secret.Variable, name)) && environment.Get(name) != value)
            {
                throw BuildErrors.BuildArgumentIsSecret(request.Subject, name);
            }
        }

        // buildx would pass the session's own on to every build; only what was asked for may get in.
        variables.TryAdd("SOURCE_DATE_EPOCH", null);
        return variables;
    }

    private static void RequireUsable(string subject, string name, string value, ChildEnvironment environment)
    {
        if (name.Length == 0 || name.AsSpan().ContainsAny("=\0\r\n ") || name[0] == '-')
        {
            throw BuildErrors.BuildArgumentInvalid(subject, name);
        }

        if (value.Contains('\0', StringComparison.Ordinal))
        {
            throw BuildErrors.BuildArgumentInvalid(subject, name);
        }

        // The same value as the client has anyway changes nothing: a proxy that the whole session uses.
        if (IsReserved(name) && environment.Get(name) != value)
        {
            throw BuildErrors.BuildArgumentReserved(subject, name);
        }
    }

    private static bool IsReserved(string name) =>
        Reserved.Contains(name) || ReservedPrefixes.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));
}
