using Pro.DockerVersioning.Configuration;
using Xunit;

namespace Pro.DockerVersioning.Tests.Configuration;

/// <summary>Times and sizes of pro.json go by the rule of the parameters.</summary>
public sealed class ConfigurationValueTests
{
    [Theory]
    [InlineData("\"30d\"", "30.00:00:00")]
    [InlineData("\"90s\"", "00:01:30")]
    [InlineData("\"02:00:00\"", "02:00:00")]
    public void A_time_has_a_unit(string json, string span) =>
        Assert.Equal(TimeSpan.Parse(span), ConfigurationValues.Duration(Member(json)));

    [Theory]
    [InlineData("30")]
    [InlineData("\"30\"")]
    [InlineData("\"02:00\"")]
    [InlineData("\"-30d\"")]
    [InlineData("true")]
    [InlineData("[]")]
    public void A_time_without_a_unit_is_refused_by_its_place(string json)
    {
        var refused = Assert.Throws<ProException>(() => ConfigurationValues.Duration(Member(json)));
        Assert.Equal("ConfigurationWrongValue", refused.Id);
        Assert.Contains("pro.json, line 1, ", refused.Message, StringComparison.Ordinal);
        Assert.Contains("60s, 5m, 2h, 7d, or hh:mm:ss", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"20GB\"", 20L << 30)]
    [InlineData("21474836480", 20L << 30)]
    [InlineData("\"512 MiB\"", 512L << 20)]
    public void A_size_has_a_unit_or_is_large(string json, long bytes) => Assert.Equal(bytes, ConfigurationValues.Size(Member(json)));

    [Theory]
    [InlineData("20")]
    [InlineData("\"20\"")]
    [InlineData("\"-1GB\"")]
    [InlineData("false")]
    public void A_small_number_is_not_a_size(string json) =>
        Assert.Equal("ConfigurationWrongValue", Assert.Throws<ProException>(() => ConfigurationValues.Size(Member(json))).Id);

    private static LocatedJsonMember Member(string json) => LocatedJson.Parse($"{{\"key\": {json}}}", "pro.json").Members[0];
}
