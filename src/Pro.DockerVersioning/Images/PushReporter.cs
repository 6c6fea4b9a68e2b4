using System.Text.Json;
using System.Text.RegularExpressions;
using Docker.DotNet.Models;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Images;

/// <summary>
/// Reads a push's stream: a bar for the image and one for each layer. A refusal comes inside the stream, and the call ends well all the
/// same.
/// </summary>
internal sealed partial class PushReporter(PublishItem item, IProgress<Report> reporter) : IProgress<JSONMessage>, IDisposable
{
    private readonly string _key = item.Reference.ToString();
    private readonly HashSet<string> _layers = new(StringComparer.Ordinal);
    private readonly HashSet<string> _done = new(StringComparer.Ordinal);
    private bool _begun;

    /// <summary>What the registry calls the image; null until it does.</summary>
    public string? Digest { get; private set; }

    /// <summary>The refusal's text, or null.</summary>
    public string? Error { get; private set; }

    /// <inheritdoc/>
    public void Report(JSONMessage value)
    {
        if (!_begun)
        {
            _begun = true;
            reporter.Report(new ProgressReport(_key, $"Pushing {item.Service} {item.Version}", "preparing"));
        }

        Error ??= value.Error?.Message;
        if (value.Aux?.ExtensionData is { } aux
            && aux.TryGetValue("Digest", out var digest)
            && digest is JsonElement { ValueKind: JsonValueKind.String } element)
        {
            Digest = element.GetString();
        }
        else if (value.Status is { } said && Pushed().Match(said) is { Success: true } told)
        {
            // All that an engine with containerd's image store says of it.
            Digest = told.Groups["digest"].Value;
        }

        if (value.ID is { Length: > 0 } layer && value.Status is { } status && layer != item.Reference.Tag)
        {
            Show(layer, status, value.Progress);
        }
    }

    /// <summary>Takes the bars away.</summary>
    public void Dispose()
    {
        foreach (var layer in _layers.Except(_done))
        {
            Complete(LayerKey(layer));
        }

        Complete(_key);
    }

    private string LayerKey(string layer) => $"{_key}/{layer}";

    private void Show(string layer, string status, JSONProgress? progress)
    {
        _ = _layers.Add(layer);
        if (status is "Pushed" or "Layer already exists" || status.StartsWith("Mounted from", StringComparison.Ordinal))
        {
            _ = _done.Add(layer);
            Complete(LayerKey(layer));
        }
        else
        {
            reporter.Report(new ProgressReport(LayerKey(layer), layer, status)
            {
                ParentKey = _key,
                PercentComplete = progress is { Total: > 0 and var total, Current: { } current }
                    ? (int)Math.Min(100, 100 * current / total)
                    : null,
            });
        }

        reporter.Report(new ProgressReport(_key, $"Pushing {item.Service} {item.Version}", $"{_done.Count} of {_layers.Count} layers")
        {
            PercentComplete = 100 * _done.Count / _layers.Count,
        });
    }

    [GeneratedRegex(@"\A\S+: digest: (?<digest>sha256:[0-9a-f]{64}) size: [0-9]+\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Pushed();

    private void Complete(string key) => reporter.Report(new ProgressReport(key, key, "") { Completed = true });
}
