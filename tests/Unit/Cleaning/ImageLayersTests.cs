using Pro.DockerVersioning.Cleaning;
using Xunit;

namespace Pro.DockerVersioning.Tests.Cleaning;

public sealed class ImageLayersTests
{
    // Seen on an engine: the layers of an image of three, and the names under which the engine removed the two upper ones.
    private const string Base = "sha256:35afc50850a9a14a4ab9a1b192fdd3abfd351a21a1a04540826e86433b168ef7";
    private const string Middle = "sha256:4d4d741fbcffed4573aaf321c0cee6545290959d98d104004bf5e09590553dcb";
    private const string Top = "sha256:0933ed91fe8e93c2120449c61803ec78dae94d6bb1d612dc9ba01725c847082e";

    [Fact]
    public void Layers_have_the_names_by_which_the_engine_removes_them()
    {
        var layers = ImageLayers.From([Base, Middle, Top], Steps(("COPY", 2), ("COPY", 2), ("CMD", 0), ("COPY", 1984172)));
        Assert.Equal(
        [
            new ImageLayer(Base, 1984172),
            new ImageLayer("sha256:430db19aa2a66a32bbf1b61bbdfb88440cb53b55ecca9c9f3f878082fbf794e4", 2),
            new ImageLayer("sha256:ac0e8821acc501cac03774d034a02af025bab20d16bd3c4cfa0a9f9837d40880", 2),
        ],
        layers.All);
    }

    [Fact]
    public void Where_an_empty_layer_hides_among_the_sizes_no_more_is_promised_than_comes_free() => Assert.Equal(
        [100, 5, 0],
        ImageLayers.From(
            [Base, Middle, Top], Steps(("COPY", 5), ("RUN true", 0), ("RUN true", 0), ("ADD", 100))).All.Select(layer => layer.Size));

    [Theory]
    [InlineData("/bin/sh -c #(nop) WORKDIR /x", "/bin/sh -c #(nop)  ENV A=b", "/bin/sh -c #(nop) COPY file:0 in /")]
    [InlineData("WORKDIR /x", "ENV A=b", "COPY own / # buildkit")]
    public void An_empty_layer_keeps_its_place_where_what_was_done_tells_it(string empty, string none, string copy) => Assert.Equal(
        [100, 0, 5],
        ImageLayers.From(
            [Base, Middle, Top], Steps((copy, 5), (none, 0), (empty, 0), (none, 0), (copy, 100))).All.Select(layer => layer.Size));

    private static ImageStep[] Steps(params (string By, long Size)[] steps) => [.. steps.Select(step => new ImageStep(step.By, step.Size))];
}
