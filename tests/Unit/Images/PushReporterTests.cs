using System.Text.Json;
using Docker.DotNet.Models;
using Pro.DockerVersioning.Images;
using Pro.DockerVersioning.Reporting;
using Xunit;

namespace Pro.DockerVersioning.Tests.Images;

/// <summary>What engines say while they push, as they said it.</summary>
public sealed class PushReporterTests : IProgress<Report>
{
    private const string Digest = "sha256:d30a748fc953f030ecfc33b234d262c12e78404b8790c2f302fc7660da244eca";
    private readonly List<Report> _reports = [];

    [Theory]
    [InlineData("""{"progressDetail":{},"aux":{"Tag":"v1.0.0","Digest":"DIGEST","Size":528}}""", Digest)]
    [InlineData("""{"status":"v1.0.0: digest: DIGEST size: 498"}""", Digest)]
    [InlineData("""{"status":"Mounted from some/api","progressDetail":{},"id":"376e06c7fc88"}""", null)]
    [InlineData("""{"status":"The push refers to repository [127.0.0.1:5000/api]"}""", null)]
    public async Task The_digest_is_told_in_a_field_or_with_containerds_store_in_words(string line, string? digest)
    {
        await using var scene = new PublishingScene();
        using var reporter = new PushReporter(scene.Item("v1.0.0"), this);

        reporter.Report(JsonSerializer.Deserialize<JSONMessage>(line.Replace("DIGEST", Digest, StringComparison.Ordinal))!);

        Assert.Equal(digest, reporter.Digest);
        Assert.Null(reporter.Error);
    }

    void IProgress<Report>.Report(Report value) => _reports.Add(value);
}
