using System.Globalization;
using System.Text.Json.Nodes;
using Docker.DotNet.Models;
using Pro.DockerVersioning.Deployment.Compose.Program;
using Pro.DockerVersioning.Deployment.Compose.Project;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Deployment.Compose;

/// <summary>A container of a service, found by compose's labels: its name differs between the versions of compose.</summary>
internal sealed record ComposeContainer(string Id, string Name, int Number, string ImageId);

/// <summary>
/// Lets compose bring one service up on a pinned version. Compose removes the old container before the new one has started: whoever calls
/// has to verify what is there, and to restore by running it again with the old pin.
/// </summary>
internal sealed class ComposeUp(ComposeClient client, ImagePin image, EngineConnection engine)
{
    /// <summary>
    /// The variable by which a compose that we start tells on which engine it works: several engines may have projects of one name.
    /// </summary>
    public const string EngineVariable = "PRO_DOCKERVERSIONING_ENGINE_ID";

    /// <summary>Runs <c>up</c> for the service alone. Replicas keep their number; where none runs, the first ones start.</summary>
    /// <remarks>An override pin must be kept before (<see cref="PinWriter"/>): the containers' labels name its file.</remarks>
    /// <returns>The service's containers now, by number. Compose succeeds also if one of them died at once.</returns>
    /// <exception cref="ProException">Compose failed, or left no container.</exception>
    public async Task<IReadOnlyList<ComposeContainer>> RunAsync(ComposePin pin, Action<string>? heard, CancellationToken cancellationToken)
    {
        if (pin is OverridePin over && !File.Exists(over.File))
        {
            throw ComposeErrors.FileMissing(over.File);
        }

        var before = await ContainersAsync(cancellationToken).ConfigureAwait(false);
        var project = pin is OverridePin lasting ? client.Project.WithFile(lasting.File, lasting.File) : client.Project;
        var patience = await PatienceAsync(before, cancellationToken).ConfigureAwait(false);
        var settings = Settings(await EngineIdAsync(engine, cancellationToken).ConfigureAwait(false));
        var variables = pin.Variables.Concat(settings).ToDictionary(StringComparer.Ordinal);
        var answer = await client.ProcessWith(variables)
            .RunAsync([.. project.Arguments, .. Arguments(before)], heard, cancellationToken, patience).ConfigureAwait(false);
        if (answer.WasSilent)
        {
            throw ComposeErrors.UpSilent(client.Program.CommandName, image.Service, patience, answer.LastLines, Look);
        }

        if (answer.ExitCode != 0)
        {
            throw Failed(answer);
        }

        var after = await ContainersAsync(cancellationToken).ConfigureAwait(false);
        return after.Count > 0 ? after : throw Failed(answer);
    }

    /// <summary>
    /// Refuses, before anything is touched, where docker-compose 1.x would stop the old container and break off: an engine with
    /// containerd's image store tells in no version of its API what 1.x wants to know.
    /// </summary>
    /// <exception cref="ProException"><c>ComposeTooOldForEngine</c>.</exception>
    public async Task ThrowIfTooOldAsync(CancellationToken cancellationToken)
    {
        if (!client.Program.IsV1)
        {
            return;
        }

        var calls = new ContainerApi(engine);
        var own = image.Variables.Find(ApiVersionVariable);
        foreach (var old in await ContainersAsync(cancellationToken).ConfigureAwait(false))
        {
            // The engine has answered by now, and its version is known.
            var version = ApiVersionFor(client.Program, engine.ApiVersion, own) ?? (IsVersion(own) ? own : null);
            if (await calls.FindImageAsync(old.ImageId, cancellationToken, version).ConfigureAwait(false) is { } known
                && known["ContainerConfig"] is not JsonObject)
            {
                throw ComposeErrors.TooOldForEngine(client.Program.ToString(), image.Service);
            }
        }
    }

    /// <summary>The engine's own id: two addresses may lead to one engine.</summary>
    public static async Task<string> EngineIdAsync(EngineConnection engine, CancellationToken cancellationToken) =>
        (await engine.CallAsync(api => api.System.GetSystemInfoAsync(cancellationToken)).ConfigureAwait(false)).ID;

    private Dictionary<string, string?> Settings(string engineId)
    {
        // An operator may have asked for orphans to be removed; a project of the same name would lose its containers.
        var settings = new Dictionary<string, string?>
        {
            ["COMPOSE_REMOVE_ORPHANS"] = "false", ["COMPOSE_MENU"] = "false", [EngineVariable] = engineId,
        };
        if (image.Variables.Find(EngineEndpoint.PatienceVariable) is null)
        {
            // 1.x gives the engine a minute for each call, and leaves half-made containers when a busy one takes longer.
            settings[EngineEndpoint.PatienceVariable] = "300";
        }

        if (ApiVersionFor(client.Program, engine.ApiVersion, image.Variables.Find(ApiVersionVariable)) is { } version)
        {
            settings[ApiVersionVariable] = version;
        }

        return settings;
    }

    /// <summary>
    /// 1.x asks an engine in its newest version, and from API 1.45 (Engine 26) on an image's inspection has no <c>ContainerConfig</c>: it
    /// stops the old container and then breaks off ("KeyError: 'ContainerConfig'"). In the last version that has it, it works.
    /// </summary>
    /// <returns>The version to ask in; null if compose may choose.</returns>
    /// <seealso href="https://docs.docker.com/reference/api/engine/version-history/#v145-api-changes"/>
    internal static string? ApiVersionFor(ComposeProgram program, System.Version? newest, string? own) =>
        program.IsV1 && newest > LastWithContainerConfig && !IsVersion(own) ? LastWithContainerConfig.ToString() : null;

    // "auto" is what compose does of itself.
    private static bool IsVersion(string? own) => System.Version.TryParse(own, out _);

    private ProException Failed(ComposeAnswer answer) =>
        ComposeErrors.UpFailed(client.Program.CommandName, image.Service, answer.ExitCode, answer.LastLines, Look);

    private string Look =>
        $"docker ps --all --filter label={ComposeLabels.Project}={client.Project.Name} "
        + $"--filter label={ComposeLabels.Service}={image.Service}";

    // How long compose may say nothing. From version 2 on it waits for ever for an engine that does not answer; it is silent while an
    // old container takes its time to stop.
    private async Task<TimeSpan> PatienceAsync(IReadOnlyList<ComposeContainer> before, CancellationToken cancellationToken)
    {
        var calls = new ContainerApi(engine);
        var old = await Task.WhenAll(before.Select(container => calls.InspectAsync(container.Id, cancellationToken))).ConfigureAwait(false);
        var answer = client.Endpoint.PatienceBy(image.Variables.Find(EngineEndpoint.PatienceVariable));
        return answer + old.Append(new ContainerView([])).Max(ContainerApi.StopTimeOf);
    }

    /// <summary>By which 1.x takes the version of the engine's API.</summary>
    private const string ApiVersionVariable = "COMPOSE_API_VERSION";

    private static readonly System.Version LastWithContainerConfig = new(1, 44);

    /// <summary>Before, <c>up</c> had no <c>--pull</c>.</summary>
    private static readonly System.Version KnowsPull = new(2, 13);

    private List<string> Arguments(IReadOnlyList<ComposeContainer> before)
    {
        var arguments = new List<string>(client.ProfileArguments(image)) { "up", "--detach", "--no-deps", "--no-build" };

        // The old program pulls only what is missing, the new one may be told otherwise in the file; the image has been secured already.
        if (client.Program.Version >= KnowsPull)
        {
            arguments.AddRange(["--pull", "never"]);
        }

        // After an up that failed, an old container and the one that was to replace it have the same number.
        var replicas = before.DistinctBy(container => container.Number).Count();
        if (replicas > 0)
        {
            arguments.AddRange(["--scale", string.Create(CultureInfo.InvariantCulture, $"{image.Service}={replicas}")]);
        }

        arguments.Add(image.Service);
        return arguments;
    }

    /// <summary>The service's containers, running or not.</summary>
    public async Task<IReadOnlyList<ComposeContainer>> ContainersAsync(CancellationToken cancellationToken)
    {
        var filter = new Dictionary<string, IDictionary<string, bool>>
        {
            ["label"] = new Dictionary<string, bool>
            {
                [$"{ComposeLabels.Project}={client.Project.Name}"] = true,
                [$"{ComposeLabels.Service}={image.Service}"] = true,
            },
        };
        var found = await engine.CallAsync(api => api.Containers.ListContainersAsync(
            new ContainersListParameters { All = true, Filters = filter }, cancellationToken)).ConfigureAwait(false);
        return [.. from container in found
            where ComposeLabels.IsServiceContainer(container.Labels)
            let number = int.TryParse(ComposeLabels.Get(container.Labels, ComposeLabels.Number), out var read) ? read : 0
            orderby number
            select new ComposeContainer(container.ID, container.NameOf(), number, container.ImageID)];
    }
}
