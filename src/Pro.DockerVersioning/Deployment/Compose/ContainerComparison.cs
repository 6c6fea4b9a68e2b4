using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Pro.DockerVersioning.Configuration.Compose;
using Pro.DockerVersioning.Deployment.Compose.Program;
using Pro.DockerVersioning.Deployment.Compose.Project;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Deployment.Compose;

/// <summary>Compares a container that runs with what compose would make of the files as they are read now. Pure.</summary>
internal sealed partial class ContainerComparison
{
    private readonly ComposeMapping _rendered;
    private readonly ComposeMapping _service;
    private readonly ContainerView _container;
    private readonly JsonObject _imageConfig;
    private readonly Dictionary<string, string> _running;
    private readonly Dictionary<string, string> _ofImage;

    /// <summary>A comparison.</summary>
    /// <param name="rendered">The rendered project.</param>
    /// <param name="service">The service's name.</param>
    /// <param name="container">The container's inspection.</param>
    /// <param name="image">The inspection of its image; null if that is gone.</param>
    public ContainerComparison(ComposeMapping rendered, string service, ContainerView container, JsonObject? image)
    {
        _rendered = rendered;
        _service = RenderedService.Of(rendered, service) ?? rendered.With([]);
        _container = container;
        _imageConfig = image?["Config"] as JsonObject ?? [];
        _running = Pairs(container.Environment);
        _ofImage = Pairs(_imageConfig.Texts("Env"));
    }

    /// <summary>
    /// What has a value in the container and would be blank in the next one: each with the names by which an operator may allow it, and
    /// where it is. Values are told to nobody.
    /// </summary>
    /// <param name="written">The service as its files have it, variables and all.</param>
    /// <param name="find">What compose's variables are worth; null for what isn't set.</param>
    /// <param name="documents">The project's files as they are written; none to look at the service alone.</param>
    /// <param name="inEnvFile">A variable as an <c>env_file</c> of the service has it; null if none has.</param>
    public IReadOnlyList<BlankValue> Blanks(
        ComposeMapping written,
        Func<string, string?> find,
        IReadOnlyList<ComposeMapping>? documents = null,
        Func<string, ComposeScalar?>? inEnvFile = null)
    {
        var blanks = new List<BlankValue>();
        var templates = Keyed(written["environment"]);
        var next = Environment().ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal);
        foreach (var (name, value) in next)
        {
            var before = _running.GetValueOrDefault(name, "");
            if (before.Length == 0 || before == value)
            {
                continue;
            }

            // A line of an env_file may name those above it too.
            var isOwn = templates.TryGetValue(name, out var template);
            template ??= isOwn ? null : inEnvFile?.Invoke(name);
            var known = isOwn ? find : one => find(one) ?? next.GetValueOrDefault(one);
            var variables = template is null ? [] : BlankVariables(template.Text, template.At, known);
            if (string.IsNullOrEmpty(value))
            {
                // What isn't passed on any more leaves the image's own value in place.
                if (value is not null || !_ofImage.ContainsKey(name))
                {
                    blanks.Add(new BlankValue(name, variables, $"the environment variable {name}"));
                }
            }
            else if (variables.Count > 0 && !WasBlank(template!.Text, template.At, known, before))
            {
                blanks.Add(new BlankValue(variables[0], [name, .. variables], $"a part of the environment variable {name}"));
            }
        }

        blanks.AddRange(OtherBlanks(written, find));
        blanks.AddRange((documents ?? []).SelectMany(document => BlanksAround(document, find)));
        return blanks;
    }

    /// <summary>What of a config's content has a value in its file in the container, and would be blank in the next one.</summary>
    /// <param name="documents">The project's files as they are written.</param>
    /// <param name="file">The file that compose copies.</param>
    /// <param name="content">What is in the container; null if it isn't there.</param>
    /// <param name="find">What compose's variables are worth; null for what isn't set.</param>
    public static IReadOnlyList<BlankValue> BlanksIn(
        IReadOnlyList<ComposeMapping> documents, ComposeInjection file, string? content, Func<string, string?> find) =>
        [.. from document in documents
            let config = (document["configs"] as ComposeMapping)?[file.Source ?? ""] as ComposeMapping
            where content is not null && file.Variable is null && config?["content"] is ComposeScalar
            let template = (ComposeScalar)config["content"]!
            let variables = BlankVariables(template.Text, template.At, find)
            where variables.Count > 0 && !WasBlank(template.Text, template.At, find, content!)
            select new BlankValue(variables[0], variables, $"the file {file.Path}")];

    /// <summary>What else would differ, a line a kind: names of variables, ports, mounts.</summary>
    public IReadOnlyList<string> Differences()
    {
        var lines = new List<string>();
        Add("environment", EnvironmentDifferences());
        Add("ports", SetDifferences(RunningPorts(), Ports()));
        Add("mounts", SetDifferences(RunningMounts(), Mounts()));
        return lines;

        void Add(string kind, IEnumerable<string> differences)
        {
            if (string.Join(", ", differences) is { Length: > 0 } text)
            {
                lines.Add($"{kind}: {text}");
            }
        }
    }

    private IEnumerable<string> EnvironmentDifferences()
    {
        var next = Environment().ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal);
        foreach (var (name, value) in next.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            if (value is not null && _running.GetValueOrDefault(name) != value)
            {
                yield return _running.ContainsKey(name) ? $"{name} changes" : $"{name} is new";
            }
        }

        foreach (var name in _running.Keys.Order(StringComparer.Ordinal))
        {
            if ((!next.TryGetValue(name, out var value) || value is null)
                && _ofImage.GetValueOrDefault(name) != _running[name] && _imageConfig.Count > 0)
            {
                yield return $"{name} is removed";
            }
        }
    }

    private static IEnumerable<string> SetDifferences(HashSet<string> before, HashSet<string> after) =>
    [
        .. after.Except(before).Order(StringComparer.Ordinal).Select(one => $"{one} is new"),
        .. before.Except(after).Order(StringComparer.Ordinal).Select(one => $"{one} is removed"),
    ];

    /// <summary>The environment that compose would set; null for a name that is passed on and isn't set.</summary>
    private IEnumerable<KeyValuePair<string, string?>> Environment() => Keyed(_service["environment"])
        .Select(pair => new KeyValuePair<string, string?>(pair.Key, pair.Value is null ? null : RenderedService.Unescape(pair.Value.Text)));

    /// <summary>Blank variables elsewhere than in the environment, if the container says anything else than what would come of them.</summary>
    private IEnumerable<BlankValue> OtherBlanks(ComposeMapping written, Func<string, string?> find)
    {
        var labels = _container.Labels;
        var said = Said();
        var portsDiffer = !RunningPorts().SetEquals(Ports());
        var mountsDiffer = !RunningMounts().SetEquals(Mounts());
        foreach (var (key, node) in written.Entries.Where(entry => !NotCompared.Contains(entry.Key)))
        {
            foreach (var (path, scalar) in Scalars(node, key == "labels" ? Keyed(node) : null))
            {
                if (BlankVariables(scalar.Text, scalar.At, find) is not { Count: > 0 } variables)
                {
                    continue;
                }

                var isAsBefore = key switch
                {
                    "ports" => !portsDiffer,
                    "volumes" or "configs" or "secrets" => !mountsDiffer,
                    "env_file" => !EnvironmentDifferences().Any(),
                    "command" => IsRunning("Cmd", node, "command", find),
                    "entrypoint" => IsRunning("Entrypoint", node, "entrypoint", find),
                    "labels" when path is not null => WasBlank(scalar.Text, scalar.At, find, labels.GetValueOrDefault(path, "")),
                    _ => IsAsBefore(key, scalar, find, said),
                };
                if (!isAsBefore)
                {
                    yield return new BlankValue(variables[0], variables, key);
                }
            }
        }
    }

    /// <summary>
    /// Whether the container says just what comes of a text with blank variables. One of which nothing else is left says nothing that
    /// could be looked for: for most keys that can't be told, and whoever means it says so.
    /// </summary>
    private bool IsAsBefore(string key, ComposeScalar scalar, Func<string, string?> find, IReadOnlyList<string> said) =>
        Expand(scalar.Text, scalar.At, find).Trim().Length > 0
        ? said.Any(one => WasBlank(scalar.Text, scalar.At, find, one))
        : key switch
        {
            "user" => EngineJson.Same(_container.Config["User"], _imageConfig["User"]),
            "working_dir" => EngineJson.Same(_container.Config["WorkingDir"], _imageConfig["WorkingDir"]),
            "hostname" => _container.Id.StartsWith(_container.Hostname, StringComparison.Ordinal),
            "domainname" => _container.Config.Text("Domainname").Length == 0,
            _ => false,
        };

    /// <summary>Whether the container runs the words that come of a command with blank variables.</summary>
    private bool IsRunning(string field, ComposeNode node, string key, Func<string, string?> find)
    {
        var running = _container.Config[field];
        var words = _service[key] switch
        {
            ComposeSequence list => list.Items.Select(item => RenderedService.Unescape(Text(item))),
            ComposeScalar { Text.Length: > 0 } text => Squeeze(RenderedService.Unescape(text.Text)).Split(' '),
            _ => [],
        };
        var all = Squeeze(string.Join(' ', Below(node).Select(one => one.Text)));
        var template = new ComposeScalar(node.Source, node.At.Line, node.At.Column, all, isNull: false);
        return words.Any() && words.SequenceEqual(_container.Config.Texts(field), StringComparer.Ordinal)
            || (Expand(template.Text, template.At, find).Trim().Length == 0
                ? EngineJson.Same(running, _imageConfig[field])
                : WasBlank(template.Text, template.At, find, string.Join(' ', _container.Config.Texts(field))));
    }

    /// <summary>What a file says around its services, of volumes, networks, configs and secrets that this one uses.</summary>
    private IEnumerable<BlankValue> BlanksAround(ComposeMapping document, Func<string, string?> find)
    {
        foreach (var section in (string[])["volumes", "networks", "configs", "secrets"])
        {
            var used = Used(section);
            foreach (var (name, node) in ((document[section] as ComposeMapping)?.Entries ?? []).Where(entry => used.Contains(entry.Key)))
            {
                // A content is compared with the file in the container.
                var content = (node as ComposeMapping)?["content"];
                var variables = Below(node).Where(scalar => scalar != content)
                    .SelectMany(scalar => BlankVariables(scalar.Text, scalar.At, find)).Distinct().ToList();
                if (variables.Count > 0 && (section == "networks" ? NetworksDiffer() : !RunningMounts().SetEquals(Mounts())))
                {
                    yield return new BlankValue(variables[0], variables, $"\"{name}\" of {section}");
                }
            }
        }
    }

    private HashSet<string> Used(string section) => section switch
    {
        "configs" or "secrets" => [.. RenderedService.Sources(_service, section)],
        "networks" => _service["networks"] switch
        {
            ComposeMapping networks => [.. networks.Entries.Select(entry => entry.Key)],
            ComposeSequence list => [.. list.Items.Select(Text)],
            _ => ["default"],
        },
        _ => [.. ((_service[section] as ComposeSequence)?.Items ?? [])
            .Select(item => item is ComposeMapping mapping ? Text(mapping["source"]) : Text(item).Split(':')[0])],
    };

    private bool NetworksDiffer() => !Used("networks")
        .Select(name => ((_rendered["networks"] as ComposeMapping)?[name] as ComposeMapping)?["name"] is ComposeScalar named ? named.Text
            : $"{ComposeLabels.Get(_container.Labels, ComposeLabels.Project)}_{name}")
        .ToHashSet(StringComparer.Ordinal)
        .SetEquals(_container.Networks.Select(network => network.Key));

    /// <summary>Texts of the container in which a value of its compose file can be.</summary>
    private List<string> Said() =>
    [
        .. Leaves(_container.Config),
        .. Leaves(_container.HostConfig),
        .. Leaves(_container.Networks),
    ];

    private static IEnumerable<string> Leaves(JsonNode? node) => node switch
    {
        JsonObject members => members.SelectMany(member => Leaves(member.Value).Append(member.Key)),
        JsonArray items => items.SelectMany(Leaves),
        JsonValue value when value.TryGetValue(out string? text) => [text],
        _ => [],
    };

    private static string Squeeze(string text) => Blank().Replace(text, " ").Trim();

    /// <summary>Whether a text of the container is what its template makes of blank variables, whatever the others were worth.</summary>
    private static bool WasBlank(string template, FilePosition at, Func<string, string?> find, string before)
    {
        var pattern = new System.Text.StringBuilder(@"\A");
        var index = 0;
        foreach (var place in VariableText.Places(template))
        {
            pattern.Append(Regex.Escape(template[index..place.Start].Replace("$$", "$", StringComparison.Ordinal)));
            pattern.Append(Expand(template[place.Start..place.End], at, find).Length == 0 ? "" : ".*");
            index = place.End;
        }

        pattern.Append(Regex.Escape(template[index..].Replace("$$", "$", StringComparison.Ordinal))).Append(@"\z");
        return Regex.IsMatch(before, pattern.ToString(), RegexOptions.Singleline, TimeSpan.FromSeconds(1));
    }

    private static List<string> BlankVariables(string template, FilePosition at, Func<string, string?> find) =>
        [.. VariableText.Places(template)
            .Where(place => Expand(template[place.Start..place.End], at, find).Length == 0)
            .Select(place => place.Name)
            .Distinct(StringComparer.Ordinal)];

    private static string Expand(string text, FilePosition at, Func<string, string?> find)
    {
        try
        {
            return ComposeInterpolation.Expand(text, at, find, tellMissing: null);
        }
        catch (ProException)
        {
            // Compose has said so already.
            return text;
        }
    }

    private HashSet<string> RunningPorts() =>
        [.. from port in _container.PortBindings
            from binding in port.Value as JsonArray ?? []
            select Port(binding.Text("HostIp"), binding.Text("HostPort"), port.Key)];

    private HashSet<string> Ports()
    {
        var ports = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in (_service["ports"] as ComposeSequence)?.Items ?? [])
        {
            if (item is ComposeMapping mapping)
            {
                _ = ports.Add(Port(Text(mapping["host_ip"]), Text(mapping["published"]), $"{Text(mapping["target"])}/{Protocol(Text(mapping["protocol"]))}"));
            }
            else if (item is ComposeScalar { Text: var text })
            {
                var slash = text.Split('/', 2);
                var parts = slash[0].Split(':');
                _ = ports.Add(Port(
                    string.Join(':', parts[..Math.Max(0, parts.Length - 2)]),
                    parts.Length > 1 ? parts[^2] : "",
                    $"{parts[^1]}/{Protocol(slash.Length > 1 ? slash[1] : "")}"));
            }
        }

        return ports;
    }

    private static string Protocol(string text) => text.Length == 0 ? "tcp" : text;

    private static string Port(string address, string published, string target) =>
        $"{(address is "" or "0.0.0.0" ? "" : address + ":")}{(published is "" or "0" ? "a free port" : published)}->{target}";

    private HashSet<string> RunningMounts() =>
        [.. from mount in _container.Mounts
            where mount.Text("Type") is "bind" || (mount.Text("Type") is "volume" && !IsAnonymous(mount.Text("Name")))
            let source = mount.Text("Type") == "bind" ? mount.Text("Source") : mount.Text("Name")
            where mount.Text("Destination") != "/var/run/docker.sock" || !_service.Has("use_api_socket")
            select Mount(source, mount.Text("Destination"), !mount.Flag("RW"))];

    private HashSet<string> Mounts()
    {
        var mounts = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in (_service["volumes"] as ComposeSequence)?.Items ?? [])
        {
            if (item is ComposeMapping mapping && Text(mapping["type"]) is "bind" or "volume" && Text(mapping["source"]) is { Length: > 0 } source)
            {
                var name = Text(mapping["type"]) == "volume" ? VolumeName(source) : source;
                _ = mounts.Add(Mount(name, Text(mapping["target"]), Text(mapping["read_only"]) == "true"));
            }
            else if (item is ComposeScalar { Text: var text } && text.Split(':') is { Length: > 1 } parts)
            {
                var name = parts[0].StartsWith('/') ? parts[0] : VolumeName(parts[0]);
                _ = mounts.Add(Mount(name, parts[1], parts.Length > 2 && parts[2].Split(',').Contains("ro")));
            }
        }

        foreach (var section in (string[])["configs", "secrets"])
        {
            foreach (var item in ((_service[section] as ComposeSequence)?.Items ?? []))
            {
                var source = item is ComposeMapping use ? Text(use["source"]) : Text(item);
                var target = item is ComposeMapping one && Text(one["target"]) is { Length: > 0 } given ? given : source;
                if (((_rendered[section] as ComposeMapping)?[source] as ComposeMapping)?["file"] is ComposeScalar file)
                {
                    _ = mounts.Add(Mount(
                        file.Text, target.StartsWith('/') ? target : section == "configs" ? "/" + target : "/run/secrets/" + target, isReadOnly: true));
                }
            }
        }

        return mounts;
    }

    private string VolumeName(string source) =>
        ((_rendered["volumes"] as ComposeMapping)?[source] as ComposeMapping)?["name"] is ComposeScalar name
            ? name.Text
            : $"{ComposeLabels.Get(_container.Labels, ComposeLabels.Project)}_{source}";

    private static string Mount(string source, string target, bool isReadOnly) =>
        $"{source}->{Path.TrimEndingDirectorySeparator(target)}{(isReadOnly ? " (read-only)" : "")}";

    private static bool IsAnonymous(string name) => name.Length == 64 && name.All(char.IsAsciiHexDigit);

    private static string Text(ComposeNode? node) => (node as ComposeScalar)?.Text ?? "";

    /// <summary>A mapping, or a list of NAME=VALUE, by name; null for a name without a value.</summary>
    private static Dictionary<string, ComposeScalar?> Keyed(ComposeNode? node)
    {
        var mapping = node is ComposeSequence list ? ComposeMerge.ToMapping(list) : node as ComposeMapping;
        return mapping?.Entries.ToDictionary(
            entry => entry.Key,
            entry => entry.Value is ComposeScalar { IsNull: false } scalar ? scalar : null,
            StringComparer.Ordinal) ?? [];
    }

    private static IEnumerable<(string? Path, ComposeScalar Scalar)> Scalars(ComposeNode node, Dictionary<string, ComposeScalar?>? keyed) =>
        keyed is not null
            ? keyed.Where(pair => pair.Value is not null).Select(pair => ((string?)pair.Key, pair.Value!))
            : Below(node).Select(scalar => ((string?)null, scalar));

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
            var equals = text.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
            {
                pairs[text[..equals]] = text[(equals + 1)..];
            }
        }

        return pairs;
    }

    /// <summary>Keys that say nothing of the container itself, or that are compared by themselves.</summary>
    private static readonly HashSet<string> NotCompared = new(StringComparer.Ordinal)
    {
        "environment", "image", "build", "depends_on", "extends", "profiles", "develop", "pull_policy",
    };

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blank();
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
