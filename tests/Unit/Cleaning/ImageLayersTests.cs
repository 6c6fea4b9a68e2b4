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
        var layers = ImageLayers.From([Base, Middle, Top], [2, 2, 0, 1984172]);
        Assert.Equal(
        [
            new ImageLayer(Base, 1984172),
            new ImageLayer("sha256:430db19aa2a66a32bbf1b61bbdfb88440cb53b55ecca9c9f3f878082fbf794e4", 2),
            new ImageLayer("sha256:ac0e8821acc501cac03774d034a02af025bab20d16bd3c4cfa0a9f9837d40880", 2),
        ],
        layers.All);
    }

    [Fact]
    public void Where_an_empty_layer_hides_among_the_sizes_no_more_is_promised_than_comes_free() =>
        Assert.Equal([100, 5, 0], ImageLayers.From([Base, Middle, Top], [5, 0, 0, 100]).All.Select(layer => layer.Size));
}
