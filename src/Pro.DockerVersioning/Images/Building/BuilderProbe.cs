using System.Diagnostics.CodeAnalysis;
using CliWrap;
using CliWrap.Buffered;
using Docker.DotNet;
using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Images.Building;

/// <summary>A builder, and why it is this one.</summary>
/// <param name="Builder">The builder.</param>
/// <param name="Explanation">One sentence for the verbose stream.</param>
/// <param name="Warning">A client that did not answer in time, so that another builder is used; null if all answered.</param>
internal sealed record BuilderChoice(IImageBuilder Builder, string Explanation, string? Warning = null);

/// <summary>
/// Chooses the builder: buildx; else an older client with BuildKit; else the Engine API. Every <c>docker</c> on PATH is looked at, since
/// a newer client without buildx may stand first.
/// </summary>
internal static class BuilderProbe
{
    /// <summary>How long one program may take to tell its version. On a busy machine more than 5 s were seen.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly ProgramProbeCache<ClientProbe> Memory =
        new(static client => client.HasBuildx || client.HasBuildKit, static client => client.IsLate);

    /// <summary>Chooses.</summary>
    /// <param name="environment">Where a client would run, with PATH and <c>DOCKER_BUILDKIT</c>.</param>
    /// <param name="engine">The engine to build for.</param>
    /// <param name="login">Finds the logins that base images are pulled with.</param>
    /// <param name="podman">The version of Podman that answers in the place of Docker's engine; null for Docker's.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <param name="patience">How long a client may take to answer; null: 30 s.</param>
    /// <exception cref="ProException">A client did not answer in time, and no other can build.</exception>
    public static async Task<BuilderChoice> ChooseAsync(
        ChildEnvironment environment,
        IDockerClient engine,
        RegistryLogin login,
        string? podman,
        CancellationToken cancellationToken,
        TimeSpan? patience = null)
    {
        if (podman is not null)
        {
            // It has no BuildKit: Docker's client fails there, or buildx starts one from an image of Docker Hub.
            var own = new EngineApiBuilder(engine, EngineBuilderKind.Podman, login)
            {
                Remedy = "Build on a Docker engine (set DOCKER_HOST or DOCKER_CONTEXT to it).",
            };
            return new BuilderChoice(own, $"Builds with {own.Description}: Podman {podman} has no BuildKit.");
        }

        if (environment.Get("DOCKER_BUILDKIT") is { } wanted && DockerBoolean.TryParse(wanted, out var buildKit) && !buildKit)
        {
            return new BuilderChoice(
                new EngineApiBuilder(engine, EngineBuilderKind.Classic, login)
                {
                    // Whatever is installed, it isn't asked.
                    Remedy = "Remove the environment variable DOCKER_BUILDKIT: it asks for the classic builder.",
                },
                $"Builds with the classic builder: DOCKER_BUILDKIT is {wanted}.");
        }

        var limit = patience ?? Patience;
        var clients = await FindClientsAsync(environment, limit).WaitAsync(cancellationToken).ConfigureAwait(false);
        if (clients.FirstOrDefault(client => client.HasBuildx) is { } buildx)
        {
            var builder = new BuildxBuilder(buildx.Path, buildx.BuildxVersion, environment, engine);
            return new BuilderChoice(builder, $"Builds with {builder.Description}.{Losers(clients, buildx, "buildx")}");
        }

        // It is there, and may have buildx: to build otherwise without a word would build by another builder whenever the machine is busy.
        var late = clients.FirstOrDefault(client => client.IsLate);
        if (clients.FirstOrDefault(client => client.HasBuildKit) is { } old)
        {
            var builder = new ClientBuildKitBuilder(old.Path, old.Version!, environment, engine);
            return new BuilderChoice(
                builder,
                $"Builds with {builder.Description}: no client has buildx.{Losers(clients, old, "BuildKit")}",
                late is null ? null : $"{BuildErrors.DidNotAnswer(late.Path, limit)} {builder.Description} builds instead.");
        }

        if (late is not null)
        {
            throw BuildErrors.ClientDidNotAnswer(late.Path, limit);
        }

        return await ChooseEngineAsync(clients, engine, login, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Looks at every client on PATH, or remembers.</summary>
    internal static Task<IReadOnlyList<ClientProbe>> FindClientsAsync(ChildEnvironment environment, TimeSpan? patience = null)
    {
        var paths = DockerClientFinder.Find(environment);
        return Memory.AskAsync(paths, environment, () => ProbeAllAsync(paths, environment, patience ?? Patience));
    }

    private static async Task<BuilderChoice> ChooseEngineAsync(
        IReadOnlyList<ClientProbe> clients,
        IDockerClient engine,
        RegistryLogin login,
        CancellationToken cancellationToken)
    {
        var version = await engine.System.GetVersionAsync(cancellationToken).ConfigureAwait(false);
        var kind = EngineBuilderKind.BuildKit;
        var why = string.Empty;
        if (version.Os == "windows")
        {
            (kind, why) = (EngineBuilderKind.Classic, " The engine runs Windows containers, which BuildKit doesn't build here.");
        }
        else if (ClientVersion.Parse(version.APIVersion) < new Version(1, 39))
        {
            (kind, why) = (EngineBuilderKind.Classic, $" The engine's API {version.APIVersion} has no BuildKit.");
        }

        var builder = new EngineApiBuilder(engine, kind, login);
        var none = clients.Count == 0 ? "no docker program is on PATH" : "no client can";
        return new BuilderChoice(builder, $"Builds with {builder.Description}: {none}.{why}{Losers(clients, null, "BuildKit")}");
    }

    private static string Losers(IReadOnlyList<ClientProbe> clients, ClientProbe? winner, string what)
    {
        var losers = clients.Where(client => client != winner).Select(client => $"{client.Path} ({client.WhyNot(what)})").ToList();
        return losers.Count == 0 ? string.Empty : $" Passed over: {string.Join(", ", losers)}.";
    }

    private static async Task<IReadOnlyList<ClientProbe>> ProbeAllAsync(
        IReadOnlyList<string> paths, ChildEnvironment environment, TimeSpan limit) =>
        await Task.WhenAll(paths.Select(path => ProbeAsync(path, environment, limit))).ConfigureAwait(false);

    private static async Task<ClientProbe> ProbeAsync(string path, ChildEnvironment environment, TimeSpan limit)
    {
        var version = RunAsync(path, ["--version"], environment, limit);
        var buildx = RunAsync(path, ["buildx", "version"], environment, limit);
        return new ClientProbe(path, await version.ConfigureAwait(false), await buildx.ConfigureAwait(false));
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever is wrong with a program, it is passed over with that reason.")]
    private static async Task<ProbeAnswer> RunAsync(string path, string[] arguments, ChildEnvironment environment, TimeSpan limit)
    {
        using var patience = new CancellationTokenSource(limit);
        try
        {
            var result = await Cli.Wrap(path)
                .WithArguments(arguments)
                .WithEnvironmentVariables(environment.Overlay)
                .WithValidation(CommandResultValidation.None)
                .ExecuteBufferedAsync(patience.Token)
                .ConfigureAwait(false);
            return new ProbeAnswer(result.IsSuccess, result.StandardOutput.Trim());
        }
        catch (OperationCanceledException)
        {
            return new ProbeAnswer(false, $"didn't answer within {limit.TotalSeconds:0} s") { IsLate = true };
        }
        catch (Exception exception)
        {
            return new ProbeAnswer(false, "couldn't be started: " + exception.Message);
        }
    }
}
