using Pro.DockerVersioning.Configuration.Compose;
using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Deployment.Compose.Project;

/// <summary>What pins the image of one service of one project, and who else would be touched.</summary>
internal sealed class ImagePin
{
    /// <summary>Keys by which a compose file takes something from other files.</summary>
    private static readonly string[] Elsewhere = ["extends", "include", "env_file"];

    /// <summary>Variables that compose and its client read themselves: the project's name, for one.</summary>
    private static readonly string[] ToolsOwn = ["COMPOSE_", "DOCKER_"];

    private readonly FilePosition _at;
    private readonly ProjectFiles _files;

    private ImagePin(RunningComposeProject project, string service, ProjectVariables variables, ProjectFiles files)
    {
        Project = project;
        Service = service;
        Variables = variables;
        _files = files;
        Override = project.Files.FirstOrDefault(OverrideFile.IsOurs) ?? OverrideFile.PathFor(project);
        var found = files.Find(project, service);
        Written = found.ImageText;
        _at = found.Node["image"]?.At ?? found.At;
        Profiles = files.ProfilesOf(service);
    }

    /// <summary>The project; with our own file over the user's only if that one pins the image.</summary>
    public RunningComposeProject Project { get; private set; }

    /// <summary>The service.</summary>
    public string Service { get; }

    /// <summary>What the variables are worth now.</summary>
    public ProjectVariables Variables { get; }

    /// <summary>Where our own file over the project's is, or would be.</summary>
    public string Override { get; }

    /// <summary>The image as written; null if there is none.</summary>
    public string? Written { get; }

    /// <summary>Where it is written: "/srv/shop/docker-compose.yml, line 4, column 12".</summary>
    public string WrittenAt => _files.Place(_at);

    /// <summary>The service's profiles; one must be named before compose tells of the service.</summary>
    public IReadOnlyList<string> Profiles { get; }

    /// <summary>The variable that brings the version; null for the forms without.</summary>
    public string? Variable { get; private init; }

    /// <summary>
    /// The deployment alias: the tag of the service's repository that the file names as everything is now; null if it names a version, a
    /// digest, or another repository.
    /// </summary>
    public ImageReference? Alias { get; private init; }

    /// <summary>The other services of the project whose files name the same tag.</summary>
    public IReadOnlyList<string> AliasSharedBy { get; private init; } = [];

    /// <summary>What makes compose itself pull or build at each <c>up</c>: the text of <c>pull_policy</c>; null if nothing does.</summary>
    public string? PullPolicy { get; private init; }

    /// <summary>Who else uses the variable, in the words of a message.</summary>
    public IReadOnlyList<string> SharedBy { get; private init; } = [];

    /// <summary>The other services of the project that get the same image by the variable: the next <c>up</c> brings them along.</summary>
    public IReadOnlyList<string> FollowedBy { get; private init; } = [];

    /// <summary>
    /// True if the variable's name stands a single time in the project's files, whatever they mean by the rest, and they take nothing
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
        RunningComposeProject project,
        string service,
        ImageReference repository,
        ProjectVariables variables,
        IReadOnlyList<RunningComposeProject> neighbours)
    {
        // What our own file says is not what the user wrote.
        var users = project with { Files = [.. project.Files.Where(file => !OverrideFile.IsOurs(file))] };
        users = users.Files.Count > 0 ? users : project;
        var files = ProjectFiles.Load(users, variables);
        var pin = new ImagePin(project, service, variables, files);
        var variable = pin.Solve(repository.WithTag("v0"))?.Variable;
        var alias = pin.FindAlias(repository);
        var usages = variable is null ? null : new VariableUsages(users, files, service, variable, repository, variables.Find);
        var found = new ImagePin(project, service, variables, files)
        {
            Variable = variable,
            VariableStandsOnce = variable is not null && StandsOnce(users, variable),
            SharedBy = usages?.Others(neighbours) ?? [],
            FollowedBy = usages?.Alike ?? [],
            Alias = alias,
            AliasSharedBy = alias is null ? [] : pin.ServicesWith(alias),
            PullPolicy = pin.FindPullPolicy(),
        };
        if (alias is not null || found.For(repository.WithTag("v0")) is VariablePin)
        {
            found.Project = users;
        }

        return found;
    }

    /// <summary>
    /// What makes compose take a version: a variable that <c>.env</c> can hold, else the tag that the file names, else our own file.
    /// </summary>
    public ComposePin For(ImageReference target)
    {
        // One that only spells the registry doesn't bring the version, whatever the tag is.
        var variable = Solve(target) is { } found && found.Variable == Variable ? found : null;
        var alias = AliasFor(target);
        return variable is not null && (alias is null || ObstacleTo(variable) is null) ? variable
            : alias is not null ? new AliasPin(Service, target, alias)
            : (ComposePin?)variable ?? new OverridePin(Service, target, Override);
    }

    /// <summary>A tag of a line, <c>v1</c> or <c>v1.2</c>, names a version of that line only.</summary>
    private ImageReference? AliasFor(ImageReference target) =>
        Alias is null || target.Equals(Alias) || !AliasName.TryParse(Alias.Tag, out var line) || line.Major is null
        || (ProVersion.TryFromImageTag(target.Tag, out var version) && line.Covers(version)) ? Alias : null;

    /// <summary>Why <c>.env</c> is left alone, with what to do; null if nothing is in the way.</summary>
    public string? ObstacleTo(VariablePin pin)
    {
        if (Variables.FromProcess(pin.Variable) is { } exported)
        {
            return $"{pin.Variable} is exported in this session (as '{exported}') and goes before every file. " +
                $"Set it, there and where else it is exported: $env:{pin.Variable} = '{pin.Value}'";
        }

        if (Variables.InsteadOfDotEnv.Count > 0)
        {
            return $"The project reads {string.Join(", ", Variables.InsteadOfDotEnv)} instead of .env. " +
                pin.WriteInto(Variables.InsteadOfDotEnv[^1]);
        }

        if (Variables.IgnoresDotEnv)
        {
            return $"COMPOSE_DISABLE_ENV_FILE keeps compose from reading .env. Set the variable: $env:{pin.Variable} = '{pin.Value}'";
        }

        return SharedBy.Count > 0
            ? $"{pin.Variable} isn't this service's alone: {string.Join(", ", SharedBy)}. If all of them may have it: " +
                pin.WriteInto(Project.DotEnv)
            : null;
    }

    /// <summary>True if the file names the target's repository, whatever the tag; or names none.</summary>
    public bool Names(ImageReference target) =>
        Written is null || (ImageReference.TryParse(Expand(Written), out var written) && written.SameRepository(target));

    /// <summary>For messages: each variable of the image with its value and who sets it.</summary>
    public string DescribeVariables() => Written is null
        ? string.Empty
        : string.Join(", ", VariableText.Names(Written).Order(StringComparer.Ordinal).Select(Variables.Describe));

    /// <summary>Reads which projects on an engine's list share the folder.</summary>
    public static IReadOnlyList<RunningComposeProject> Neighbours(
        RunningComposeProject project, IEnumerable<IDictionary<string, string>> labelsOfAllContainers) =>
        [.. labelsOfAllContainers
            .Where(labels => ComposeLabels.Get(labels, ComposeLabels.WorkingDirectory) == project.WorkingDirectory
                && ComposeLabels.Get(labels, ComposeLabels.Project) is { } name && name != project.Name)
            .Select(RunningComposeProject.TryFromContainer)
            .OfType<RunningComposeProject>()
            .DistinctBy(other => (other.Name, string.Join(',', other.Files)))];

    private static bool StandsOnce(RunningComposeProject project, string variable)
    {
        var text = string.Join('\n', project.Files.Select(SourceText.ReadFile));
        var first = text.IndexOf(variable, StringComparison.Ordinal);
        return first >= 0
            && text.IndexOf(variable, first + 1, StringComparison.Ordinal) < 0
            && !Elsewhere.Any(key => text.Contains(key, StringComparison.Ordinal))
            && !ToolsOwn.Any(prefix => variable.StartsWith(prefix, StringComparison.Ordinal));
    }

    /// <summary>The tag that the file names, if it is one that moves.</summary>
    private ImageReference? FindAlias(ImageReference repository) =>
        Written is not null && Named(Written) is { } named && named.SameRepository(repository) && DeploymentAliases.IsAlias(named)
            ? named : null;

    private IReadOnlyList<string> ServicesWith(ImageReference alias) =>
        [.. _files.Services.Where(one => one.Name != Service && one.ImageText is { } text && alias.Equals(Named(text))).Select(one => one.Name)];

    private ImageReference? Named(string text) =>
        ImageReference.TryParse(Expand(text), out var named)
            ? named.Tag is null && named.Digest is null ? named.WithTag("latest") : named
            : null;

    private string? FindPullPolicy() => (_files.Find(Project, Service).Node["pull_policy"] as ComposeScalar)?.Text is { } written
        && Expand(written) is not ("missing" or "if_not_present" or "never" or "") ? Expand(written) : null;

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
