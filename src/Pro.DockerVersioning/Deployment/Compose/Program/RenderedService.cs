using Pro.DockerVersioning.Configuration.Compose;

namespace Pro.DockerVersioning.Deployment.Compose.Program;

/// <summary>A file that compose itself copies into a container between its creation and its start. No inspection shows it.</summary>
/// <param name="Path">Where it is in the container.</param>
/// <param name="Content">What compose would write; null if the variable that holds it isn't set, or if only compose knows it.</param>
/// <param name="Variable">The variable that holds it; null for one without.</param>
/// <param name="Source">The name of the config or secret; null if it is neither.</param>
internal sealed record ComposeInjection(string Path, string? Content, string? Variable, string? Source = null);

/// <summary>Reads what <c>config</c> says of a service.</summary>
internal static class RenderedService
{
    /// <summary>Keys that make compose do more than create the container: run commands in it, or ask others for its environment.</summary>
    private static readonly (string Key, string Why)[] OnlyComposes =
    [
        ("post_start", "it has the lifecycle hook post_start"),
        ("pre_stop", "it has the lifecycle hook pre_stop"),
        ("pre_start", "it has the lifecycle hook pre_start"),
        ("provider", "a provider makes it"),
        ("models", "it uses models, of which compose tells it"),
        ("use_api_socket", "use_api_socket gives it credentials that only compose can write"),
    ];

    /// <summary>The lifecycle hooks that compose runs when it starts a container of the service.</summary>
    public static IReadOnlyList<string> StartHooks(ComposeMapping service) =>
        [.. ((string[])["pre_start", "post_start"]).Where(hook => IsSaid(service[hook]))];

    /// <summary>A service of a rendered project; null if it has none of that name.</summary>
    public static ComposeMapping? Of(ComposeMapping rendered, string service) =>
        (rendered["services"] as ComposeMapping)?[service] as ComposeMapping;

    /// <summary>Why only compose can re-create a service, as the end of a sentence; null if anybody can.</summary>
    public static string? WhyOnlyCompose(ComposeMapping service) =>
        OnlyComposes.Where(one => IsSaid(service[one.Key])).Select(one => one.Why).FirstOrDefault();

    /// <summary>The names under which a service uses the project's configs or secrets.</summary>
    public static IReadOnlySet<string> Sources(ComposeMapping? service, string section) =>
        Uses(service, section).Select(use => use.Source).ToHashSet(StringComparer.Ordinal);

    /// <summary>The files that compose copies into a service's containers.</summary>
    public static IReadOnlyList<ComposeInjection> InjectedFiles(ComposeMapping rendered, string service, Func<string, string?> variables)
    {
        if (Of(rendered, service) is not { } node)
        {
            return [];
        }

        var files = new List<ComposeInjection>();
        foreach (var (path, source, definition) in Files(rendered, node))
        {
            if (definition?["content"] is ComposeScalar { Text.Length: > 0 } content)
            {
                files.Add(new ComposeInjection(path, Unescape(content.Text), null, source));
            }
            else if (definition?["environment"] is ComposeScalar { Text.Length: > 0 } variable)
            {
                files.Add(new ComposeInjection(path, variables(variable.Text), variable.Text, source));
            }
        }

        if (IsSaid(node["use_api_socket"]) && !(node["environment"] is ComposeMapping environment && environment.Has("DOCKER_CONFIG")))
        {
            files.Add(new ComposeInjection("/run/secrets/docker/config.json", null, null));
        }

        return files;
    }

    /// <summary>Where compose mounts a service's configs and secrets that are files of this machine.</summary>
    public static IEnumerable<string> MountedFiles(ComposeMapping rendered, string service) =>
        from file in Of(rendered, service) is { } node ? Files(rendered, node) : []
        where file.Definition?["file"] is ComposeScalar { Text.Length: > 0 }
        select file.Path;

    /// <summary>
    /// A rendered project in which a service shares the network, IPC or processes of containers, and not of services: so compose has it
    /// when it computes the hash of the container's label. Null if the text has no such service.
    /// </summary>
    public static string? WithModes(string text, string service, IReadOnlyDictionary<string, string> modes)
    {
        var lines = text.Split('\n');
        var at = Array.IndexOf(lines, "services:");
        at = at < 0 ? -1 : Array.FindIndex(lines, at, line => line == $"  {service}:" || line == $"  \"{service}\":");
        if (at < 0)
        {
            return null;
        }

        for (at++; at < lines.Length && (lines[at].Length == 0 || lines[at].StartsWith("   ", StringComparison.Ordinal)); at++)
        {
            var line = lines[at];
            if (modes.FirstOrDefault(mode => line.StartsWith($"    {mode.Key}: service:", StringComparison.Ordinal))
                is { Key: { } key } mode)
            {
                lines[at] = $"    {key}: {mode.Value}";
            }
        }

        return string.Join('\n', lines);
    }

    /// <summary>A rendered text as a container gets it: <c>config</c> doubles each dollar.</summary>
    public static string Unescape(string text) => text.Replace("$$", "$", StringComparison.Ordinal);

    /// <summary>Where in its containers the configs and secrets of a service are, and what the project says of them.</summary>
    public static IEnumerable<(string Path, string Source, ComposeMapping? Definition)> Files(
        ComposeMapping rendered, ComposeMapping service) =>
        from section in (string[])["configs", "secrets"]
        from use in Uses(service, section)
        let path = use.Target ?? use.Source
        select (
            path.StartsWith('/') ? path : section == "configs" ? "/" + path : "/run/secrets/" + path,
            use.Source,
            (rendered[section] as ComposeMapping)?[use.Source] as ComposeMapping);

    private static IEnumerable<(string Source, string? Target)> Uses(ComposeMapping? service, string section) =>
        from item in (service?[section] as ComposeSequence)?.Items ?? []
        let source = (item is ComposeMapping mapping ? mapping["source"] : item).Text()
        where source.Length > 0
        select (source, (item as ComposeMapping)?["target"] is ComposeScalar target ? target.Text : null);

    /// <summary>A text; empty for anything else.</summary>
    public static string Text(this ComposeNode? node) => (node as ComposeScalar)?.Text ?? "";

    private static bool IsSaid(ComposeNode? node) => node switch
    {
        null => false,
        ComposeScalar scalar => scalar.Text is not ("" or "false"),
        ComposeSequence list => list.Items.Count > 0,
        ComposeMapping mapping => mapping.Entries.Count > 0,
        _ => false,
    };
}
