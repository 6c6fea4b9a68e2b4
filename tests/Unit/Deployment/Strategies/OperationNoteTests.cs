using Pro.DockerVersioning.Deployment.Strategies;
using Xunit;

namespace Pro.DockerVersioning.Tests.Deployment.Strategies;

public sealed class OperationNoteTests
{
    private static readonly OperationNote Note = new()
    {
        Kind = ProHistoryKind.Rollback,
        From = ProVersion.Parse("v1.2.0"),
        Version = ProVersion.Parse("v1.1.0"),
        Reference = "registry.example.com/pro/api:v1.1.0",
        ImageId = "sha256:new",
        Digest = "sha256:digest",
        OldImageId = "sha256:old",
        WasWell = true,
        Strategy = "Container",
        Reason = "too \"slow\"",
        User = "alice",
        Host = "build-1",
        Since = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours(2)),
    };

    [Fact]
    public void A_note_is_read_as_it_was_written() => Assert.Equal(Note, OperationNote.Read(Note.ToLabel()));

    [Fact]
    public void A_first_start_has_no_version_before() =>
        Assert.Null(OperationNote.Read((Note with { From = null, OldImageId = null }).ToLabel())!.From);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("no note")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{ "Kind": 7, "Version": [], "Reference": {} }""")]
    [InlineData("""{ "Kind": "Rollback", "Version": "1", "Reference": "api:v1" }""")]
    public void What_is_no_note_is_none(string? text) => Assert.Null(OperationNote.Read(text));
}
