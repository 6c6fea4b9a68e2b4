using System.Text.Json.Nodes;

namespace Pro.DockerVersioning.Tests.Simulation.Engines;

/// <summary>An image, and how what is started from it behaves.</summary>
internal sealed class SimulatedImage
{
    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>Its names.</summary>
    public List<string> Names { get; } = [];

    /// <summary>Its configuration, as an inspection shows it.</summary>
    public required JsonObject Config { get; init; }

    /// <summary>How long after its start a container serves; null if it never does.</summary>
    public TimeSpan? ServesAfter { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How long after its start a container ends by itself; null if it does not.</summary>
    public TimeSpan? EndsAfter { get; init; }

    /// <summary>How long a container takes to stop when it is asked to.</summary>
    public TimeSpan StopsIn { get; init; } = TimeSpan.FromMilliseconds(100);
}
