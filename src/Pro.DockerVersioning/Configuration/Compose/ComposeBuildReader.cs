using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Configuration.Compose;

/// <summary>
/// Reads the <c>build</c> of a service. A key that could change the image is either understood or refused by name: silently leaving
/// it out would build another image than compose does.
/// </summary>
internal sealed class ComposeBuildReader
{
    private static readonly string[] Understood =
        ["context", "dockerfile", "target", "args", "labels", "cache_from", "no_cache", "pull"];

    /// <summary>These leave the image alone: where its cache is exported to, and attestations beside it.</summary>
    internal static readonly string[] Ignored = ["cache_to", "provenance", "sbom"];

    private static readonly Dictionary<string, string> Instead = new(StringComparer.Ordinal)
    {
        ["platforms"] = "name the platforms with -Platform",
        ["platform"] = "name the platform with -Platform",
        ["tags"] = "the version is the image's tag, and -Alias and -Latest move others",
        ["secrets"] = "give the secrets with -Secret",
        ["ssh"] = "give the agent or key with -Ssh",
        ["dockerfile_inline"] = "write the Dockerfile into a file",
        ["additional_contexts"] = "copy from one context, or from an image with COPY --from",
    };

    private readonly ComposeMapping _service;
    private readonly ComposeMapping _build;
    private readonly List<ServiceRefusal> _refusals = [];

    /// <summary>Reads a build that is only a context.</summary>
    public ComposeBuildReader(ComposeMapping service, ComposeScalar context)
        : this(service, new ComposeMapping(context.Source, context.At.Line, context.At.Column, [new("context", context)]))
    {
    }

    /// <summary>Reads a build that is a mapping.</summary>
    public ComposeBuildReader(ComposeMapping service, ComposeMapping build)
    {
        _service = service;
        _build = build;
    }

    /// <summary>Reads it.</summary>
    /// <exception cref="ProException">A value has the wrong type, or a variable that must be set isn't.</exception>
    public ComposeBuild Read()
    {
        RefuseUnsupported();
        var (written, context) = ReadContext();
        return new ComposeBuild
        {
            Context = context ?? written,
            Dockerfile = context is null ? null : ReadDockerfile(context),
            Target = Text(_build, "target") is { Length: > 0 } target ? target : null,
            Args = ReadArgs(),
            Labels = [.. Pairs("labels").Select(pair => new KeyValuePair<string, string>(pair.Key, pair.Value ?? string.Empty))],
            CacheFrom = ReadCacheFrom(),
            NoCache = Flag("no_cache"),
            Pull = Flag("pull"),
            Refusals = _refusals,
        };
    }

    private void RefuseUnsupported()
    {
        foreach (var (key, value) in _build.Entries)
        {
            if (!Understood.Contains(key) && !Ignored.Contains(key) && !key.StartsWith("x-", StringComparison.Ordinal))
            {
                Refuse(key, value, $"build.{key}");
            }
        }

        // compose builds for the platform of the service where the build itself names none.
        if (_service["platform"] is { } platform && (_build["platforms"] is not { } own || SaysNothing("platforms", own)))
        {
            Refuse("platform", platform, "the service's platform");
        }
    }

    private void Refuse(string key, ComposeNode value, string written)
    {
        if (!SaysNothing(key, value))
        {
            var instead = Instead.TryGetValue(key, out var way) ? $"; {way}" : string.Empty;
            _refusals.Add(new ServiceRefusal(key, $"{written} isn't supported ({value.At}){instead}"));
        }
    }

    /// <summary>A value that asks for what happens anyway.</summary>
    private static bool SaysNothing(string key, ComposeNode value) => value switch
    {
        ComposeSequence list => list.Items.Count == 0,
        ComposeMapping mapping => mapping.Entries.Count == 0,
        ComposeScalar { IsNull: true } => true,
        ComposeScalar scalar => key switch
        {
            "privileged" => ComposeInterpolation.Expand(scalar).ToLowerInvariant() is "false" or "no" or "off" or "",
            "platform" => ComposeInterpolation.Expand(scalar).Length == 0,
            "network" or "isolation" => ComposeInterpolation.Expand(scalar) is "default" or "",
            _ => false,
        },
        _ => false,
    };

    private (string Written, string? Resolved) ReadContext()
    {
        var node = Scalar(_build, "context");
        var written = node is null ? "." : ComposeInterpolation.Expand(node);
        var at = (node ?? (ComposeNode)_build).At;
        if (ComposePaths.IsRemote(written))
        {
            _refusals.Add(new ServiceRefusal(
                "context", $"the context {written} is remote, and a version is built from this repository ({at})"));
            return (written, null);
        }

        var resolved = (node?.Source ?? _build.Source).Resolve(written);
        if (resolved is null)
        {
            _refusals.Add(new ServiceRefusal("context", $"the context {written} lies outside of the repository ({at})"));
        }

        return (written, resolved);
    }

    private string? ReadDockerfile(string context)
    {
        if (Scalar(_build, "dockerfile") is not { } node || ComposeInterpolation.Expand(node) is not { Length: > 0 } written)
        {
            return null;
        }

        var resolved = Path.IsPathFullyQualified(written) ? node.Source.Resolve(written) : RepositoryPath.Resolve(context, written);
        if (resolved is null)
        {
            _refusals.Add(new ServiceRefusal("dockerfile", $"the Dockerfile {written} lies outside of the repository ({node.At})"));
        }

        return resolved;
    }

    /// <summary>An argument without a value takes the one of the environment, or of .env.</summary>
    private List<KeyValuePair<string, string?>> ReadArgs() =>
        [.. Pairs("args").Select(pair => pair.Value is null
            ? new KeyValuePair<string, string?>(pair.Key, _build["args"]!.Source.Variables.Find(pair.Key))
            : pair)];

    private List<KeyValuePair<string, string?>> Pairs(string key)
    {
        var result = new List<KeyValuePair<string, string?>>();
        switch (_build[key])
        {
            case null:
                return result;
            case ComposeMapping mapping:
                return [.. mapping.Entries.Select(entry => new KeyValuePair<string, string?>(
                    entry.Key, ValueOf(entry.Key, entry.Value) is { IsNull: false } value ? ComposeInterpolation.Expand(value) : null))];
            case ComposeSequence list:
                foreach (var item in list.Items)
                {
                    AddPair(result, ComposeInterpolation.Expand(ScalarOf(key, item)));
                }

                return result;
            case var other:
                throw ConfigurationErrors.WrongCompose(other.At, $"build.{key} must be a mapping or a list, not {other.Kind}");
        }
    }

    private static ComposeScalar ValueOf(string key, ComposeNode node) => ScalarOf(key, node) is { IsDate: false } value
        ? value
        : throw ConfigurationErrors.WrongCompose(node.At, $"{key} is a date, which compose doesn't take here; put it into quotes");

    private static void AddPair(List<KeyValuePair<string, string?>> pairs, string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        var name = equals < 0 ? text : text[..equals];
        pairs.RemoveAll(pair => pair.Key == name);
        pairs.Add(new(name, equals < 0 ? null : text[(equals + 1)..]));
    }

    private List<string> ReadCacheFrom() => _build["cache_from"] switch
    {
        null => [],
        ComposeSequence list => [.. list.Items.Select(item => ComposeInterpolation.Expand(ScalarOf("cache_from", item))).Distinct()],
        var other => throw ConfigurationErrors.WrongCompose(other.At, $"build.cache_from must be a list, not {other.Kind}"),
    };

    private bool Flag(string key)
    {
        if (Scalar(_build, key) is not { } scalar)
        {
            return false;
        }

        return ComposeInterpolation.Expand(scalar).ToLowerInvariant() switch
        {
            "true" or "yes" or "on" or "y" or "1" => true,
            "false" or "no" or "off" or "n" or "0" or "" => false,
            var other => throw ConfigurationErrors.WrongCompose(scalar.At, $"build.{key} must be true or false, not {other}"),
        };
    }

    private static string? Text(ComposeMapping mapping, string key) =>
        Scalar(mapping, key) is { } scalar ? ComposeInterpolation.Expand(scalar) : null;

    private static ComposeScalar? Scalar(ComposeMapping mapping, string key) =>
        mapping[key] is { } node ? ScalarOf(key, node) : null;

    private static ComposeScalar ScalarOf(string key, ComposeNode node) =>
        node as ComposeScalar ?? throw ConfigurationErrors.WrongCompose(node.At, $"{key} must be a text, not {node.Kind}");
}
