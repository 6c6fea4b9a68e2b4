namespace Pro.DockerVersioning.Configuration;

/// <summary>May two versions of a service run at once?</summary>
internal enum UpdateOrder
{
    /// <summary>No: the old one is stopped before the new one starts.</summary>
    StopFirst,

    /// <summary>Yes: the new one is verified beside the old one.</summary>
    StartFirst,
}

/// <summary>Orders as compose, swarms and pro.json write them.</summary>
internal static class UpdateOrderText
{
    /// <summary>The orders by their words.</summary>
    public static readonly IReadOnlyDictionary<string, UpdateOrder> ByWord = new Dictionary<string, UpdateOrder>(StringComparer.Ordinal)
    {
        ["stop-first"] = UpdateOrder.StopFirst,
        ["start-first"] = UpdateOrder.StartFirst,
    };

    /// <summary>stop-first or start-first.</summary>
    public static string ToText(this UpdateOrder order) => order == UpdateOrder.StartFirst ? "start-first" : "stop-first";
}
