using System.Text.Json.Nodes;

namespace Pro.DockerVersioning.Engine.Api;

/// <summary>What to ask of the engine, in this order, for a container that is like another.</summary>
internal sealed record ContainerCreation
{
    /// <summary>The name, without the slash.</summary>
    public required string Name { get; init; }

    /// <summary>The body of <c>POST /containers/create</c>, without the networks.</summary>
    public required JsonObject Body { get; init; }

    /// <summary>The platform of which the image's variant runs, as <c>linux/386</c>; "" for the engine's own.</summary>
    public string Platform { get; init; } = "";

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

    /// <summary>The network that <c>NetworkMode</c> means, or null.</summary>
    public string? Primary { get; init; }

    /// <summary>What is posted where, as path and query.</summary>
    public string Path => $"containers/create?name={Uri.EscapeDataString(Name)}"
        + (Platform.Length == 0 ? "" : $"&platform={Uri.EscapeDataString(Platform)}");

    /// <summary>The same on no network at all: <c>NetworkMode</c> stays what it is, and its network is left again.</summary>
    public ContainerCreation Unconnected => this with { Leave = Primary ?? Leave, Networks = [] };

    /// <summary>Those to connect after the creation (an engine before API 1.44 takes one endpoint only).</summary>
    public IEnumerable<NetworkAttachment> Others => Networks.Where(network => network.Network != Primary);

    /// <summary>
    /// For an engine before API 1.44: the endpoint of the network of <c>NetworkMode</c> at most, and one MAC address for it.
    /// </summary>
    public JsonObject BodyWithOne => BodyWith(Networks.Where(network => network.Network == Primary));

    /// <summary>For later ones, which ignore the container's MAC address: each endpoint has its own.</summary>
    public JsonObject BodyWithAll
    {
        get
        {
            var body = BodyWith(Networks);
            _ = body.Remove("MacAddress");
            return body;
        }
    }

    private JsonObject BodyWith(IEnumerable<NetworkAttachment> networks)
    {
        var body = Body.DeepClone().AsObject();
        body["NetworkingConfig"] = new JsonObject
        {
            ["EndpointsConfig"] = new JsonObject(
                networks.Select(network => KeyValuePair.Create(network.Network, (JsonNode?)network.Endpoint.DeepClone()))),
        };
        return body;
    }
}
