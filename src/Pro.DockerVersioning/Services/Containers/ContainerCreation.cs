using System.Text.Json.Nodes;

namespace Pro.DockerVersioning.Services.Containers;

/// <summary>What to ask of the engine, in this order, for a container that is like another.</summary>
internal sealed record ContainerCreation
{
    /// <summary>The name, without the slash.</summary>
    public required string Name { get; init; }

    /// <summary>The body of <c>POST /containers/create</c>, with the endpoint of the network of <c>NetworkMode</c> at most.</summary>
    public required JsonObject Body { get; init; }

    /// <summary>
    /// The network that the container must leave while it is only created, or null: <c>NetworkMode</c> joins it to one that the
    /// old one had been disconnected from.
    /// </summary>
    public string? Leave { get; init; }

    /// <summary>
    /// All networks, in the order in which a running container must be connected: the one with the gateway first.
    /// See <see cref="NetworkAttachment.Of"/>.
    /// </summary>
    public required IReadOnlyList<NetworkAttachment> Networks { get; init; }

    /// <summary>The network whose endpoint stands in <see cref="Body"/>, or null.</summary>
    public string? Primary { get; init; }

    /// <summary><see cref="Body"/> with the endpoints of all networks, as engines since API 1.44 take it.</summary>
    public JsonObject BodyWithAll
    {
        get
        {
            var body = Body.DeepClone().AsObject();
            if (body["NetworkingConfig"]?["EndpointsConfig"] is JsonObject endpoints)
            {
                foreach (var network in Others)
                {
                    endpoints[network.Network] = network.Endpoint.DeepClone();
                }
            }

            return body;
        }
    }

    /// <summary>The same on no network at all: <c>NetworkMode</c> stays what it is, and its network is left again.</summary>
    public ContainerCreation Unconnected => this with { Leave = Primary ?? Leave, Networks = [] };

    /// <summary>Those to connect after the creation (an engine before API 1.44 takes one endpoint only).</summary>
    public IEnumerable<NetworkAttachment> Others => Networks.Where(network => network.Network != Primary);
}
