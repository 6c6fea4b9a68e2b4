using System.Security.Cryptography;
using System.Text;

namespace Pro.DockerVersioning.Cleaning;

/// <summary>
/// The layers of an image with their sizes. An engine names the layers that it removes by their chain ids, which follow from the
/// content's digests: https://github.com/opencontainers/image-spec/blob/main/config.md#layer-chainid. So what came free can be told to the
/// byte without asking the engine to measure its disk, which takes minutes on some.
/// </summary>
internal sealed class ImageLayers
{
    private ImageLayers(IReadOnlyList<ImageLayer> layers) => All = layers;

    /// <summary>An image of which nothing is known.</summary>
    public static ImageLayers Unknown { get; } = new([]);

    /// <summary>The layers, lowest first.</summary>
    public IReadOnlyList<ImageLayer> All { get; }

    /// <summary>Puts together what an image's description and its history say.</summary>
    /// <param name="contents">The digests of the layers' contents, lowest first.</param>
    /// <param name="history">The steps that made it, last step first.</param>
    public static ImageLayers From(IReadOnlyList<string> contents, IReadOnlyList<ImageStep> history)
    {
        // Which of the steps of size 0 made an empty layer, and which none, the engine doesn't say; but what a step did does, for the most
        // part. Where that gives another number of layers than there are, empty ones count as the topmost: then no more is promised than
        // comes free.
        var made = history.Where(step => step.MakesLayer).Select(step => step.Size).Reverse().ToList();
        var sizes = made.Count == contents.Count ? made : [.. history.Select(step => step.Size).Where(size => size > 0).Reverse()];
        var layers = new List<ImageLayer>(contents.Count);
        string? chain = null;
        foreach (var content in contents)
        {
            chain = chain is null ? content : Digest($"{chain} {content}");
            layers.Add(new ImageLayer(chain, layers.Count < sizes.Count ? sizes[layers.Count] : 0));
        }

        return new ImageLayers(layers);
    }

    private static string Digest(string text) =>
        "sha256:" + Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text))).ToLowerInvariant();
}

/// <summary>A layer.</summary>
/// <param name="ChainId">Names it together with all that lies below it.</param>
/// <param name="Size">Its bytes.</param>
internal sealed record ImageLayer(string ChainId, long Size);

/// <summary>A step that made an image.</summary>
/// <param name="CreatedBy">What was done, in the builder's words: <c>/bin/sh -c #(nop) WORKDIR /x</c>, <c>WORKDIR /x</c>.</param>
/// <param name="Size">What it added, in bytes.</param>
internal sealed record ImageStep(string CreatedBy, long Size)
{
    // How the classic builder marks what it does itself, and not by a shell.
    private const string Nop = "/bin/sh -c #(nop)";

    // These only change the configuration: https://docs.docker.com/reference/dockerfile/.
    private static readonly string[] WithoutLayer =
    [
        "ARG", "CMD", "ENTRYPOINT", "ENV", "EXPOSE", "HEALTHCHECK", "LABEL", "MAINTAINER", "ONBUILD", "SHELL", "STOPSIGNAL",
        "USER", "VOLUME",
    ];

    /// <summary>Whether it made a layer, perhaps an empty one, as WORKDIR does.</summary>
    public bool MakesLayer => Size > 0 || !WithoutLayer.Contains(Instruction, StringComparer.OrdinalIgnoreCase);

    private string Instruction =>
        (CreatedBy.StartsWith(Nop, StringComparison.Ordinal) ? CreatedBy[Nop.Length..] : CreatedBy).TrimStart().Split(' ', 2)[0];
}
