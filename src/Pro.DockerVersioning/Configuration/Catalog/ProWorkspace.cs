using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Git;
using Pro.DockerVersioning.Reporting;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Configuration.Catalog;

/// <summary>What a command works on: the repository's files on disk, its settings, and the engine that they name.</summary>
internal sealed class ProWorkspace
{
    private ProWorkspace(ProSettings settings) => Settings = settings;

    /// <summary>What holds for the command.</summary>
    public ProSettings Settings { get; private init; }

    /// <summary>What pro.json names and nobody has approved: only a plan is made.</summary>
    public IReadOnlyList<TrustedValue> Unapproved { get; private init; } = [];

    private bool IsForPlanOnly { get; init; }

    /// <summary>
    /// The same for a command that only shows what it would do: it sends no registry login to any engine, and doesn't look at a history
    /// that is not approved.
    /// </summary>
    public ProWorkspace ForPlanOnly(IReadOnlyList<TrustedValue> unapproved) => new(
        unapproved.Any(value => value.Key == Settings.History?.Name) ? Settings with { History = null } : Settings)
    {
        Unapproved = unapproved,
        IsForPlanOnly = true,
    };

    /// <summary>The engine as a plan shows it; null if it is the one that the session itself would take.</summary>
    public string? EngineThatIsNotTheSessions()
    {
        if (Settings.Engine is not { } named || EngineEndpoint.IsOwn(Settings.Variables.Raw, named.Value))
        {
            return null;
        }

        var endpoint = EngineEndpoint.Resolve(Settings.Variables.Raw, named.Value);
        return $"{endpoint} ({(EngineEndpoint.IsAddress(named.Value) ? "" : endpoint.Source + ", ")}{named.Source})";
    }

    /// <summary>The repository's root; outside of one, the folder that the command runs in.</summary>
    public string Root => Path.GetFullPath(Settings.Location.Root ?? Settings.Location.CurrentFolder);

    /// <summary>Reads the settings that hold in a folder. Git's repository isn't opened.</summary>
    /// <exception cref="ProException">A value is wrong.</exception>
    public static ProWorkspace Open(string folder, ProParameters parameters, ProEnvironmentVariables variables)
    {
        var location = new ProLocation(folder, ProjectRoot.Find(folder));
        var configuration = ProConfigurationReader.ReadFromDisk(location.Root ?? folder);
        var settings = ProSettings.Resolve(parameters, variables, configuration, location);

        // On a server there is no repository: the compose file that was named says where its project is.
        return new ProWorkspace(location.Root is null && settings.ComposeFiles.Value is [var file, ..]
            ? settings with { Location = location with { Root = Path.GetDirectoryName(file) } }
            : settings);
    }

    /// <summary>The services as the files on disk declare them, those outside of the repository too.</summary>
    /// <exception cref="ProException">A file is wrong.</exception>
    public ServiceCatalog ReadCatalog(IProgress<Report>? reports) =>
        ServiceCatalog.Load(new WorkingTree(Root), Settings, reports, readsOutside: true);

    /// <summary>The compose files by which a service is started for the first time; empty if none knows it.</summary>
    /// <exception cref="ProException">A file is wrong.</exception>
    public IReadOnlyList<string> ComposeFilesOf(string service) =>
        ServiceCatalog.ComposeFilesOf(service, new WorkingTree(Root), Settings);

    /// <summary>Where a service's images are: <c>registry/service</c>.</summary>
    /// <exception cref="ProException">No registry is set, or a name can't be an image's.</exception>
    public ImageReference RepositoryOf(ServiceDefinition service) => RepositoryName.Combine(Settings.RequireRegistry(), service.Image);

    /// <summary>Prepares the connection to the engine.</summary>
    /// <exception cref="ProException">Its address is not valid.</exception>
    public EngineConnection OpenEngine()
    {
        var endpoint = EngineEndpoint.Resolve(Settings.Variables.Raw, Settings.Engine?.Value);
        if (!IsForPlanOnly)
        {
            return EngineConnection.Open(endpoint);
        }

        // A proxy before the session's own engine may want the headers: nothing gets through without them.
        var isOwn = Settings.Engine is not { } named || EngineEndpoint.IsOwn(Settings.Variables.Raw, named.Value);
        return EngineConnection.OpenForPlan(
            isOwn ? endpoint : endpoint with { Headers = new Dictionary<string, string>() }, Settings.Variables.Raw);
    }
}
