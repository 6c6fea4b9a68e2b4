using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Services.Compose;

/// <summary>What a compose file says a service's image is.</summary>
internal enum ImageForm
{
    /// <summary>A variable stands for the tag or a part of it: <c>${REGISTRY}/api:${API_VERSION:-latest}</c>.</summary>
    TagVariable,

    /// <summary>A variable stands for the whole: <c>${API_IMAGE}</c>.</summary>
    WholeVariable,

    /// <summary>Written out, with a tag or without.</summary>
    Literal,

    /// <summary>Written out, with a digest.</summary>
    Digest,

    /// <summary>Made of variables of which no single one can bring the image about: <c>api:${V}-${V}</c>.</summary>
    Composite,

    /// <summary>No image at all: compose names what it builds.</summary>
    None,

    /// <summary>Our own file stands over the project's, from an operation before.</summary>
    Override,
}

/// <summary>What pins the image of one service of one project, and who else would be touched.</summary>
internal sealed class ImagePin
{
    /// <summary>Keys by which a compose file takes something from other files.</summary>
    private static readonly string[] Elsewhere = ["extends", "include", "env_file"];

    /// <summary>Variables that compose and its client read themselves: the project's name, for one.</summary>
    private static readonly string[] ToolsOwn = ["COMPOSE_", "DOCKER_"];

    private readonly string _override;
    private readonly FilePosition _at;
    private readonly ProjectFiles _files;

    private ImagePin(ComposeProjectOnEngine project, string service, ProjectVariables variables, ProjectFiles files)
    {
        Project = project;
        Service = service;
        Variables = variables;
        _files = files;
        _override = project.Files.FirstOrDefault(OverrideFile.IsOurs) ?? OverrideFile.PathFor(project);
        var found = files.Find(project, service);
        Written = found.ImageText;
        _at = found.Node["image"]?.At ?? found.At;
        Profiles = files.ProfilesOf(service);
    }

    /// <summary>The project.</summary>
    public ComposeProjectOnEngine Project { get; }

    /// <summary>The service.</summary>
    public string Service { get; }

    /// <summary>What the variables are worth now.</summary>
    public ProjectVariables Variables { get; }

    /// <summary>The image as written; null where there is none.</summary>
    public string? Written { get; }

    /// <summary>Where it is written: "/srv/shop/docker-compose.yml, line 4, column 12".</summary>
    public string WrittenAt => _files.Place(_at);

    /// <summary>The service's profiles; one must be named before compose tells of the service.</summary>
    public IReadOnlyList<string> Profiles { get; }

    /// <summary>Which form the image takes.</summary>
    public ImageForm Form { get; private init; }

    /// <summary>The variable that brings the version; null for the forms without.</summary>
    public string? Variable { get; private init; }

    /// <summary>Who else uses the variable, in the words of a message.</summary>
    public IReadOnlyList<string> SharedBy { get; private init; } = [];

    /// <summary>
    /// True where the variable's name stands a single time in the project's files, whatever they mean by the rest, and they take nothing
    /// from other files: then another value changes the image and nothing else.
    /// </summary>
    public bool VariableStandsOnce { get; private init; }

    /// <summary>Reads the project's files.</summary>
    /// <param name="project">The project.</param>
    /// <param name="service">The service's name in it.</param>
    /// <param name="repository">The repository of the service's images.</param>
    /// <param name="variables">What the variables are worth.</param>
    /// <param name="neighbours">Other projects on the engine with the same folder.</param>
    /// <exception cref="ProException">A file is wrong, or has no such service.</exception>
    public static ImagePin Analyse(
        ComposeProjectOnEngine project,
        string service,
        ImageReference repository,
        ProjectVariables variables,
        IReadOnlyList<ComposeProjectOnEngine> neighbours)
    {
        var files = ProjectFiles.Load(project, variables);
        var pin = new ImagePin(project, service, variables, files);
        var variable = pin.Solve(repository.WithTag("v0"))?.Variable;
        return new ImagePin(project, service, variables, files)
        {
            Form = pin.FormOf(variable),
            Variable = variable,
            VariableStandsOnce = variable is not null && StandsOnce(project, variable),
            SharedBy = variable is null ? [] : new VariableUses(project, files, service, variable).Others(neighbours),
        };
    }

    /// <summary>What makes compose take a version.</summary>
    public ComposePin For(ImageReference target) =>
        Solve(target) ?? (ComposePin)new OverridePin(Service, target, _override);

    /// <summary>True where the file names the target's repository, whatever the tag; or names none.</summary>
    public bool Names(ImageReference target) =>
        Written is null || (ImageReference.TryParse(Expand(Written), out var written) && written.SameRepository(target));

    /// <summary>For messages: each variable of the image with its value and who sets it.</summary>
    public string DescribeVariables() => Written is null
        ? string.Empty
        : string.Join(", ", VariableText.Names(Written).Order(StringComparer.Ordinal).Select(Variables.Describe));

    /// <summary>Reads which projects on an engine's list share the folder.</summary>
    public static IReadOnlyList<ComposeProjectOnEngine> Neighbours(
        ComposeProjectOnEngine project, IEnumerable<IDictionary<string, string>> labelsOfAllContainers) =>
        [.. labelsOfAllContainers
            .Where(labels => ComposeLabels.Get(labels, ComposeLabels.WorkingDirectory) == project.WorkingDirectory
                && ComposeLabels.Get(labels, ComposeLabels.Project) is { } name && name != project.Name)
            .Select(ComposeProjectOnEngine.TryFromContainer)
            .OfType<ComposeProjectOnEngine>()
            .DistinctBy(other => (other.Name, string.Join(',', other.Files)))];

    private static bool StandsOnce(ComposeProjectOnEngine project, string variable)
    {
        var text = string.Join('\n', project.Files.Select(File.ReadAllText));
        var first = text.IndexOf(variable, StringComparison.Ordinal);
        return first >= 0
            && text.IndexOf(variable, first + 1, StringComparison.Ordinal) < 0
            && !Elsewhere.Any(key => text.Contains(key, StringComparison.Ordinal))
            && !ToolsOwn.Any(prefix => variable.StartsWith(prefix, StringComparison.Ordinal));
    }

    private ImageForm FormOf(string? variable)
    {
        if (Project.Files.FirstOrDefault(OverrideFile.IsOurs) is { } ours && Path.GetFullPath(_at.File, _files.Root) == ours)
        {
            return ImageForm.Override;
        }

        if (Written is null)
        {
            return ImageForm.None;
        }

        var places = VariableText.Places(Written);
        return variable is not null
            ? places.Count == 1 && places[0].Start == 0 && places[0].End == Written.Length ? ImageForm.WholeVariable : ImageForm.TagVariable
            : places.Count > 0 ? ImageForm.Composite
            : Written.Contains('@', StringComparison.Ordinal) ? ImageForm.Digest
            : ImageForm.Literal;
    }

    /// <summary>The variable, and its value, that makes the text the target; the last one first, since the tag stands last.</summary>
    private VariablePin? Solve(ImageReference target)
    {
        foreach (var place in Written is null ? [] : VariableText.Places(Written).Where(place => place.TakesValue).Reverse())
        {
            var before = Expand(Written![..place.Start]);
            var after = Expand(Written[place.End..]);
            foreach (var text in Spellings(before, target))
            {
                if (text.Length > before.Length + after.Length
                    && text.StartsWith(before, StringComparison.Ordinal) && text.EndsWith(after, StringComparison.Ordinal)
                    && OnlyOnce(place.Name))
                {
                    return new VariablePin(Service, target, place.Name, text[before.Length..(text.Length - after.Length)]);
                }
            }
        }

        return null;
    }

    /// <summary>The target as we write it, and under the name that the file has for the same repository.</summary>
    private static IEnumerable<string> Spellings(string before, ImageReference target)
    {
        yield return target.ToString();
        var colon = before.LastIndexOf(':');
        if (target.Tag is not null && colon > before.LastIndexOf('/')
            && ImageReference.TryParse(before[..colon], out var name) && name.SameRepository(target))
        {
            yield return $"{before[..colon]}:{target.Tag}";
        }
    }

    private bool OnlyOnce(string name) => VariableText.Places(Written!).Count(place => place.Name == name) == 1;

    private string Expand(string text)
    {
        try
        {
            return _files.VariableFree(text, _at);
        }
        catch (ProException)
        {
            // Another variable that must be set and isn't: compose will say so when it renders.
            return text;
        }
    }
}
