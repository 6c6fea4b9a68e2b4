using System.Globalization;
using System.Text.Json.Nodes;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Machine;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Engine.Api;

/// <summary>What a swap asks of the engine about containers, in the engine's own JSON. Calls that find it done already succeed.</summary>
internal sealed class ContainerApi(EngineConnection engine)
{
    private static readonly TimeSpan Outage = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(250);

    /// <summary>The engine's own, in seconds.</summary>
    private const int DefaultStopTimeout = 10;

    /// <summary>A day, in seconds.</summary>
    private const int LongestStop = 24 * 60 * 60;

    /// <summary>The API's first version that takes several endpoints when a container is created, each with its MAC address.</summary>
    private static readonly Version SeveralEndpoints = new(1, 44);

    /// <summary>The API's last version that shows an operator's MAC address.</summary>
    private static readonly Version ShowsMacAddress = new(1, 51);

    private readonly EngineHttp _http = engine.Http;

    /// <summary>
    /// Waits while nobody answers at the engine's address, for half a minute at most: an engine that restarts is back by then. For what
    /// must be repaired whatever happens; so nothing cancels it, and it fails in silence: the next call says what is wrong.
    /// </summary>
    public async Task WaitForEngineAsync()
    {
        for (var away = Clock.Start(); away.Elapsed < Outage; await Clock.Delay(Again).ConfigureAwait(false))
        {
            try
            {
                _ = await _http.ReadAsync(HttpMethod.Get, "_ping", CancellationToken.None).ConfigureAwait(false);
                return;
            }
            catch (ProException fault) when (fault.Id == EngineErrors.UnreachableId)
            {
                // Not yet.
            }
            catch (ProException)
            {
                // It answers; what else is wrong is not for us to say.
                return;
            }
        }
    }

    /// <summary>Does something, and once more if that fails: what fails once may succeed now. The second failure is the caller's.</summary>
    /// <param name="subject">What it is done to, for the log.</param>
    /// <param name="action">What to do. It begins anew with what it finds.</param>
    /// <param name="reports">Hears of the first failure.</param>
    public async Task OnceMoreAsync(string subject, Func<Task> action, IProgress<Report> reports)
    {
        try
        {
            await action().ConfigureAwait(false);
        }
        catch (ProException failure)
        {
            reports.Report(new VerboseReport($"{subject}: once more after: {failure.Message}"));
            await WaitForEngineAsync().ConfigureAwait(false);
            await action().ConfigureAwait(false);
        }
    }

    /// <summary>
    /// A container's inspection, by its name or whole id. The engine takes the beginning of an id too: asked for a name of hex letters
    /// that nobody has, it answers with an unrelated container. Such an answer doesn't count.
    /// </summary>
    /// <exception cref="ProException">There is none.</exception>
    public async Task<ContainerView> InspectAsync(string container, CancellationToken cancellationToken)
    {
        var found = await _http.GetAsync($"containers/{Uri.EscapeDataString(container)}/json", cancellationToken).ConfigureAwait(false);
        return IsMeant(found, container)
            ? new ContainerView(await WithMacAddressAsync(found, cancellationToken).ConfigureAwait(false))
            : throw EngineErrors.NotFound(engine.Endpoint.ToString(), "container", container);
    }

    /// <summary>A container's inspection, or null if there is none.</summary>
    public async Task<ContainerView?> FindAsync(string container, CancellationToken cancellationToken)
    {
        try
        {
            return await InspectAsync(container, cancellationToken).ConfigureAwait(false);
        }
        catch (ProException exception) when (IsNotFound(exception))
        {
            return null;
        }
    }

    /// <summary>An image's inspection.</summary>
    public Task<JsonObject> InspectImageAsync(string image, CancellationToken cancellationToken) =>
        _http.GetAsync($"images/{image}/json", cancellationToken);

    /// <summary>An image's inspection, or null if there is none.</summary>
    /// <param name="image">The image.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <param name="version">The API's version in which to ask; null for the newest one that both understand.</param>
    public async Task<JsonObject?> FindImageAsync(string image, CancellationToken cancellationToken, string? version = null)
    {
        try
        {
            return string.IsNullOrEmpty(version)
                ? await InspectImageAsync(image, cancellationToken).ConfigureAwait(false)
                : await _http.GetAsync($"v{version}/images/{image}/json", cancellationToken).ConfigureAwait(false);
        }
        catch (ProException exception) when (IsNotFound(exception))
        {
            return null;
        }
    }

    /// <summary>By what to name a container's image: by its reference, where that still means it, else by its id.</summary>
    public async Task<string> ReferenceOfAsync(string reference, string imageId, CancellationToken cancellationToken) =>
        await FindImageAsync(reference, cancellationToken).ConfigureAwait(false) is { } image && image.Text("Id") == imageId
            ? reference
            : imageId;

    /// <summary>Waits until a container that removes itself is gone.</summary>
    public async Task WaitUntilRemovedAsync(string container, CancellationToken cancellationToken)
    {
        try
        {
            _ = await _http.PostAsync($"containers/{container}/wait?condition=removed", null, cancellationToken).ConfigureAwait(false);
        }
        catch (ProException exception) when (IsNotFound(exception))
        {
            // Gone already.
        }
    }

    /// <summary>Inspections of all containers, stopped ones too; those that vanish meanwhile are left out.</summary>
    public Task<IReadOnlyList<ContainerView>> InspectAllAsync(CancellationToken cancellationToken) =>
        InspectListedAsync("containers/json?all=true", cancellationToken);

    /// <summary>Inspections of all containers that have a label with that value, stopped ones too.</summary>
    public Task<IReadOnlyList<ContainerView>> FindAllAsync(string label, string value, CancellationToken cancellationToken) =>
        InspectListedAsync("containers/json?all=true&filters=" + Labelled(label, value), cancellationToken);

    /// <summary>The time by the engine's clock, in which it dates what it does.</summary>
    public async Task<DateTimeOffset> NowAsync(CancellationToken cancellationToken) =>
        (await EngineState.AskAsync(engine, cancellationToken).ConfigureAwait(false)).Now;

    /// <summary>
    /// Throws if others link to a container on the default bridge. The engine ties them to its id, and lists them among its names:
    /// <c>/other/alias</c>.
    /// </summary>
    /// <exception cref="ProException"><c>LinkedFromOthers</c>.</exception>
    public async Task ThrowIfLinkedAsync(string id, string name, CancellationToken cancellationToken)
    {
        var filters = Uri.EscapeDataString(new JsonObject { ["id"] = new JsonArray(id) }.ToJsonString());
        var listed = await _http.GetListAsync($"containers/json?all=true&filters={filters}", cancellationToken).ConfigureAwait(false);
        var linked = listed.Where(one => one.Text("Id") == id).SelectMany(one => one.Texts("Names"))
            .Select(known => known.Split('/', StringSplitOptions.RemoveEmptyEntries)).Where(parts => parts.Length == 2)
            .Select(parts => parts[0]).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        if (linked.Count > 0)
        {
            throw ContainerErrors.LinkedFromOthers(name, linked);
        }
    }

    /// <summary>Throws if a container that runs now lacks a port that it must have: see <see cref="PublishedPorts.Missing"/>.</summary>
    /// <param name="old">The old container's inspection, from when it still had its networks.</param>
    /// <param name="container">The new one's id.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <exception cref="ProException"><c>PortsNotBound</c>.</exception>
    public async Task ThrowIfPortsAreMissingAsync(ContainerView old, string container, CancellationToken cancellationToken)
    {
        var now = await InspectAsync(container, cancellationToken).ConfigureAwait(false);
        if (!now.IsRunning || PublishedPorts.Unbound(now).Count == 0)
        {
            return;
        }

        var networks = new List<JsonObject>();
        foreach (var network in NetworkAttachment.Of(now))
        {
            networks.Add(await InspectNetworkAsync(network.IdOrName, cancellationToken).ConfigureAwait(false));
        }

        if (PublishedPorts.Missing(now, old, networks) is { Count: > 0 } missing)
        {
            throw ContainerErrors.PortsNotBound(now.Name, missing);
        }
    }

    /// <summary>Creates a container with all its networks, and starts nothing. What can't be finished is removed again.</summary>
    /// <returns>Its id.</returns>
    public async Task<string> CreateAsync(ContainerCreation creation, CancellationToken cancellationToken)
    {
        creation = await ByIdAsync(creation, cancellationToken).ConfigureAwait(false);
        creation = await WithExposedPortsAsync(creation, cancellationToken).ConfigureAwait(false);
        if (creation.Platform.Length > 0 && await IsOwnPlatformAsync(creation.Platform, cancellationToken).ConfigureAwait(false))
        {
            // Said or not, it is the same; and not said, an image that is there for another one only runs as well.
            creation = creation with { Platform = "" };
        }

        // An engine takes all endpoints at once from API 1.44 on, and ignores a MAC address in a later call. Then it doesn't join the
        // network of NetworkMode by itself, and there would be nothing to leave.
        var all = engine.ApiVersion >= SeveralEndpoints && creation.Leave is null;
        var answer = await _http
            .PostAsync(creation.Path, all ? creation.BodyWithAll : creation.BodyWithOne, cancellationToken)
            .ConfigureAwait(false);
        var id = answer.Text("Id");
        try
        {
            foreach (var network in all ? [] : creation.Others)
            {
                await ConnectAsync(network, id, cancellationToken).ConfigureAwait(false);
            }

            if (creation.Leave is { } leave)
            {
                await DisconnectAsync(leave, id, cancellationToken).ConfigureAwait(false);
            }

            return id;
        }
        catch
        {
            await RemoveAsync(id, CancellationToken.None).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Creates a container from the body of <c>POST /containers/create</c>; its id.</summary>
    public async Task<string> CreateAsync(string name, JsonObject body, CancellationToken cancellationToken)
    {
        var answer = await _http
            .PostAsync($"containers/create?name={Uri.EscapeDataString(name)}", body.DeepClone(), cancellationToken).ConfigureAwait(false);
        return answer.Text("Id");
    }

    /// <summary>Unpacks a tar into a folder of a container, started or not.</summary>
    public Task PutArchiveAsync(string container, string folder, byte[] tar, CancellationToken cancellationToken) =>
        _http.PutAsync($"containers/{container}/archive?path={Uri.EscapeDataString(folder)}", tar, cancellationToken);

    /// <summary>Puts files into a container that is only created.</summary>
    public async Task PutFilesAsync(string container, IReadOnlyList<InjectedFile> files)
    {
        // By the engine's clock.
        var created = files.Count == 0 ? default : (await InspectAsync(container, CancellationToken.None).ConfigureAwait(false)).CreatedAt;
        foreach (var file in files)
        {
            await PutArchiveAsync(container, "/", file.At(created), CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>A file or folder of a container as a tar; null if there is none.</summary>
    public async Task<byte[]?> GetArchiveAsync(string container, string path, CancellationToken cancellationToken)
    {
        try
        {
            return await _http.ReadAsync(
                HttpMethod.Get,
                $"containers/{container}/archive?path={Uri.EscapeDataString(path)}",
                cancellationToken).ConfigureAwait(false);
        }
        catch (ProException exception) when (IsNotFound(exception))
        {
            return null;
        }
    }

    /// <summary>What differs in a container's layer from its image: for each path <c>Kind</c> 0 is changed, 1 added, 2 deleted.</summary>
    public async Task<IReadOnlyList<JsonNode?>> ChangesAsync(string container, CancellationToken cancellationToken) =>
        [.. await _http.GetListAsync($"containers/{container}/changes", cancellationToken).ConfigureAwait(false)];

    /// <summary>What a path in a container is: <c>mode</c>, <c>size</c>, <c>mtime</c>; null if there is none.</summary>
    public async Task<JsonNode?> StatAsync(string container, string path, CancellationToken cancellationToken)
    {
        try
        {
            var asked = $"containers/{container}/archive?path={Uri.EscapeDataString(path)}";
            var stat = await _http.HeaderAsync(asked, "X-Docker-Container-Path-Stat", cancellationToken).ConfigureAwait(false);
            return stat is null ? null : JsonNode.Parse(Convert.FromBase64String(stat));
        }
        catch (ProException exception) when (IsNotFound(exception))
        {
            return null;
        }
    }

    /// <summary>The ids of all images.</summary>
    public async Task<IReadOnlyList<string>> ImageIdsAsync(CancellationToken cancellationToken) =>
        [.. (await _http.GetListAsync("images/json", cancellationToken).ConfigureAwait(false)).Select(image => image.Text("Id"))];

    /// <summary>Creates a volume; one of that name that is there already stays as it is.</summary>
    public Task CreateVolumeAsync(string name, JsonObject labels, CancellationToken cancellationToken) =>
        _http.PostAsync("volumes/create", new JsonObject { ["Name"] = name, ["Labels"] = labels }, cancellationToken);

    /// <summary>A volume's inspection, or null if there is none.</summary>
    public async Task<JsonObject?> FindVolumeAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return await _http.GetAsync("volumes/" + Uri.EscapeDataString(name), cancellationToken).ConfigureAwait(false);
        }
        catch (ProException exception) when (IsNotFound(exception))
        {
            return null;
        }
    }

    /// <summary>The volumes that have a label.</summary>
    public async Task<IReadOnlyList<JsonNode?>> FindVolumesAsync(string label, CancellationToken cancellationToken)
    {
        var filters = Uri.EscapeDataString(new JsonObject { ["label"] = new JsonArray(label) }.ToJsonString());
        return [.. (await _http.GetAsync("volumes?filters=" + filters, cancellationToken).ConfigureAwait(false)).Elements("Volumes")];
    }

    /// <summary>Removes a volume; one that is gone already is fine.</summary>
    public async Task RemoveVolumeAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            await _http.DeleteAsync("volumes/" + Uri.EscapeDataString(name), cancellationToken).ConfigureAwait(false);
        }
        catch (ProException exception) when (IsNotFound(exception))
        {
            // Gone already.
        }
    }

    /// <summary>
    /// Connects it to a network with its own settings: to the very network that the settings were read from, else to the one of that name
    /// that is there now.
    /// </summary>
    public async Task ConnectAsync(NetworkAttachment network, string container, CancellationToken cancellationToken)
    {
        // The engine takes any id for a container that doesn't run, and then can't start it.
        var id = network.Id.Length > 0 && await IsThereAsync(network.Id, cancellationToken).ConfigureAwait(false) ? network.Id : null;
        _ = await _http.PostAsync(
            $"networks/{Uri.EscapeDataString(id ?? network.Network)}/connect",
            new JsonObject
            {
                ["Container"] = container,
                ["EndpointConfig"] = (id is null ? network.WithoutId() : network).Endpoint.DeepClone(),
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Disconnects it from a network.</summary>
    public Task DisconnectAsync(string network, string container, CancellationToken cancellationToken) => _http.PostAsync(
        $"networks/{Uri.EscapeDataString(network)}/disconnect",
        new JsonObject { ["Container"] = container },
        cancellationToken);

    /// <summary>A network's inspection, by its name or whole id; the engine takes the beginning of an id too.</summary>
    /// <exception cref="ProException">There is none.</exception>
    public async Task<JsonObject> InspectNetworkAsync(string network, CancellationToken cancellationToken)
    {
        var found = await _http.GetAsync($"networks/{Uri.EscapeDataString(network)}", cancellationToken).ConfigureAwait(false);
        return IsMeant(found, network) ? found : throw EngineErrors.NotFound(engine.Endpoint.ToString(), "network", network);
    }

    /// <summary>Whether a container is on an overlay network.</summary>
    public async Task<bool> IsOnOverlayAsync(ContainerView container, CancellationToken cancellationToken)
    {
        foreach (var network in NetworkAttachment.Of(container).Where(network => !network.IsDefaultBridge))
        {
            if ((await InspectNetworkAsync(network.Network, cancellationToken).ConfigureAwait(false)).Text("Driver") == "overlay")
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Inspections of the networks that have a label with that value.</summary>
    public async Task<IReadOnlyList<JsonObject>> FindNetworksAsync(string label, string value, CancellationToken cancellationToken)
    {
        var listed = await _http.GetListAsync("networks?filters=" + Labelled(label, value), cancellationToken).ConfigureAwait(false);
        var found = new List<JsonObject>();
        foreach (var network in listed)
        {
            // A listing doesn't say who is on it.
            found.Add(await InspectNetworkAsync(network.Text("Id"), cancellationToken).ConfigureAwait(false));
        }

        return found;
    }

    /// <summary>Creates a network.</summary>
    /// <param name="body">Of <c>POST /networks/create</c>.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task CreateNetworkAsync(JsonObject body, CancellationToken cancellationToken) =>
        _http.PostAsync("networks/create", body, cancellationToken);

    /// <summary>Removes a network, whoever is on it.</summary>
    /// <param name="network">Its inspection.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task RemoveNetworkAsync(JsonObject network, CancellationToken cancellationToken)
    {
        var id = network.Text("Id");
        foreach (var (container, endpoint) in network.Members("Containers"))
        {
            // An endpoint that no container has any more is listed by its own id, and goes by its name.
            var isOrphan = container.StartsWith("ep-", StringComparison.Ordinal);
            await LeaveAsync(id, isOrphan ? endpoint.Text("Name") : container, cancellationToken).ConfigureAwait(false);
        }

        try
        {
            await _http.DeleteAsync($"networks/{id}", cancellationToken).ConfigureAwait(false);
        }
        catch (ProException exception) when (IsNotFound(exception))
        {
            // Gone already.
        }
    }

    /// <summary>Disconnects it by force from a network that it may have left already.</summary>
    public async Task LeaveAsync(string network, string container, CancellationToken cancellationToken)
    {
        try
        {
            _ = await _http.PostAsync(
                $"networks/{Uri.EscapeDataString(network)}/disconnect",
                new JsonObject { ["Container"] = container, ["Force"] = true },
                cancellationToken).ConfigureAwait(false);
        }
        catch (ProException exception) when (IsNotFound(exception))
        {
            // Gone already.
        }
    }

    /// <summary>Starts it.</summary>
    public Task StartAsync(string container, CancellationToken cancellationToken) => Act(container, "start", cancellationToken);

    /// <summary>How long a container may take to stop, by its inspection.</summary>
    public static TimeSpan StopTimeOf(ContainerView container)
    {
        // Less than none is for ever, which nobody waits for.
        var seconds = container.Config["StopTimeout"]?.GetValue<long>() is { } own ? own < 0 ? LongestStop : own : DefaultStopTimeout;
        return TimeSpan.FromSeconds(Math.Min(seconds, LongestStop));
    }

    /// <summary>How long a candidate that is not kept may take to stop at most, by its inspection or the old container's.</summary>
    public static TimeSpan CandidateStopTimeOf(ContainerView container) =>
        TimeSpan.FromSeconds(Math.Min(StopTimeOf(container).TotalSeconds, DefaultStopTimeout));

    /// <summary>Stops it by its own signal, and kills it after its own time-out; a paused one as well.</summary>
    public async Task StopAsync(string container, CancellationToken cancellationToken)
    {
        var time = StopTimeOf(await InspectAsync(container, cancellationToken).ConfigureAwait(false));
        await _http.PostAsync($"containers/{container}/stop", time, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Stops a candidate that is not kept, if it is still there: within a second if it can write to nothing that lasts, else within its own
    /// time-out, at most ten seconds. The service may be down meanwhile.
    /// </summary>
    public async Task StopCandidateAsync(string container, CancellationToken cancellationToken)
    {
        if (await FindAsync(container, cancellationToken).ConfigureAwait(false) is not { } candidate)
        {
            return;
        }

        var writes = candidate.Mounts.Any(mount => mount.Flag("RW") && mount.Text("Type") is "volume" or "bind");
        var own = (int)CandidateStopTimeOf(candidate).TotalSeconds;
        var seconds = writes ? own : Math.Min(own, 1);
        try
        {
            await _http.PostAsync(
                string.Create(CultureInfo.InvariantCulture, $"containers/{container}/stop?t={seconds}"),
                TimeSpan.FromSeconds(seconds),
                cancellationToken).ConfigureAwait(false);
        }
        catch (ProException exception) when (IsNotFound(exception))
        {
            // It has removed itself.
        }
    }

    /// <summary>Freezes its processes.</summary>
    public Task PauseAsync(string container, CancellationToken cancellationToken) => Act(container, "pause", cancellationToken);

    /// <summary>Gives it another name.</summary>
    public Task RenameAsync(string container, string name, CancellationToken cancellationToken) =>
        Act(container, $"rename?name={Uri.EscapeDataString(name)}", cancellationToken);

    /// <summary>Sets its restart policy.</summary>
    /// <param name="container">The container.</param>
    /// <param name="policy">As it is in <c>HostConfig.RestartPolicy</c>.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task SetRestartPolicyAsync(string container, JsonNode? policy, CancellationToken cancellationToken) => _http.PostAsync(
        $"containers/{container}/update",
        new JsonObject { ["RestartPolicy"] = policy?.DeepClone() },
        cancellationToken);

    /// <summary>Removes it, running or not.</summary>
    /// <param name="container">The container.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <param name="withVolumes">True to remove the anonymous volumes that the engine made for it; those with a name stay.</param>
    public async Task RemoveAsync(string container, CancellationToken cancellationToken, bool withVolumes = false)
    {
        try
        {
            await _http.DeleteAsync($"containers/{container}?force=true{(withVolumes ? "&v=true" : "")}", cancellationToken)
                .ConfigureAwait(false);
        }
        catch (ProException exception) when (IsNotFound(exception))
        {
            // Gone already.
        }
        catch (ProException exception) when (exception.Id == "EngineConflict")
        {
            // It is removing itself.
            await WaitUntilRemovedAsync(container, cancellationToken).ConfigureAwait(false);
        }
    }

    private static string Labelled(string label, string value) =>
        Uri.EscapeDataString(new JsonObject { ["label"] = new JsonArray($"{label}={value}") }.ToJsonString());

    private async Task<IReadOnlyList<ContainerView>> InspectListedAsync(string path, CancellationToken cancellationToken)
    {
        var inspections = new List<ContainerView>();
        foreach (var listed in await _http.GetListAsync(path, cancellationToken).ConfigureAwait(false))
        {
            if (await FindAsync(listed.Text("Id"), cancellationToken).ConfigureAwait(false) is { } inspection)
            {
                inspections.Add(inspection);
            }
        }

        return inspections;
    }

    private static bool IsNotFound(ProException exception) => exception.Id == EngineErrors.NotFoundId;

    private static bool IsMeant(JsonObject found, string nameOrId) =>
        found.Text("Id") == nameOrId || found.Text("Name").TrimStart('/') == nameOrId.TrimStart('/');

    private async Task<bool> IsThereAsync(string network, CancellationToken cancellationToken)
    {
        try
        {
            return (await InspectNetworkAsync(network, cancellationToken).ConfigureAwait(false)).Count > 0;
        }
        catch (ProException exception) when (IsNotFound(exception))
        {
            return false;
        }
    }

    /// <summary>
    /// With all ports published, those that the next image doesn't expose any more have no place at the host either: they would be asked
    /// for and never bound.
    /// </summary>
    private async Task<ContainerCreation> WithExposedPortsAsync(ContainerCreation creation, CancellationToken cancellationToken)
    {
        var ports = creation.Body["HostConfig"].Members("PortBindings").Select(port => port.Key).ToArray();
        if (ports.Length == 0 || !creation.Body["HostConfig"].Flag("PublishAllPorts"))
        {
            return creation;
        }

        var image = await FindImageAsync(creation.Body.Text("Image"), cancellationToken).ConfigureAwait(false);
        var exposed = (image?["Config"]).Members("ExposedPorts").Concat(creation.Body.Members("ExposedPorts")).Select(port => port.Key);
        var body = creation.Body.DeepClone().AsObject();
        foreach (var port in ports.Except(exposed))
        {
            _ = body["HostConfig"]!["PortBindings"]!.AsObject().Remove(port);
        }

        return creation with { Body = body };
    }

    /// <summary>
    /// The platform of a container, as <c>linux/386</c>, if it isn't the engine's own; else "". An image that has to be pulled must be
    /// pulled for it.
    /// </summary>
    public async Task<string> ForeignPlatformAsync(string container, CancellationToken cancellationToken)
    {
        var found = await FindAsync(container, cancellationToken).ConfigureAwait(false);
        var platform = found?.Platform ?? "";
        if (platform.Length == 0
            && await FindImageAsync(found?.ImageId ?? "", cancellationToken).ConfigureAwait(false) is { } image)
        {
            // An engine that isn't containerd's has one variant of an image.
            platform = EngineJson.PlatformOf(new JsonObject
            {
                ["os"] = image.Text("Os"),
                ["architecture"] = image.Text("Architecture"),
                ["variant"] = image.Text("Variant"),
            });
        }

        return platform.Length == 0 || await IsOwnPlatformAsync(platform, cancellationToken).ConfigureAwait(false) ? "" : platform;
    }

    private async Task<bool> IsOwnPlatformAsync(string platform, CancellationToken cancellationToken)
    {
        var version = await _http.GetAsync("version", cancellationToken).ConfigureAwait(false);
        var own = $"{version.Text("Os")}/{version.Text("Arch")}";
        return platform == own || (own.EndsWith("/arm64", StringComparison.Ordinal) && platform == own + "/v8");
    }

    /// <summary>Versions since 1.52 hide the MAC address that an operator has given; 1.51 shows it.</summary>
    private async Task<JsonObject> WithMacAddressAsync(JsonObject container, CancellationToken cancellationToken)
    {
        if (engine.ApiVersion > ShowsMacAddress && container["Config"] is JsonObject config)
        {
            var shown = await _http.GetAsync($"v{ShowsMacAddress}/containers/{container.Text("Id")}/json", cancellationToken)
                .ConfigureAwait(false);
            if (shown["Config"].Text("MacAddress") is { Length: > 0 } address)
            {
                config["MacAddress"] = address;
            }
        }

        return container;
    }

    /// <summary>
    /// Each network by its id if its name isn't its own, and by its name otherwise: one that was removed and made anew has another id. The
    /// engine takes a name of hex letters that no network has for the beginning of an id: such a network is missing.
    /// </summary>
    private async Task<ContainerCreation> ByIdAsync(ContainerCreation creation, CancellationToken cancellationToken)
    {
        if (creation.Networks.All(network => network.IsDefaultBridge))
        {
            return creation;
        }

        var all = await _http.GetListAsync("networks", cancellationToken).ConfigureAwait(false);
        return creation with
        {
            Networks = [.. creation.Networks.Select(network =>
            {
                var named = all.Where(one => one.Text("Name") == network.Network).ToArray();
                return named.Length > 1 ? network
                    : named.Length == 1 || !all.Any(one => one.Text("Id").StartsWith(network.Network, StringComparison.Ordinal))
                    ? network.WithoutId()
                    : throw EngineErrors.NotFound(engine.Endpoint.ToString(), "network", network.Network);
            })],
        };
    }

    private Task<JsonNode?> Act(string container, string action, CancellationToken cancellationToken) =>
        _http.PostAsync($"containers/{container}/{action}", null, cancellationToken);
}
