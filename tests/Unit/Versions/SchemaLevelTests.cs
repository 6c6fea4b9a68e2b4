using Pro.DockerVersioning.Deployment;
using Xunit;

namespace Pro.DockerVersioning.Tests.Versions;

public sealed class SchemaLevelTests
{
    [Theory]
    [InlineData("5", "4", true, "works on schema level 5, and v1.0.0 on 4 (pro.dockerversioning.schema)")]
    [InlineData("10", "9", false, "works on schema level 10, and v1.0.0 on 9")]
    [InlineData("5", null, true, "and v1.0.0 names none")]
    [InlineData("5", null, false, "and v1.0.0 names none")]
    [InlineData("4", "5", true, "works on schema level 4, and v1.0.0 on 5")]
    [InlineData("autumn", "spring", false, "works on schema level autumn, and v1.0.0 on spring")]
    public void Going_to_another_level_is_told_with_both(string now, string? then, bool isRollback, string told) =>
        Assert.Contains(told, Warning(now, then, isRollback), StringComparison.Ordinal);

    [Theory]
    [InlineData("5", "5", true)]
    [InlineData(null, "5", true)]
    [InlineData(null, null, true)]
    [InlineData("9", "10", false)]
    public void Where_the_database_fits_or_is_migrated_there_is_nothing_to_tell(string? now, string? then, bool isRollback) =>
        Assert.Null(Warning(now, then, isRollback));

    private static string? Warning(string? now, string? then, bool isRollback) =>
        SchemaLevel.Warning("api", ProVersion.Parse("v1.1.0"), ProVersion.Parse("v1.0.0"), now, then, isRollback);
}
