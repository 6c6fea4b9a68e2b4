using System.Text.Json;
using Docker.DotNet;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Images.Building.Output;

namespace Pro.DockerVersioning.Images.Building;

/// <summary>What both builders by Docker's own client have in common.</summary>
internal abstract class ClientImageBuilder(string executable, ChildEnvironment environment, IDockerClient engine) : IImageBuilder
{
    /// <inheritdoc/>
    public abstract string Name { get; }

    /// <inheritdoc/>
    public abstract string Description { get; }

    /// <inheritdoc/>
    public abstract BuilderFeatures Features { get; }

    /// <summary>The client's program.</summary>
    protected string Executable { get; } = executable;

    /// <inheritdoc/>
    public void Check(BuildRequest request) => _ = Prepare(request);

    /// <inheritdoc/>
    public async Task<BuildOutcome> BuildAsync(BuildRequest request, IProgress<BuildProgress> progress, CancellationToken cancellationToken)
    {
        var (secrets, arguments) = Prepare(request);
        var variables = arguments.Concat(Variables());
        var folder = Directory.CreateTempSubdirectory("pro-build-");
        try
        {
            var files = await PlaceAsync(request, folder.FullName, cancellationToken).ConfigureAwait(false);
            if (files.Context != "-")
            {
                request = request with { WriteContext = static (_, _) => Task.CompletedTask };
            }

            await RunAsync(request, Arguments(request, secrets, files), environment.With(variables), progress, cancellationToken)
                .ConfigureAwait(false);
            return request.PushTags.Count > 0
                ? new BuildOutcome(null, files.Digest ?? throw BuildErrors.NoImage(request.Subject, Name))
                : new BuildOutcome(await FindImageAsync(request, files, cancellationToken).ConfigureAwait(false), null);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>The client's arguments. The user's own are joined to their option, so that none can be taken for an option.</summary>
    protected abstract IReadOnlyList<string> Arguments(BuildRequest request, IReadOnlyList<SecretSpec> secrets, ResultFiles files);

    /// <summary>Variables that the client needs for its work.</summary>
    protected abstract IEnumerable<KeyValuePair<string, string?>> Variables();

    /// <summary>What both clients understand in the same way.</summary>
    protected static IEnumerable<string> CommonArguments(BuildRequest request, IReadOnlyList<SecretSpec> secrets, ResultFiles files) =>
    [
        "--progress=plain",
        $"--iidfile={files.ImageIdFile}",
        $"--file={files.Dockerfile}",
        .. request.Target is null ? Array.Empty<string>() : [$"--target={request.Target}"],
        .. request.BuildArgs.Keys.Order(StringComparer.Ordinal).Select(name => $"--build-arg={name}"),
        .. request.Labels.OrderBy(label => label.Key, StringComparer.Ordinal).Select(label => $"--label={label.Key}={label.Value}"),
        .. request.Platforms.Count == 0 ? Array.Empty<string>() : [$"--platform={string.Join(',', request.Platforms)}"],
        .. secrets.Select(secret => $"--secret={secret}"),
        .. request.Ssh.Select(ssh => $"--ssh={ssh}"),
        .. request.CacheFrom.Select(cache => $"--cache-from={cache}"),
        .. request.NoCache ? ["--no-cache"] : Array.Empty<string>(),
        .. request.Pull ? ["--pull"] : Array.Empty<string>(),
    ];

    /// <summary>
    /// No client takes a tar and a Dockerfile apart from it. So both are written to disk, if COPY must not see the Dockerfile. On Windows
    /// neither executable bits nor links would survive that: there the tar holds the Dockerfile under a name of its own.
    /// </summary>
    private static async Task<ResultFiles> PlaceAsync(BuildRequest request, string folder, CancellationToken cancellationToken)
    {
        var files = new ResultFiles(Path.Combine(folder, "iid"), Path.Combine(folder, "metadata.json"), request.Dockerfile, "-");
        if (request.Hidden is not { } hidden || OperatingSystem.IsWindows())
        {
            return files;
        }

        // BuildKit remembers a folder by its name, and takes over what has the same size and time in it. A name that comes once is safe.
        var context = Directory.CreateDirectory(Path.Combine(folder, $"context-{Guid.NewGuid():N}"));
        await hidden.WriteFolder(context.FullName, cancellationToken).ConfigureAwait(false);
        var dockerfile = Path.Combine(folder, "dockerfile", hidden.FileName);
        _ = Directory.CreateDirectory(Path.GetDirectoryName(dockerfile)!);
        await File.WriteAllTextAsync(dockerfile, request.DockerfileText, cancellationToken).ConfigureAwait(false);

        // The files are filtered already. Without this file the context's own .dockerignore would filter them again.
        await File.WriteAllTextAsync(dockerfile + ".dockerignore", "# nothing\n", cancellationToken).ConfigureAwait(false);
        return files with { Dockerfile = dockerfile, Context = context.FullName };
    }

    private (List<SecretSpec> Secrets, IReadOnlyDictionary<string, string?> Arguments) Prepare(BuildRequest request)
    {
        BuildRequirements.Require(this, request);
        var secrets = request.Secrets.Select(secret => SecretSpec.Parse(request.Subject, secret, environment)).ToList();
        return (secrets, BuildArgumentVariables.Of(request, secrets, environment));
    }

    private async Task RunAsync(
        BuildRequest request,
        IReadOnlyList<string> arguments,
        ChildEnvironment child,
        IProgress<BuildProgress> progress,
        CancellationToken cancellationToken)
    {
        var log = new BuildLog(progress);
        var reader = new PlainProgressReader(log);
        var exitCode = await new ClientProcess(Executable, child)
            .RunAsync(request, arguments, reader.Read, progress, cancellationToken)
            .ConfigureAwait(false);
        if (exitCode != 0)
        {
            var message = reader.Error ?? log.FailedStepError ?? $"{Name} ended with exit code {exitCode} and said nothing.";
            throw BuildFailureErrors.BuildFailed(request.Subject, BuildFailureReader.Read(message, log));
        }
    }

    /// <summary>
    /// The id as this engine knows it. The client tells the configuration's digest, but an engine with the containerd store names images
    /// by their manifest; and a client that works for another engine must not look like a success.
    /// </summary>
    private async Task<string> FindImageAsync(BuildRequest request, ResultFiles files, CancellationToken cancellationToken)
    {
        var candidates = new[] { files.ImageId, files.Digest }.OfType<string>().Distinct(StringComparer.Ordinal).ToList();
        foreach (var candidate in candidates)
        {
            try
            {
                return (await engine.Images.InspectImageAsync(candidate, cancellationToken).ConfigureAwait(false)).ID;
            }
            catch (DockerImageNotFoundException)
            {
                // The next one may be it.
            }
        }

        throw candidates.Count == 0
            ? BuildErrors.NoImage(request.Subject, Name)
            : BuildErrors.ImageElsewhere(request.Subject, candidates[0], Description);
    }

    /// <summary>Where the client writes what it made, and where it finds what it makes it of.</summary>
    protected sealed record ResultFiles(string ImageIdFile, string MetadataFile, string Dockerfile, string Context)
    {
        /// <summary>The image's id, or null.</summary>
        public string? ImageId => File.Exists(ImageIdFile) && File.ReadAllText(ImageIdFile).Trim() is { Length: > 0 } id ? id : null;

        /// <summary>The digest of the manifest or index, or null.</summary>
        public string? Digest
        {
            get
            {
                if (!File.Exists(MetadataFile))
                {
                    return null;
                }

                using var document = JsonDocument.Parse(File.ReadAllBytes(MetadataFile));
                return document.RootElement.TryGetProperty("containerimage.digest", out var digest) ? digest.GetString() : null;
            }
        }
    }
}
