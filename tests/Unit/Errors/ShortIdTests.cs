using Pro.DockerVersioning.Errors;
using Xunit;

namespace Pro.DockerVersioning.Tests.Errors;

public sealed class ShortIdTests
{
    [Theory]
    [InlineData("sha256:0123456789abcdef0123", "0123456789ab")]
    [InlineData("0123456789abcdef0123", "0123456789ab")]
    [InlineData("sha256:abc", "abc")]
    [InlineData("", "")]
    public void An_id_is_shown_by_its_first_twelve_digits(string id, string shown) => Assert.Equal(shown, ShortId.Of(id));
}
