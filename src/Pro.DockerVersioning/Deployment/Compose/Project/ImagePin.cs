using Pro.DockerVersioning.Configuration.Compose;
using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Deployment.Compose.Project;

/// <summary>What pins the image of one service of one project, and who else would be touched.</summary>
internal sealed class ImagePin
{
    private readonly FilePosition _at;
    private readonly ProjectFiles _files;

    /// <summary>Reads the project's files. The neighbours are other projects on the engine with the same folder.</summary>
    /// <exception cref="ProException">A file is wrong, or has no such service.</exception>
    public ImagePin(
        RunningComposeProject project,
        string service,
        ImageReference repository,
        ProjectVariables variables,
        IReadOnlyList<RunningComposeProject> neighbours)
    {
        // What our own file says is not what the user wrote.
        var users = project with { Files = [.. project.Files.Where(file => !OverrideFile.IsOurs(file))] };
        users = users.Files.Count > 0 ? users : project;
        _files = new ProjectFiles(users, variables);
        Service = service;
        Variables = variables;
        Override = project.Files.FirstOrDefault(OverrideFile.IsOurs) ?? OverrideFile.PathFor(project);
        var found = _files.Find(service);
        Written = found.ImageText;
        _at = found.Node["image"]?.At ?? found.At;
        Profile = ((found.Node["profiles"] as ComposeSequence)?.Items ?? []).OfType<ComposeScalar>()
            .Select(profile => _files.VariableFree(profile.Text, profile.At)).FirstOrDefault();
        PullPolicy = (found.Node["pull_policy"] as ComposeScalar)?.Text is { } written
            && Expand(written) is var policy and not ("missing" or "if_not_present" or "never" or "") ? policy : null;
        Alias = Written is not null && Named(Written) is { } named && named.SameRepository(repository) && DeploymentAliases.IsAlias(named)
            ? named : null;
        AliasSharedBy = Alias is null ? [] : [.. _files.Services
            .Where(one => one.Name != service && one.ImageText is { } text && Alias.Equals(Named(text))).Select(one => one.Name)];
        Project = users;
        var version = repository.WithTag("v0");
        if (Solve(version)?.Variable is { } variable)
        {
            Variable = variable;
            VariableStandsOnce = StandsOnce(users, variable);
            var usages = new VariableUsages(users, _files, service, variable, repository, variables.Find);
            SharedBy = usages.Others(neighbours);
            FollowedBy = usages.Alike;
        }

        Project = Alias is not null || For(version) is VariablePin ? users : project;
    }

    /// <summary>The project; with our own file over the user's only if that one pins the image.</summary>
    public RunningComposeProject Project { get; }

    public string Service { get; }

    /// <summary>What the variables are worth now.</summary>
    public ProjectVariables Variables { get; }

    /// <summary>Where our own file over the project's is, or would be.</summary>
    public string Override { get; }

    /// <summary>The image as written; null if there is none.</summary>
    public string? Written { get; }

    /// <summary>Where it is written: "/srv/shop/docker-compose.yml, line 4, column 12".</summary>
    public string WrittenAt => _files.Place(_at);

    /// <summary>A profile of the service, which must be named before compose tells of the service; null if it has none.</summary>
    public string? Profile { get; }

    /// <summary>The variable that brings the version; null for the forms without.</summary>
    public string? Variable { get; }

    /// <summary>
    /// The deployment alias: the tag of the service's repository that the file names as everything is now; null if it names a version, a
    /// digest, or another repository.
    /// </summary>
    public ImageReference? Alias { get; }

    /// <summary>The other services of the project whose files name the same tag.</summary>
    public IReadOnlyList<string> AliasSharedBy { get; } = [];

    /// <summary>What makes compose itself pull or build at each <c>up</c>: the text of <c>pull_policy</c>; null if nothing does.</summary>
    public string? PullPolicy { get; }

    /// <summary>Who else uses the variable, in the words of a message.</summary>
    public IReadOnlyList<string> SharedBy { get; } = [];

    /// <summary>The other services of the project that get the same image by the variable: the next <c>up</c> brings them along.</summary>
    public IReadOnlyList<string> FollowedBy { get; } = [];

    /// <summary>
    /// True if the variable's name stands a single time in the project's files, whatever they mean by the rest, and they take nothing
    /// from other files: then another value changes the image and nothing else.
    /// </summary>
    public bool VariableStandsOnce { get; }

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
        var set = $"$env:{pin.Variable} = '{pin.Value}'";
        return Variables.FromProcess(pin.Variable) is { } exported
            ? $"{pin.Variable} is exported in this session (as '{exported}') and goes before every file. "
                + $"Set it, there and where else it is exported: {set}"
            : Variables.InsteadOfDotEnv is [.., var last] named
            ? $"The project reads {string.Join(", ", named)} instead of .env. {pin.WriteInto(last)}"
            : Variables.IgnoresDotEnv
            ? $"COMPOSE_DISABLE_ENV_FILE keeps compose from reading .env. Set the variable: {set}"
            : SharedBy.Count > 0
            ? $"{pin.Variable} isn't this service's alone: {string.Join(", ", SharedBy)}. If all of them may have it: "
                + pin.WriteInto(Project.DotEnv)
            : null;
    }

    /// <summary>True if the file names the target's repository, whatever the tag; or names none.</summary>
    public bool Names(ImageReference target) =>
        Written is null || (ImageReference.TryParse(Expand(Written), out var written) && written.SameRepository(target));

    /// <summary>For messages: each variable of the image with its value and who sets it.</summary>
    public string DescribeVariables() =>
        string.Join(", ", VariableText.Names(Written ?? "").Order(StringComparer.Ordinal).Select(Variables.Describe));

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
        return text.IndexOf(variable, StringComparison.Ordinal) is var at and >= 0
            && text.LastIndexOf(variable, StringComparison.Ordinal) == at

            // The file takes nothing from other files, and the variable is none that compose and its client read themselves.
            && !((string[])["extends", "include", "env_file"]).Any(key => text.Contains(key, StringComparison.Ordinal))
            && !((string[])["COMPOSE_", "DOCKER_"]).Any(prefix => variable.StartsWith(prefix, StringComparison.Ordinal));
    }

    private ImageReference? Named(string text) =>
        ImageReference.TryParse(Expand(text), out var named)
            ? named.Tag is null && named.Digest is null ? named.WithTag("latest") : named
            : null;

    /// <summary>The variable, and its value, that makes the text the target; the last one first, since the tag stands last.</summary>
    private VariablePin? Solve(ImageReference target)
    {
        if (Written is null)
        {
            return null;
        }

        var places = VariableText.Places(Written);
        foreach (var place in places.Where(place => place.TakesValue && places.Count(one => one.Name == place.Name) == 1).Reverse())
        {
            var (before, after) = (Expand(Written[..place.Start]), Expand(Written[place.End..]));
            if (Spellings(before, target).FirstOrDefault(text => text.Length > before.Length + after.Length
                && text.StartsWith(before, StringComparison.Ordinal) && text.EndsWith(after, StringComparison.Ordinal)) is { } text)
            {
                return new VariablePin(Service, target, place.Name, text[before.Length..(text.Length - after.Length)]);
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

    private string Expand(string text) => VariableText.TryExpand(text, _at, Variables.Find) ?? text;
}
