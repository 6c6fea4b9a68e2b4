using Docker.DotNet.Models;
using Pro.DockerVersioning.Deployment;
using Xunit;

namespace Pro.DockerVersioning.Tests.Deployment.Locking;

/// <summary>What was verified, as it stands on a real engine.</summary>
[Trait("Engine", "real")]
public sealed class VerifiedVersionsTests
{
    private readonly string _repository = $"127.0.0.1:1/pro-test-{Guid.NewGuid():N}/api";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Of_two_operators_at_once_neither_loses_what_the_other_wrote()
    {
        await using var engine = await RealEngine.StartAsync();
        try
        {
            _ = await Task.WhenAll(Enumerable.Range(1, 5).Select(number => AddAsync(engine, "container.api", $"v1.{number}.0")));
            _ = await AddAsync(engine, "container.other", "v9.0.0");

            Assert.Equal(
                ["v1.1.0", "v1.2.0", "v1.3.0", "v1.4.0", "v1.5.0"], (await OfAsync(engine, "container.api")).Select(Version).Order());
        }
        finally
        {
            await ClearAsync(engine);
        }
    }

    [Fact]
    public async Task The_last_five_are_kept_with_all_that_is_known_of_them()
    {
        await using var engine = await RealEngine.StartAsync();
        try
        {
            foreach (var number in Enumerable.Range(1, 7))
            {
                _ = await AddAsync(engine, "container.api", $"v1.{number}.0", TimeSpan.FromSeconds(number));
            }

            // A restore that measured nothing keeps what was measured, and the tags.
            _ = await AddAsync(engine, "container.api", "v1.6.0");
            var kept = await OfAsync(engine, "container.api");

            Assert.Equal(["v1.6.0", "v1.7.0", "v1.5.0", "v1.4.0", "v1.3.0"], kept.Select(Version));
            Assert.Equal([6, 7, 5, 4, 3], kept.Select(step => step.StartTime!.Value.TotalSeconds));
            Assert.Equal(TimeSpan.FromSeconds(7), kept.Max(step => step.StartTime));
            Assert.Equal((ProHistoryKind.Deploy, "sha256:1", "sha256:2"), (kept[1].Kind, kept[1].ImageId, kept[1].Digest));
            Assert.All(kept, step => Assert.Equal([_repository + ":latest"], step.Aliases!));
        }
        finally
        {
            await ClearAsync(engine);
        }
    }

    private static string Version(VerifiedDeployment step) => step.Version.ToString();

    private Task<IReadOnlyList<VerifiedDeployment>> AddAsync(RealEngine engine, string target, string version, TimeSpan? start = null) =>
        VerifiedVersions.AddAsync(
            engine.Connection,
            new VerifiedDeployment(ProHistoryKind.Deploy, ProVersion.Parse(version), null, "sha256:1", DateTimeOffset.UtcNow)
            {
                Target = target,
                Repository = _repository,
                Digest = "sha256:2",
                StartTime = start,
                Aliases = start is null ? null : [_repository + ":latest"],
            },
            Token);

    private async Task<IReadOnlyList<VerifiedDeployment>> OfAsync(RealEngine engine, string target) =>
        [.. (await VerifiedVersions.LoadAsync(engine.Connection, Token))
            .Where(step => step.Target == target && step.Repository == _repository)];

    private async Task ClearAsync(RealEngine engine)
    {
        var all = await engine.Connection.CallAsync(
            client => client.Volumes.ListAsync(new VolumesListParameters(), CancellationToken.None));
        foreach (var volume in all.Volumes.Where(volume => volume.Labels?.Values.Contains(_repository) == true))
        {
            await engine.Connection.CallAsync(client => client.Volumes.RemoveAsync(volume.Name, force: true, CancellationToken.None));
        }
    }
}
