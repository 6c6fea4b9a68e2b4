namespace Pro.DockerVersioning.Images.Building.Dockerfile;

/// <summary>What a Dockerfile says about itself: its arguments, its stages and what they are made from.</summary>
internal sealed class DockerfileInspector
{
    private readonly HashSet<string> _arguments = new(StringComparer.Ordinal);
    private readonly HashSet<string> _bases = new(StringComparer.Ordinal);
    private readonly List<(string Name, string? Default)> _globals = [];
    private readonly List<DockerfileStage> _stages = [];

    private DockerfileInspector(DockerfileLines lines)
    {
        Syntax = lines.Directives.GetValueOrDefault("syntax");
        foreach (var instruction in lines.Instructions)
        {
            Read(instruction);
        }
    }

    /// <summary>The frontend that <c># syntax=</c> names, or null.</summary>
    public string? Syntax { get; }

    /// <summary>
    /// The arguments of stages that may be given a value unasked: those that no FROM depends on. A value for one that is declared before
    /// the first FROM holds there too, and <c>FROM alpine:${VERSION}</c> would ask for another base.
    /// </summary>
    public IEnumerable<string> StageArguments => _arguments.Where(name => !IsOfBase(name));

    /// <summary>The first instruction that takes the whole context, or may do so: <c>COPY . /app</c>; or null.</summary>
    public string? WholeContextUse { get; private set; }

    /// <summary>The first thing in it that only BuildKit understands (<c>RUN --mount</c>, a heredoc), or null.</summary>
    public string? BuildKitFeature { get; private set; }

    /// <summary>Looks through a Dockerfile.</summary>
    public static DockerfileInspector Inspect(string text) => new(DockerfileLines.Parse(text));

    /// <summary>
    /// The images from outside that a build needs, each once, in the order of the Dockerfile. What can't be told (a variable without a
    /// value) is left out: the builder will say so.
    /// </summary>
    /// <param name="buildArgs">They win over the defaults of <c>ARG</c> before the first <c>FROM</c>.</param>
    /// <param name="target">The stage to build; null for the last.</param>
    /// <param name="allStages">The classic builder makes every stage before the target, needed or not.</param>
    public IReadOnlyList<BaseImage> BaseImages(IReadOnlyDictionary<string, string> buildArgs, string? target, bool allStages)
    {
        var last = target is null ? _stages.Count - 1 : FindStage(target, _stages.Count);
        var needed = allStages ? Enumerable.Range(0, last + 1).ToHashSet() : Reachable(last, buildArgs);
        var images = new List<BaseImage>();
        foreach (var index in needed.Order())
        {
            var stage = _stages[index];
            Add(Expand(stage.From, buildArgs), stage.Platform is null ? null : Expand(stage.Platform, buildArgs), index);
            foreach (var source in stage.Sources)
            {
                Add(source.Contains('$', StringComparison.Ordinal) ? null : source, null, index);
            }
        }

        return [.. images.Distinct()];

        void Add(string? name, string? platform, int stage)
        {
            if (!string.IsNullOrWhiteSpace(name) && name != "scratch" && FindStage(name, stage) < 0)
            {
                images.Add(new BaseImage(name, string.IsNullOrEmpty(platform) ? null : platform));
            }
        }
    }

    private void Read(DockerfileInstruction instruction)
    {
        BuildKitFeature ??= BuildKitFeatureOf(instruction);
        switch (instruction.Keyword)
        {
            case "ARG":
                ReadArguments(instruction.Words);
                break;
            case "FROM" when instruction.Words.Count > 0:
                var name = instruction.Words is [_, var word, var alias] && word.Equals("AS", StringComparison.OrdinalIgnoreCase)
                    ? alias
                    : null;
                _bases.UnionWith(DockerfileVariables.Names($"{instruction.Words[0]} {instruction.Flag("platform")}"));
                _stages.Add(new DockerfileStage(instruction.Words[0], name, instruction.Flag("platform")));
                break;
            case "COPY" or "ADD" when _stages.Count > 0 && instruction.Flag("from") is { Length: > 0 } source:
                _stages[^1].AddSource(source);
                break;
            case "COPY" or "ADD":
                WholeContextUse ??= SourcesOf(instruction).Any(MayBeWhole)
                    ? $"{instruction.Keyword} {string.Join(' ', instruction.Words)}"
                    : null;
                break;
            case "RUN" when _stages.Count > 0:
                ReadMounts(instruction);
                break;
            default:
                break;
        }
    }

    private void ReadArguments(IReadOnlyList<string> words)
    {
        foreach (var word in words)
        {
            var (name, value) = DockerfileInstruction.Cut(word);
            if (_stages.Count == 0)
            {
                _globals.Add((name, value));
            }
            else
            {
                _arguments.Add(name);
            }
        }
    }

    private void ReadMounts(DockerfileInstruction instruction)
    {
        foreach (var mount in instruction.Flags.Where(flag => flag.Name == "mount"))
        {
            var fields = mount.Value.Split(',').Select(DockerfileInstruction.Cut).ToList();
            if (ValueOf("from") is { Length: > 0 } from)
            {
                _stages[^1].AddSource(from);
            }
            else if ((ValueOf("type") ?? "bind") == "bind" && MayBeWhole(ValueOf("source") ?? ValueOf("src") ?? string.Empty))
            {
                WholeContextUse ??= $"RUN --mount={mount.Value}";
            }

            string? ValueOf(string name) => fields.Find(field => field.Name == name).Value;
        }
    }

    /// <summary>The files that COPY or ADD takes from the context; also of the form of a JSON list.</summary>
    private static IEnumerable<string> SourcesOf(DockerfileInstruction instruction)
    {
        var words = string.Join(' ', instruction.Words);
        return words.StartsWith('[')
            ? words.Trim('[', ']', ' ').Split(',', StringSplitOptions.TrimEntries).SkipLast(1)
            : instruction.Words.SkipLast(1);
    }

    /// <summary>Is this the context's root, or a pattern or variable that may mean something at the root?</summary>
    private static bool MayBeWhole(string source)
    {
        var parts = source.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(part => part != ".").ToList();
        return parts.Count == 0 || parts.Contains("..") || parts[0].AsSpan().ContainsAny("$*?[\\");
    }

    /// <summary>Does a FROM depend on it, by itself or through another argument before the first FROM?</summary>
    private bool IsOfBase(string name)
    {
        var needed = new HashSet<string>(_bases, StringComparer.Ordinal);
        foreach (var (global, value) in Enumerable.Reverse(_globals))
        {
            if (needed.Contains(global) && value is not null)
            {
                needed.UnionWith(DockerfileVariables.Names(value));
            }
        }

        return needed.Contains(name) && _globals.Exists(global => global.Name == name);
    }

    private static string? BuildKitFeatureOf(DockerfileInstruction instruction)
    {
        var flag = instruction.Keyword switch
        {
            "RUN" => instruction.Flags.Select(flag => flag.Name).FirstOrDefault(name => name is "mount" or "network" or "security"),
            "COPY" or "ADD" => instruction.Flags.Select(flag => flag.Name)
                .FirstOrDefault(name => name is "link" or "parents" or "exclude" or "checksum"),
            _ => null,
        };
        return flag is not null ? $"{instruction.Keyword} --{flag}"
            : instruction.Heredocs.Count > 0 ? $"{instruction.Keyword} <<{instruction.Heredocs[0].Name}"
            : null;
    }

    private HashSet<int> Reachable(int stage, IReadOnlyDictionary<string, string> buildArgs)
    {
        var reached = new HashSet<int>();
        var open = new Stack<int>();
        open.Push(stage);
        while (open.TryPop(out var index))
        {
            if (index < 0 || !reached.Add(index))
            {
                continue;
            }

            foreach (var name in _stages[index].Sources.Append(Expand(_stages[index].From, buildArgs) ?? string.Empty))
            {
                open.Push(FindStage(name, index));
            }
        }

        return reached;
    }

    /// <summary>The index of a stage before the given one, by name or number; -1 if there is none.</summary>
    private int FindStage(string name, int before)
    {
        for (var i = before - 1; i >= 0; i--)
        {
            if (string.Equals(_stages[i].Name, name, StringComparison.OrdinalIgnoreCase))
            {
                return i;
            }
        }

        return int.TryParse(name, out var number) && number >= 0 && number < before ? number : -1;
    }

    private string? Expand(string text, IReadOnlyDictionary<string, string> buildArgs)
    {
        var values = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var (name, value) in _globals)
        {
            values[name] = buildArgs.TryGetValue(name, out var given) ? given
                : value is null ? null
                : DockerfileVariables.Expand(value, values);
        }

        return DockerfileVariables.Expand(text, values);
    }
}

/// <summary>A stage.</summary>
/// <param name="From">What stands behind FROM, not expanded.</param>
/// <param name="Name">What stands behind AS, or null.</param>
/// <param name="Platform">The value of <c>--platform</c>, not expanded, or null.</param>
internal sealed record DockerfileStage(string From, string? Name, string? Platform)
{
    private readonly List<string> _sources = [];

    /// <summary>The other stages and images that it copies from or mounts.</summary>
    public IReadOnlyList<string> Sources => _sources;

    /// <summary>Notes one more.</summary>
    public void AddSource(string source) => _sources.Add(source);
}

/// <summary>An image from outside that a build needs.</summary>
/// <param name="Reference">As it is in the Dockerfile, expanded.</param>
/// <param name="Platform">The platform that the stage asks for, or null for the build's own.</param>
internal sealed record BaseImage(string Reference, string? Platform);
