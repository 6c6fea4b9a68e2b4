using System.Text.RegularExpressions;
using Pro.DockerVersioning.Configuration.Compose;
using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Deployment.Compose.Program;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Deployment.Compose.Project;

/// <summary>Whether a compose service may be swapped without compose.</summary>
/// <param name="Why">One sentence for the verbose stream.</param>
/// <param name="NewHash">The hash for the new container's label; null if compose has to do it.</param>
/// <param name="Pin">What makes compose take the image.</param>
/// <param name="Foreseen">The <c>.env</c> by which compose was seen to take the image of itself; null if it wasn't.</param>
internal sealed record ComposeJudgement(string Why, string? NewHash, ComposePin Pin, DotEnvPin? Foreseen)
{
    /// <summary>
    /// The project with the new version; null if docker-compose 1.x was asked for hashes alone, and they say that only the image differs.
    /// </summary>
    public RenderedProject? Rendered { get; init; }

    /// <summary>
    /// The hash in the label of the containers that the files still say, but for the version: what is blank by them now was
    /// blank then. Null if the files have changed.
    /// </summary>
    public string? HashAsItWas { get; init; }

    /// <summary>Paths of files in the containers that run which compose has copied there: see <see cref="ComposeInjection"/>.</summary>
    public IReadOnlyList<string> InjectedFiles { get; init; } = [];

    /// <summary>True if nothing but the image would change.</summary>
    public bool OnlyImage => NewHash is not null;

    /// <summary>The same if only compose can do it.</summary>
    public ComposeJudgement ByCompose(string why) => this with { NewHash = null, Why = why };
}

/// <summary>A project as <c>config</c> renders it, read and as compose wrote it, and what compose warned of.</summary>
internal sealed record RenderedProject(ComposeMapping Config, string Text, IReadOnlyList<string> Warnings);

/// <summary>Compose, working on one project.</summary>
internal sealed partial class ComposeClient(
    ComposeProgram program, RunningComposeProject project, ChildEnvironment environment, EngineEndpoint endpoint)
{
    // Compose runs in the project's folder, and would take the session's relative paths from there.
    private readonly ChildEnvironment _environment = environment.With(
        ProEnvironmentVariables.EnvFiles(environment.Get, environment.WorkingDirectory) is { Count: > 0 } named
            ? [KeyValuePair.Create<string, string?>(ProEnvironmentVariables.ComposeEnvFilesName, string.Join(',', named))]
            : []) with
    { WorkingDirectory = project.WorkingDirectory };

    public ComposeProgram Program { get; } = program;

    public RunningComposeProject Project { get; } = project;

    /// <summary>The engine that compose is to use.</summary>
    public EngineEndpoint Endpoint { get; } = endpoint;

    /// <summary>Reads what the project's variables are worth.</summary>
    public ProjectVariables ReadVariables() => ProjectVariables.Load(Project, _environment, Program);

    /// <summary>The same client for a project whose files or name have changed.</summary>
    public ComposeClient For(RunningComposeProject project) => new(Program, project, _environment, Endpoint);

    /// <summary>The name that compose gives the project of <see cref="RunningComposeProject.FromFiles"/>.</summary>
    /// <exception cref="ProException">Compose refuses the files.</exception>
    public async Task<string> NameAsync(CancellationToken cancellationToken)
    {
        // 1.x doesn't tell; its rule is short.
        if (Program.IsV1)
        {
            var folder = Path.GetFileName(Path.TrimEndingDirectorySeparator(Project.WorkingDirectory));
            var name = ReadVariables().Find(ProEnvironmentVariables.ComposeProjectName) is { Length: > 0 } set ? set : folder;
            return NoName().Replace(name.ToLowerInvariant(), string.Empty) is { Length: > 0 } normal ? normal : "default";
        }

        var rendered = Parse((await RunAsync(pin: null, ["config"], cancellationToken).ConfigureAwait(false)).Output);
        return (rendered["name"] as ComposeScalar)?.Text ?? throw ComposeErrors.NotUnderstood(Program.ToString(), "config", "no name");
    }

    /// <summary>The image that compose takes for a service: pinned, or as everything stands (null).</summary>
    public async Task<string?> ImageAsync(ImagePin image, ComposePin? pin, CancellationToken cancellationToken) =>
        ImageIn((await ConfigAsync(image, pin, cancellationToken).ConfigureAwait(false)).Config, image);

    /// <summary>Makes sure that compose would take exactly the target, before anything is touched.</summary>
    /// <returns>What pins it, and what compose rendered.</returns>
    /// <exception cref="ProException">It would take another image; the error says which, and which variables make it.</exception>
    public async Task<(ComposePin Pin, RenderedProject Project)> RenderAsync(
        ImagePin image, ImageReference target, CancellationToken cancellationToken)
    {
        var pin = image.For(target);
        var rendered = await ConfigAsync(image, Seen(image, pin), cancellationToken).ConfigureAwait(false);
        ThrowIfNotTaken(image, pin, rendered.Config);
        return (pin, rendered);
    }

    // Our own file over theirs would bring about anything; an image of another repository is not a version of this service.
    private static ComposePin? Seen(ImagePin image, ComposePin pin) => pin is OverridePin && !image.Names(pin.Target) ? null : pin;

    private void ThrowIfNotTaken(ImagePin image, ComposePin pin, ComposeMapping config)
    {
        if (!Takes(image, pin, config))
        {
            throw ComposeErrors.RendersOther(
                image.Service,
                pin.Target.ToString(),
                ImageIn(config, image),
                $"{image.WrittenAt} says {image.Written ?? "no image"}",
                pin is VariablePin variable ? variable.Line : null,
                image.DescribeVariables());
        }
    }

    private bool Takes(ImagePin image, ComposePin pin, ComposeMapping config) =>
        ImageReference.TryParse(ImageIn(config, image), out var reference)
        && (pin is AliasPin { Alias: var alias }
            ? alias.Equals(reference.Tag is null && reference.Digest is null ? reference.WithTag("latest") : reference)
            : reference.Equals(pin.Target));

    /// <summary>The hash that compose would write into a container's label. 1.x puts the image's id into it.</summary>
    public async Task<string> HashAsync(ImagePin image, ComposePin? pin, CancellationToken cancellationToken)
    {
        string[] arguments = [.. ProfileArguments(image), "config", "--hash=" + image.Service];
        return HashIn(await RunAsync(pin, arguments, cancellationToken).ConfigureAwait(false), image.Service);
    }

    /// <summary>
    /// Whether only the image differs between the container and what the files say: the hash rendered for the version that runs is the
    /// container's own, and the two versions render alike but for the image (a version that also goes into the environment doesn't). They
    /// aren't rendered where the variable can't reach anything else. Makes sure first that compose would take exactly the target, as
    /// <see cref="RenderAsync"/> does.
    /// </summary>
    /// <exception cref="ProException">Compose refuses the files, or would take another image.</exception>
    public async Task<ComposeJudgement> JudgeAsync(
        ImagePin image,
        ImageReference current,
        ImageReference target,
        IDictionary<string, string> labels,
        CancellationToken cancellationToken)
    {
        var (old, next) = (image.For(current), image.For(target));
        var foreseen = next is VariablePin variable ? new PinWriter(this, image).Foresee(variable) : null;
        var onlyImage = new ComposeJudgement($"Only the image of {image.Service} changes.", null, next, foreseen);

        // From 2.x on a run takes a tenth of a second, and what it tells of the service counts whatever the hashes say; 1.x takes a second.
        var rendering = Program.IsV1 ? null : ConfigAsync(image, Seen(image, next), cancellationToken);
        var judgement = await JudgeByHashAsync(image, old, onlyImage, labels, cancellationToken).ConfigureAwait(false)
            ?? await JudgeByConfigAsync(image, old, onlyImage, labels, rendering, cancellationToken).ConfigureAwait(false);
        if (rendering is not null)
        {
            judgement = judgement with { Rendered = await rendering.ConfigureAwait(false) };
        }

        // Some of what a service has is made by compose alone, whatever the hashes say.
        return judgement is { OnlyImage: true, Rendered: { } rendered }
            && RenderedService.Of(rendered.Config, image.Service) is { } service
            && RenderedService.WhyOnlyCompose(service) is { } why
            ? judgement.ByCompose($"Compose itself updates {image.Service}, because {why}.")
            : judgement;
    }

    // The usual case by two hashes instead of three runs of compose, each of which takes a second. With the version that runs in
    // .env compose makes just this container: so it reads the variable there, and as we do. With the other version there it makes
    // another one; and as the variable stands once, in the image's text, that is the target. Null if that proves nothing.
    private async Task<ComposeJudgement?> JudgeByHashAsync(
        ImagePin image, ComposePin old, ComposeJudgement onlyImage, IDictionary<string, string> labels, CancellationToken cancellationToken)
    {
        if (onlyImage is not { Foreseen: { } foreseen, Pin: VariablePin next } || !image.VariableStandsOnce
            || old is not VariablePin running || running.Line == next.Line
            || new PinWriter(this, image).Foresee(running) is not { } asItRuns)
        {
            return null;
        }

        try
        {
            var hashes = await Task.WhenAll(
                HashAsync(image, asItRuns, cancellationToken),
                HashAsync(image, foreseen, cancellationToken)).ConfigureAwait(false);
            return hashes[0] == ComposeLabels.Get(labels, ComposeLabels.Hash) && hashes[1] != hashes[0]
                ? onlyImage with { NewHash = hashes[1], HashAsItWas = hashes[0] }
                : null;
        }
        catch (ProException)
        {
            // Told again by what is asked next, in the order of what matters.
            return null;
        }
    }

    private async Task<ComposeJudgement> JudgeByConfigAsync(
        ImagePin image,
        ComposePin old,
        ComposeJudgement onlyImage,
        IDictionary<string, string> labels,
        Task<RenderedProject>? rendering,
        CancellationToken cancellationToken)
    {
        var (next, foreseen) = (onlyImage.Pin, onlyImage.Foreseen);
        var oldHash = HashAsync(image, old, cancellationToken);

        // By the tag that the file names both versions render alike.
        var isTag = old is AliasPin && next is AliasPin;
        var newHash = isTag ? oldHash : HashAsync(image, next, cancellationToken);
        var oldConfig = isTag || (foreseen is not null && image.VariableStandsOnce) ? null : ConfigAsync(image, old, cancellationToken);
        var newConfig = foreseen is null && rendering is not null ? rendering
            : ConfigAsync(image, foreseen ?? Seen(image, next), cancellationToken);
        await Task.WhenAll(oldHash, newHash, oldConfig ?? Task.CompletedTask, newConfig)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (foreseen is not null
            && !(newConfig.IsCompletedSuccessfully && Takes(image, next, (await newConfig.ConfigureAwait(false)).Config)))
        {
            // By the file it wouldn't: what it takes by the variable is what is done, and what an error has to tell of.
            (foreseen, newConfig) = (null, ConfigAsync(image, next, cancellationToken));
        }

        // What it would take goes before all else that is wrong.
        var rendered = await newConfig.ConfigureAwait(false);
        ThrowIfNotTaken(image, next, rendered.Config);
        var label = ComposeLabels.Get(labels, ComposeLabels.Hash);
        var isAsItWas = await oldHash.ConfigureAwait(false) == label;
        if (!isAsItWas && !Program.IsV1)
        {
            oldConfig ??= ConfigAsync(image, old, cancellationToken);
            isAsItWas = label is not null && label == await TryResolvedHashAsync(
                image, await oldConfig.ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
            newHash = isAsItWas ? ResolvedHashAsync(image, rendered.Text, image.Service, cancellationToken) : newHash;
        }

        var judgement = onlyImage with { Foreseen = foreseen, Rendered = rendered };
        if (!isAsItWas)
        {
            var madeBy = ComposeLabels.Get(labels, ComposeLabels.Version);
            var other = ClientVersion.Parse(madeBy) is { } maker && (maker.Major < 2) != Program.IsV1;
            return judgement.ByCompose($"Compose itself updates {image.Service}: " + (other
                ? $"{Program} can't compare it with what compose {madeBy} made."
                : "the compose file, its variables or the image have changed since the container was made."));
        }

        judgement = judgement with { HashAsItWas = label };
        return oldConfig is null
            || ComposeDifference.OnlyImages((await oldConfig.ConfigureAwait(false)).Config, rendered.Config, image.Service)
            ? judgement with { NewHash = await newHash.ConfigureAwait(false) }
            : judgement.ByCompose($"Compose itself updates {image.Service}: the version changes more of it than the image.");
    }

    /// <summary>Runs a command on the project, pinned for a look or as everything stands (null).</summary>
    /// <exception cref="ProException">Compose ended with another code than 0; the error has its last lines.</exception>
    public async Task<ComposeAnswer> RunAsync(ComposePin? pin, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        // What is only to be looked at is written to a folder of its own, which is its owner's alone, and goes away again.
        DirectoryInfo? folder = null;
        string Write(string name, byte[] content)
        {
            folder = Directory.CreateTempSubdirectory("pro-compose-");
            var file = Path.Combine(folder.FullName, name);
            File.WriteAllBytes(file, content);
            return file;
        }

        try
        {
            var on = pin switch
            {
                OverridePin over => Project.WithFile(over.File, Write(Path.GetFileName(over.File), over.ContentFor(Project))),
                DotEnvPin env => Project with { EnvironmentFiles = [Write("env", env.Content)] },
                _ => Project,
            };
            var variables = pin?.Variables ?? new Dictionary<string, string?>();
            var answer = await ProcessWith(variables)
                .RunAsync([.. on.Arguments, .. arguments], heard: null, cancellationToken).ConfigureAwait(false);
            return ThrowIfFailed(answer, arguments);
        }
        finally
        {
            folder?.Delete(recursive: true);
        }
    }

    /// <summary>The later versions tell of a service with profiles only when one of them is active.</summary>
    public IEnumerable<string> ProfileArguments(ImagePin image) =>
        Program.IsV1 || image.Profile is not { } profile ? [] : ["--profile", profile];

    private async Task<RenderedProject> ConfigAsync(ImagePin image, ComposePin? pin, CancellationToken cancellationToken)
    {
        var answer = await RunAsync(pin, [.. ProfileArguments(image), "config"], cancellationToken).ConfigureAwait(false);
        return new RenderedProject(Parse(answer.Output), answer.Output, answer.Warnings);
    }

    /// <summary>
    /// The hash of what was rendered before. Compose 2.22 to 5.4 leaves <c>env_file</c> out when it is asked for a service's hash, but not
    /// when it writes the container's label: of a rendered project, in which the files' variables are the service's own, both are the same.
    /// </summary>
    /// <seealso href="https://github.com/docker/compose/issues/14001"/>
    public async Task<string> ResolvedHashAsync(ImagePin image, string rendered, string service, CancellationToken cancellationToken)
    {
        string[] arguments = [.. ProfileArguments(image), "config", "--hash=" + service];
        var read = Project with { Files = ["-"], EnvironmentFiles = [] };
        var input = UnlimitedSwap().Replace(rendered, "$1 -1");
        var answer = await ProcessWith(new Dictionary<string, string?>())
            .RunAsync([.. read.Arguments, .. arguments], heard: null, cancellationToken, input: input).ConfigureAwait(false);
        return HashIn(ThrowIfFailed(answer, arguments), service);
    }

    /// <summary>The same; null if compose can't read what it has rendered itself. It updates the service then.</summary>
    private async Task<string?> TryResolvedHashAsync(ImagePin image, RenderedProject rendered, CancellationToken cancellationToken)
    {
        try
        {
            return await ResolvedHashAsync(image, rendered.Text, image.Service, cancellationToken).ConfigureAwait(false);
        }
        catch (ProException)
        {
            return null;
        }
    }

    /// <summary>Compose renders it as a text, which it refuses when it reads it (seen with 2.40).</summary>
    [GeneratedRegex("""^( +memswap_limit:) "-1"$""", RegexOptions.Multiline)]
    private static partial Regex UnlimitedSwap();

    private string HashIn(ComposeAnswer answer, string service) =>
        HashLine().Matches(answer.Output).FirstOrDefault(line => line.Groups["service"].Value == service)?.Groups["hash"].Value
            ?? throw ComposeErrors.NotUnderstood(Program.ToString(), "config --hash", answer.Output.Trim());

    private ComposeAnswer ThrowIfFailed(ComposeAnswer answer, IReadOnlyList<string> arguments) => answer.ExitCode == 0
        ? answer
        : throw ComposeErrors.Failed(
            $"{Program.CommandName} {string.Join(' ', arguments)}", Project.WorkingDirectory, answer.ExitCode, answer.LastLines);

    private string? ImageIn(ComposeMapping rendered, ImagePin image) => RenderedService.Of(rendered, image.Service) is { } service
        ? (service["image"] as ComposeScalar)?.Text
        : throw ComposeErrors.NotUnderstood(Program.ToString(), "config", $"no service {image.Service}");

    private ComposeMapping Parse(string rendered)
    {
        var nothing = new ComposeVariables(_ => null, new Dictionary<string, string>(), string.Empty, reports: null);
        var source = new ComposeSource($"{Program.CommandName} config", string.Empty, nothing, DiskRoot: null);
        return ComposeYaml.Parse(rendered, source).OfType<ComposeMapping>().FirstOrDefault()
            ?? throw ComposeErrors.NotUnderstood(Program.ToString(), "config", "nothing");
    }

    /// <summary>
    /// Runs compose with variables. docker-compose 1.x knows no <c>DOCKER_CONTEXT</c>, and takes <c>DOCKER_HOST</c> from <c>.env</c>: it
    /// would work on another engine than we do, silently. The option goes before both, and changes no variable that the project may use.
    /// Later versions take neither from there.
    /// </summary>
    public ComposeProcess ProcessWith(IReadOnlyDictionary<string, string?> variables)
    {
        if (!Program.IsV1)
        {
            return new ComposeProcess(Program, _environment.With(variables));
        }

        var host = Endpoint.Address.OriginalString.Replace("npipe://./", "npipe:////./", StringComparison.Ordinal);
        return new ComposeProcess(
            Program with { Prefix = [.. Program.Prefix, "--host", host] }, _environment.With(TlsFor(Endpoint)).With(variables));
    }

    /// <summary>The certificates for a remote engine are not the ones of <c>.env</c> either: an empty variable counts as set.</summary>
    private static Dictionary<string, string?> TlsFor(EngineEndpoint endpoint) => endpoint.IsLocal ? [] : new Dictionary<string, string?>
    {
        ["DOCKER_TLS_VERIFY"] = endpoint.UsesTls && !endpoint.SkipsVerification && endpoint.CertificateFolder is not null ? "1" : "",
        ["DOCKER_CERT_PATH"] = endpoint.CertificateFolder ?? "",
    };

    [GeneratedRegex(@"^(?<service>\S+)[ \t]+(?<hash>[0-9a-f]{64})\r?$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex HashLine();

    [GeneratedRegex("[^-_a-z0-9]")]
    private static partial Regex NoName();
}
