using Pro.DockerVersioning.Deployment.Swarm.Api;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Machine;

namespace Pro.DockerVersioning.Deployment.Swarm;

/// <summary>Sends the steps of one update, each made from the service as it is at that moment.</summary>
internal sealed class SwarmUpdateSender(SwarmApi api, string serviceId, string? registryAuth)
{
    private const int Attempts = 10;

    // Between two attempts: the engine itself writes the update's status into the service.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>The images that the service may have when a step begins: with another one, somebody else is at it.</summary>
    public HashSet<string> Ours { get; } = new(StringComparer.Ordinal);

    /// <summary>
    /// Sends a step. A service that was read already spares a call; the image of the update is for the error. The token ends the waiting
    /// between attempts: a step that was sent is not taken back.
    /// </summary>
    /// <exception cref="ProException">The engine refuses it, or somebody else updates the service.</exception>
    public async Task SendAsync(
        SwarmServiceState? service,
        Func<SwarmServiceState, SwarmChange> make,
        string wanted,
        CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            service ??= await api.GetServiceAsync(serviceId, cancellationToken).ConfigureAwait(false);
            if (service.Image is not { } image || !Ours.Contains(image))
            {
                throw SwarmErrors.Superseded(service.Name, SwarmTarget.NameOf(wanted), service.Image);
            }

            if (await TrySendAsync(service, make(service)).ConfigureAwait(false))
            {
                return;
            }

            service = null;
            await Clock.Delay(Pause, cancellationToken).ConfigureAwait(false);
        }

        throw SwarmErrors.OutOfSequence(serviceId, Attempts);
    }

    // The engine may have taken it, and only its answer is lost: then the update is under way, and is watched like any other. To send it
    // once more would make the new image the engine's own rollback.
    private async Task<bool> TrySendAsync(SwarmServiceState service, SwarmChange change)
    {
        try
        {
            return await api.TryUpdateAsync(service, change.ApplyTo(service.Spec), registryAuth).ConfigureAwait(false);
        }
        catch (ProException lost) when (lost.Id == EngineErrors.UnreachableId)
        {
            var now = await api.GetServiceAsync(serviceId, CancellationToken.None).ConfigureAwait(false);
            if (now.Index == service.Index || !change.IsIn(now))
            {
                throw;
            }

            return true;
        }
    }
}
