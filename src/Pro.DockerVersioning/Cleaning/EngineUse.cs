using Docker.DotNet.Models;
using Pro.DockerVersioning.Deployment;
using Pro.DockerVersioning.Deployment.Locking;
using Pro.DockerVersioning.Deployment.Swarm.Api;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Machine;

namespace Pro.DockerVersioning.Cleaning;

/// <summary>Who uses images, and who holds services, at a time.</summary>
internal sealed class EngineUse
{
    private readonly TimeMeter _age;

    /// <summary>What was found.</summary>
    /// <param name="age">Runs since before the question.</param>
    /// <param name="volumes">What the volumes of ours say.</param>
    /// <param name="services">The swarm's services.</param>
    /// <param name="userOf">A container that uses an image, by the image's id.</param>
    public EngineUse(
        TimeMeter age, ServiceVolumes volumes, IReadOnlyList<SwarmServiceState> services, Func<string, string?> userOf)
    {
        _age = age;
        Locks = volumes.Locks;
        Held = new ImagesInUse(volumes.Records, services);
        UserOf = userOf;
    }

    /// <summary>How long ago it was asked.</summary>
    public TimeSpan Age => _age.Elapsed;

    /// <summary>All locks.</summary>
    public IReadOnlyList<LockInfo> Locks { get; }

    /// <summary>Images that are needed although no container is made of them.</summary>
    public ImagesInUse Held { get; }

    /// <summary>A container that uses an image, by the image's id; null if none does.</summary>
    public Func<string, string?> UserOf { get; }

    /// <summary>Asks.</summary>
    /// <exception cref="ProException">The engine can't be reached, or refuses.</exception>
    public static async Task<EngineUse> AskAsync(EngineConnection engine, bool isSwarmManager, CancellationToken cancellationToken)
    {
        var age = Clock.Start();
        var volumes = ServiceVolumes.LoadAsync(engine, Task.FromResult(isSwarmManager), cancellationToken);
        var services = ServicesAsync(engine, isSwarmManager, cancellationToken);
        var containers = engine.CallAsync(client =>
            client.Containers.ListContainersAsync(new ContainersListParameters { All = true }, cancellationToken));
        await Task.WhenAll(volumes, services, containers).ConfigureAwait(false);
        var users = (await containers.ConfigureAwait(false))
            .GroupBy(container => container.ImageID, StringComparer.Ordinal)
            .ToDictionary(image => image.Key, image => image.First().NameOf(), StringComparer.Ordinal);
        return new EngineUse(
            age,
            await volumes.ConfigureAwait(false),
            await services.ConfigureAwait(false),
            image => users.GetValueOrDefault(image));
    }

    /// <summary>A swarm's services; none if the engine is not a manager of one.</summary>
    /// <exception cref="ProException">The engine can't be reached, or refuses.</exception>
    public static async Task<IReadOnlyList<SwarmServiceState>> ServicesAsync(
        EngineConnection engine, bool isSwarmManager, CancellationToken cancellationToken) =>
        isSwarmManager ? await new SwarmApi(engine).ListServicesOrNoneAsync(cancellationToken).ConfigureAwait(false) : [];
}
