using Pro.DockerVersioning.Machine;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Pro.DockerVersioning.Engine.Api;

/// <summary>What an engine says of itself, in one request.</summary>
/// <param name="Root">Where it keeps its images.</param>
/// <param name="IsSwarmManager">Whether it can be asked about a swarm's services.</param>
/// <param name="ClockAhead">How far its clock is before this machine's; 0 where no difference can be seen.</param>
internal sealed record EngineState(DataRoot Root, bool IsSwarmManager, TimeSpan ClockAhead)
{
    /// <summary>The time by the engine's clock, in which it dates what it does.</summary>
    public DateTimeOffset Now => Clock.Now + ClockAhead;

    /// <summary>Asks.</summary>
    /// <exception cref="ProException">The engine can't be reached, or refuses.</exception>
    public static async Task<EngineState> AskAsync(EngineConnection engine, CancellationToken cancellationToken)
    {
        var before = Clock.Now;
        var info = await engine.Http.GetAsync("info", cancellationToken).ConfigureAwait(false);
        return Read(info, engine.Endpoint, before, Clock.Now);
    }

    /// <summary>Reads the engine's answer. Pure.</summary>
    /// <param name="info">The answer.</param>
    /// <param name="endpoint">The engine.</param>
    /// <param name="before">When it was asked.</param>
    /// <param name="after">When it had answered.</param>
    internal static EngineState Read(JsonObject info, EngineEndpoint endpoint, DateTimeOffset before, DateTimeOffset after) => new(
        DataRoot.Of(info, endpoint),
        (info["Swarm"] as JsonObject)?["ControlAvailable"]?.GetValue<bool>() == true,
        DateTimeOffset.TryParse(
            info["SystemTime"]?.GetValue<string>(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? Ahead(time, before, after)
            : TimeSpan.Zero);

    // It looked at its clock at some time between the two: within that, the clocks agree.
    private static TimeSpan Ahead(DateTimeOffset time, DateTimeOffset before, DateTimeOffset after) =>
        time > after ? time - after
        : time < before ? time - before
        : TimeSpan.Zero;
}
