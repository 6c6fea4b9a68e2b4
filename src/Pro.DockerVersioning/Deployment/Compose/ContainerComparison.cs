using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Pro.DockerVersioning.Configuration.Compose;
using Pro.DockerVersioning.Deployment.Compose.Program;
using Pro.DockerVersioning.Deployment.Compose.Project;
using Pro.DockerVersioning.Engine.Api;

namespace Pro.DockerVersioning.Deployment.Compose;

/// <summary>Compares a container that runs with what compose would make of the files as they are read now. Pure.</summary>
internal sealed class ContainerComparison
{
    /// <summary>Keys that say nothing of the container itself, or that are compared by themselves.</summary>
    private static readonly HashSet<string> NotCompared = new(StringComparer.Ordinal)
    {
        "environment", "image", "build", "depends_on", "extends", "profiles", "develop", "pull_policy",
    };

    private readonly ComposeMapping _rendered;
    private readonly ComposeMapping _service;
    private readonly ContainerView _container;
    private readonly JsonObject _imageConfig;
    private readonly Dictionary<string, string> _running;
    private readonly Dictionary<string, string> _ofImage;

    // Null for a name that is passed on and isn't set.
    private readonly Dictionary<string, string?> _next;
    private readonly (HashSet<string> Before, HashSet<string> After) _ports;
    private readonly (HashSet<string> Before, HashSet<string> After) _mounts;

    /// <summary>A comparison of a container with a service of a rendered project; without an image that is gone.</summary>
    public ContainerComparison(ComposeMapping rendered, string service, ContainerView container, JsonObject? image)
    {
        _rendered = rendered;
        _service = RenderedService.Of(rendered, service) ?? rendered.With([]);
        _container = container;
        _imageConfig = image?["Config"] as JsonObject ?? [];
        _running = Pairs(container.Environment);
        _ofImage = Pairs(_imageConfig.Texts("Env"));
        _next = Keyed(_service["environment"]).ToDictionary(
            pair => pair.Key, pair => pair.Value is { } value ? RenderedService.Unescape(value.Text) : null, StringComparer.Ordinal);
        _ports = ([.. RunningPorts()], [.. Ports()]);
        _mounts = ([.. RunningMounts()], [.. Mounts()]);
    }

    /// <summary>
    /// What has a value in the container and would be blank in the next one: each with the names by which an operator may allow it, and
    /// where it is. Values are told to nobody. The service and the documents are as the files have them, variables and all.
    /// </summary>
    public IReadOnlyList<BlankValue> Blanks(
        ComposeMapping written,
        Func<string, string?> find,
        IReadOnlyList<ComposeMapping>? documents = null,
        Func<string, ComposeScalar?>? inEnvFile = null)
    {
        var blanks = new List<BlankValue>();
        var templates = Keyed(written["environment"]);
        foreach (var (name, value) in _next)
        {
            var before = _running.GetValueOrDefault(name, "");
            if (before.Length == 0 || before == value)
            {
                continue;
            }

            // A line of an env_file may name those above it too.
            var isOwn = templates.TryGetValue(name, out var template);
            template ??= isOwn ? null : inEnvFile?.Invoke(name);
            var known = isOwn ? find : one => find(one) ?? _next.GetValueOrDefault(one);
            var variables = template is null ? [] : BlankVariables(template, known);
            if (string.IsNullOrEmpty(value))
            {
                // What isn't passed on any more leaves the image's own value in place.
                if (value is not null || !_ofImage.ContainsKey(name))
                {
                    blanks.Add(new BlankValue(name, variables, $"the environment variable {name}"));
                }
            }
            else if (variables.Count > 0 && !WasBlank(template!, known, before))
            {
                blanks.Add(new BlankValue(variables[0], [name, .. variables], $"a part of the environment variable {name}"));
            }
        }

        blanks.AddRange(OtherBlanks(written, find));
        blanks.AddRange((documents ?? []).SelectMany(document => BlanksAround(document, find)));
        return blanks;
    }

    /// <summary>
    /// What of a config's content has a value in the file that compose copies into the container, and would be blank in the next one.
    /// </summary>
    public static IReadOnlyList<BlankValue> BlanksIn(
        IReadOnlyList<ComposeMapping> documents, ComposeInjection file, string? content, Func<string, string?> find) =>
        [.. (content is null || file.Variable is not null ? [] : documents)
            .Select(document => ((document["configs"] as ComposeMapping)?[file.Source ?? ""] as ComposeMapping)?["content"])
            .OfType<ComposeScalar>()
            .Select(template => (Template: template, Variables: BlankVariables(template, find)))
            .Where(one => one.Variables.Count > 0 && !WasBlank(one.Template, find, content!))
            .Select(one => new BlankValue(one.Variables[0], one.Variables, $"the file {file.Path}"))];

    /// <summary>What else would differ, a line a kind: names of variables, ports, mounts.</summary>
    public IReadOnlyList<string> Differences() =>
        [.. from kind in new (string Name, IEnumerable<string> All)[]
            {
                ("environment", EnvironmentDifferences()), ("ports", Differences(_ports)), ("mounts", Differences(_mounts)),
            }
            where kind.All.Any()
            select $"{kind.Name}: {string.Join(", ", kind.All)}"];

    private IEnumerable<string> EnvironmentDifferences() =>
    [
        .. from pair in _next.OrderBy(pair => pair.Key, StringComparer.Ordinal)
            where pair.Value is not null && _running.GetValueOrDefault(pair.Key) != pair.Value
            select $"{pair.Key} {(_running.ContainsKey(pair.Key) ? "changes" : "is new")}",
        .. from pair in _running.OrderBy(pair => pair.Key, StringComparer.Ordinal)
            where _next.GetValueOrDefault(pair.Key) is null
                && _ofImage.GetValueOrDefault(pair.Key) != pair.Value && _imageConfig.Count > 0
            select $"{pair.Key} is removed",
    ];

    private static IEnumerable<string> Differences((HashSet<string> Before, HashSet<string> After) sets) =>
    [
        .. sets.After.Except(sets.Before).Order(StringComparer.Ordinal).Select(one => $"{one} is new"),
        .. sets.Before.Except(sets.After).Order(StringComparer.Ordinal).Select(one => $"{one} is removed"),
    ];

    private static bool Differ((HashSet<string> Before, HashSet<string> After) sets) => !sets.Before.SetEquals(sets.After);

    /// <summary>Blank variables outside of the environment, if the container says something else than what comes of them.</summary>
    private IEnumerable<BlankValue> OtherBlanks(ComposeMapping written, Func<string, string?> find)
    {
        var labels = _container.Labels;

        // Texts of the container in which a value of its compose file can be.
        string[] said = [.. Leaves(_container.Config), .. Leaves(_container.HostConfig), .. Leaves(_container.Networks)];
        return from entry in written.Entries
            where !NotCompared.Contains(entry.Key)
            let key = entry.Key
            from text in key == "labels"
                ? Keyed(entry.Value).Select(pair => (Label: pair.Key, Scalar: pair.Value!)).Where(pair => pair.Scalar is not null)
                : Below(entry.Value).Select(scalar => (Label: "", Scalar: scalar))
            let variables = BlankVariables(text.Scalar, find)
            where variables.Count > 0 && !(key switch
            {
                "ports" => !Differ(_ports),
                "volumes" or "configs" or "secrets" => !Differ(_mounts),
                "env_file" => !EnvironmentDifferences().Any(),
                "command" => IsRunning("Cmd", entry, find),
                "entrypoint" => IsRunning("Entrypoint", entry, find),
                "labels" => WasBlank(text.Scalar, find, labels.GetValueOrDefault(text.Label, "")),
                _ => IsAsBefore(key, text.Scalar, find, said),
            })
            select new BlankValue(variables[0], variables, key);
    }

    // Whether the container says just what comes of a text with blank variables. One of which nothing else is left says nothing that
    // could be looked for: for most keys that can't be told, and whoever means it says so.
    private bool IsAsBefore(string key, ComposeScalar scalar, Func<string, string?> find, IReadOnlyList<string> said) =>
        !IsBlank(scalar, find)
        ? said.Any(one => WasBlank(scalar, find, one))
        : key switch
        {
            "user" => EngineJson.Same(_container.Config["User"], _imageConfig["User"]),
            "working_dir" => EngineJson.Same(_container.Config["WorkingDir"], _imageConfig["WorkingDir"]),
            "hostname" => _container.Id.StartsWith(_container.Hostname, StringComparison.Ordinal),
            "domainname" => _container.Config.Text("Domainname").Length == 0,
            _ => false,
        };

    /// <summary>Whether the container runs the words that come of a command with blank variables.</summary>
    private bool IsRunning(string field, KeyValuePair<string, ComposeNode> written, Func<string, string?> find)
    {
        var running = _container.Config.Texts(field).ToList();
        var words = _service[written.Key] switch
        {
            ComposeSequence list => list.Items.Select(item => RenderedService.Unescape(item.Text())),
            ComposeScalar text => Words(RenderedService.Unescape(text.Text)),
            _ => [],
        };
        var (node, all) = (written.Value, string.Join(' ', Below(written.Value).SelectMany(one => Words(one.Text))));
        var template = new ComposeScalar(node.Source, node.At.Line, node.At.Column, all, isNull: false);
        return words.Any() && words.SequenceEqual(running, StringComparer.Ordinal)
            || (IsBlank(template, find)
                ? EngineJson.Same(_container.Config[field], _imageConfig[field])
                : WasBlank(template, find, string.Join(' ', running)));
    }

    /// <summary>What a file says around its services, of volumes, networks, configs and secrets that this one uses.</summary>
    private IEnumerable<BlankValue> BlanksAround(ComposeMapping document, Func<string, string?> find) =>
        from section in (string[])["volumes", "networks", "configs", "secrets"]
        let used = Used(section)
        from entry in (document[section] as ComposeMapping)?.Entries ?? []
        where used.Contains(entry.Key)

        // A content is compared with the file in the container.
        let content = (entry.Value as ComposeMapping)?["content"]
        let variables = Below(entry.Value).Where(scalar => scalar != content)
            .SelectMany(scalar => BlankVariables(scalar, find)).Distinct().ToList()
        where variables.Count > 0 && (section == "networks" ? NetworksDiffer() : Differ(_mounts))
        select new BlankValue(variables[0], variables, $"\"{entry.Key}\" of {section}");

    private IReadOnlySet<string> Used(string section) => section switch
    {
        "configs" or "secrets" => RenderedService.Sources(_service, section),
        "networks" => _service["networks"] switch
        {
            ComposeMapping networks => networks.Entries.Select(entry => entry.Key).ToHashSet(),
            ComposeSequence list => list.Items.Select(item => item.Text()).ToHashSet(),
            _ => new HashSet<string> { "default" },
        },
        _ => Items(section)
            .Select(item => item is ComposeMapping mapping ? mapping["source"].Text() : item.Text().Split(':')[0]).ToHashSet(),
    };

    private bool NetworksDiffer() => !Used("networks").Select(name => NameOf("networks", name))
        .ToHashSet(StringComparer.Ordinal).SetEquals(_container.Networks.Select(network => network.Key));

    /// <summary>What a network or volume of the project is called on the engine.</summary>
    private string NameOf(string section, string key) =>
        ((_rendered[section] as ComposeMapping)?[key] as ComposeMapping)?["name"] is ComposeScalar name ? name.Text
            : $"{ComposeLabels.Get(_container.Labels, ComposeLabels.Project)}_{key}";

    private static IEnumerable<string> Leaves(JsonNode? node) => node switch
    {
        JsonObject members => members.SelectMany(member => Leaves(member.Value).Append(member.Key)),
        JsonArray items => items.SelectMany(Leaves),
        JsonValue value when value.TryGetValue(out string? text) => [text],
        _ => [],
    };

    private static string[] Words(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Whether a text of the container is what its template makes of blank variables, whatever the others were worth.</summary>
    private static bool WasBlank(ComposeScalar template, Func<string, string?> find, string before)
    {
        var pattern = new StringBuilder(@"\A");
        var index = 0;
        foreach (var place in VariableText.Places(template.Text))
        {
            pattern.Append(Literal(template.Text[index..place.Start])).Append(IsBlank(template, place, find) ? "" : ".*");
            index = place.End;
        }

        pattern.Append(Literal(template.Text[index..])).Append(@"\z");
        return Regex.IsMatch(before, pattern.ToString(), RegexOptions.Singleline, TimeSpan.FromSeconds(1));

        static string Literal(string text) => Regex.Escape(text.Replace("$$", "$", StringComparison.Ordinal));
    }

    private static List<string> BlankVariables(ComposeScalar template, Func<string, string?> find) =>
        [.. VariableText.Places(template.Text)
            .Where(place => IsBlank(template, place, find))
            .Select(place => place.Name)
            .Distinct(StringComparer.Ordinal)];

    private static bool IsBlank(ComposeScalar template, VariablePlace place, Func<string, string?> find) =>
        VariableText.TryExpand(template.Text[place.Start..place.End], template.At, find) is "";

    private static bool IsBlank(ComposeScalar template, Func<string, string?> find) =>
        string.IsNullOrWhiteSpace(VariableText.TryExpand(template.Text, template.At, find) ?? template.Text);

    private IReadOnlyList<ComposeNode> Items(string key) => (_service[key] as ComposeSequence)?.Items ?? [];

    private IEnumerable<string> RunningPorts() =>
        from port in _container.PortBindings
        from binding in port.Value as JsonArray ?? []
        select Port(binding.Text("HostIp"), binding.Text("HostPort"), port.Key);

    private IEnumerable<string> Ports() => Items("ports").Select(item =>
    {
        if (item is ComposeMapping mapping)
        {
            return Port(
                mapping["host_ip"].Text(), mapping["published"].Text(), Target(mapping["target"].Text(), mapping["protocol"].Text()));
        }

        var slash = item.Text().Split('/', 2);
        var parts = slash[0].Split(':');
        return Port(
            string.Join(':', parts.SkipLast(2)), parts.Length > 1 ? parts[^2] : "", Target(parts[^1], slash.Length > 1 ? slash[1] : ""));
    });

    private static string Target(string port, string protocol) => $"{port}/{(protocol.Length == 0 ? "tcp" : protocol)}";

    private static string Port(string address, string published, string target) =>
        $"{(address is "" or "0.0.0.0" ? "" : address + ":")}{(published is "" or "0" ? "a free port" : published)}->{target}";

    private IEnumerable<string> RunningMounts() =>
        from mount in _container.Mounts
        where mount.Text("Type") is "bind" || (mount.Text("Type") is "volume" && !IsAnonymous(mount.Text("Name")))
        let source = mount.Text("Type") == "bind" ? mount.Text("Source") : mount.Text("Name")
        where mount.Text("Destination") != "/var/run/docker.sock" || !_service.Has("use_api_socket")
        select Mount(source, mount.Text("Destination"), !mount.Flag("RW"));

    private IEnumerable<string> Mounts()
    {
        foreach (var item in Items("volumes"))
        {
            if (item is ComposeMapping mapping)
            {
                var (type, source) = (mapping["type"].Text(), mapping["source"].Text());
                if (type is "bind" or "volume" && source.Length > 0)
                {
                    var name = type == "volume" ? NameOf("volumes", source) : source;
                    yield return Mount(name, mapping["target"].Text(), mapping["read_only"].Text() == "true");
                }
            }
            else if (item.Text().Split(':') is { Length: > 1 } parts)
            {
                var name = parts[0].StartsWith('/') ? parts[0] : NameOf("volumes", parts[0]);
                yield return Mount(name, parts[1], parts.Length > 2 && parts[2].Split(',').Contains("ro"));
            }
        }

        foreach (var (path, _, definition) in RenderedService.Files(_rendered, _service))
        {
            if (definition?["file"] is ComposeScalar file)
            {
                yield return Mount(file.Text, path, isReadOnly: true);
            }
        }
    }

    private static string Mount(string source, string target, bool isReadOnly) =>
        $"{source}->{Path.TrimEndingDirectorySeparator(target)}{(isReadOnly ? " (read-only)" : "")}";

    private static bool IsAnonymous(string name) => name.Length == 64 && name.All(char.IsAsciiHexDigit);

    /// <summary>A mapping, or a list of NAME=VALUE, by name; null for a name without a value.</summary>
    private static Dictionary<string, ComposeScalar?> Keyed(ComposeNode? node)
    {
        var mapping = node is ComposeSequence list ? ComposeMerge.ToMapping(list) : node as ComposeMapping;
        return mapping?.Entries.ToDictionary(
            entry => entry.Key,
            entry => entry.Value is ComposeScalar { IsNull: false } scalar ? scalar : null,
            StringComparer.Ordinal) ?? [];
    }

    private static IEnumerable<ComposeScalar> Below(ComposeNode node) => node switch
    {
        ComposeScalar scalar => [scalar],
        ComposeSequence list => list.Items.SelectMany(Below),
        ComposeMapping mapping => mapping.Entries.SelectMany(entry => Below(entry.Value)),
        _ => [],
    };

    private static Dictionary<string, string> Pairs(IEnumerable<string> texts)
    {
        var pairs = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var text in texts)
        {
            if (text.Split('=', 2) is [{ Length: > 0 } name, var value])
            {
                pairs[name] = value;
            }
        }

        return pairs;
    }
}

/// <summary>A value of a container that the next one would have no more.</summary>
/// <param name="Name">The variable.</param>
/// <param name="OtherNames">By what else an operator may name it: compose's variables in it, or the environment's.</param>
/// <param name="Where">Where it is, for a message.</param>
internal sealed record BlankValue(string Name, IReadOnlyList<string> OtherNames, string Where)
{
    /// <summary>Whether it is among the names that may be blank.</summary>
    public bool IsAllowed(IReadOnlyCollection<string> allowed) => allowed.Contains(Name) || OtherNames.Any(allowed.Contains);
}
