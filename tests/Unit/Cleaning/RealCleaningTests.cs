using System.Formats.Tar;
using System.Text;
using Docker.DotNet.Models;
using Pro.DockerVersioning.Cleaning;
using Pro.DockerVersioning.Deployment.Container.Swap;
using Pro.DockerVersioning.Deployment.Strategies;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.History;
using Pro.DockerVersioning.Images;
using Pro.DockerVersioning.Reporting;
using Pro.DockerVersioning.Versions;
using Xunit;

namespace Pro.DockerVersioning.Tests.Cleaning;

/// <summary>Planner and runner on a real engine.</summary>
[Trait("Engine", "real")]
public sealed class RealCleaningTests : IAsyncLifetime, IProgress<Report>
{
    private readonly string _nonce = "t" + Guid.NewGuid().ToString("N")[..10];
    private readonly List<string> _containers = [];
    private readonly HashSet<string> _loaded = [];
    private EngineConnection _engine = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Api => $"pro-clean.invalid/{_nonce}/api";

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(ImageArchive.IsPossible, "No static busybox to make images from.");
        _engine = EngineConnection.Open(EngineEndpoint.Resolve(Environment.GetEnvironmentVariable));
        try
        {
            await _engine.CallAsync(client => client.System.PingAsync(Cancel));
        }
        catch (ProException unreachable)
        {
            Assert.Skip(unreachable.Message);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var container in _containers)
        {
            await _engine.CallAsync(client => client.Containers.RemoveContainerAsync(
                container, new ContainerRemoveParameters { Force = true, RemoveVolumes = true }, CancellationToken.None));
        }

        foreach (var tag in await TagsAsync())
        {
            _ = await _engine.CallAsync(client => client.Images.DeleteImageAsync(
                tag, new ImageDeleteParameters { Force = true }, CancellationToken.None));
        }

        _engine.Dispose();
    }

    void IProgress<Report>.Report(Report value)
    {
    }

    [Fact]
    public async Task What_comes_free_is_told_to_the_byte_and_the_shared_layer_only_with_the_last()
    {
        await LoadAsync("v1.0.0", "v1.0.1", "v1.0.2");
        var some = await RunAsync(await PlanAsync(2));
        Assert.Equal((ProCleanupAction.Removed, (long)ImageArchive.OwnSize), (some.Single().Action, some.Single().BytesFreed));
        var plan = await PlanAsync(0);
        var rest = await RunAsync(plan);

        // Both go at once: either may be the last.
        Assert.Equal([ImageArchive.OwnSize, plan.Going.Last().Bytes], rest.Select(result => result.BytesFreed).Order());
        Assert.True(rest.Max(result => result.BytesFreed) > 500_000, "The busybox came free with the last image.");
        Assert.Empty(await TagsAsync());
    }

    [Fact]
    public async Task What_containers_hold_stays_running_stopped_or_by_id_alone()
    {
        await LoadAsync("v1.0.0", "v1.1.0", "v1.2.0", "v1.3.0", "v1.4.0");
        await StartAsync($"{Api}:v1.4.0", run: true);
        await StartAsync($"{Api}:v1.1.0", run: false);

        // The tag of a running image moves to another one: only the container's id still names it.
        await StartAsync($"{Api}:v1.2.0", run: true);
        var held = (await InspectAsync($"{Api}:v1.2.0")).ID;
        await TagAsync($"{Api}:v1.0.0", "v1.2.0");
        var results = await RunAsync(await PlanAsync(0));
        Assert.Equal(["v1.0.0", "v1.1.0", "v1.3.0", "v1.4.0"], (await TagsAsync()).Select(tag => tag.Split(':')[1]));
        Assert.Equal(held, (await InspectAsync(held)).ID);
        Assert.Contains(results, result => result.Reason == "the previous version of v1.4.0" && result.Version!.ToString() == "v1.3.0");
        Assert.Contains(results, result => result.Reason == "the previous version of v1.1.0" && result.Version!.ToString() == "v1.0.0");

        // By id, dangling or not, it is the container's.
        var dangling = await RunAsync(await PlanAsync(0, CleaningMode.Dangling));
        Assert.DoesNotContain(dangling, result => result.ImageId == held && result.Action == ProCleanupAction.Removed);
    }

    [Fact]
    public async Task A_container_started_between_planning_and_removing_keeps_its_image()
    {
        await LoadAsync("v1.0.0", "v1.1.0");
        var plan = await PlanAsync(0);
        await StartAsync($"{Api}:v1.0.0", run: false);
        var results = await RunAsync(plan);
        Assert.Equal([ProCleanupAction.Kept, ProCleanupAction.Removed], results.Select(result => result.Action));
        Assert.Equal([$"{Api}:v1.0.0"], await TagsAsync());
    }

    [Fact]
    public async Task The_engines_own_refusal_is_no_failure_where_a_container_was_quicker_than_the_second_look()
    {
        await LoadAsync("v1.0.0", "v1.1.0");
        var plan = await PlanAsync(0);
        var results = new List<ProCleanupResult>();
        await foreach (var result in new CleaningRunner(_engine, this) { Width = 1 }.RunAsync(plan, Cancel))
        {
            results.Add(result);

            // After the first line, within the second in which nobody is asked again.
            if (results.Count == 1)
            {
                await StartAsync($"{Api}:v1.1.0", run: false);
            }
        }

        Assert.Equal([ProCleanupAction.Removed, ProCleanupAction.Kept], results.Select(result => result.Action));
    }

    [Fact]
    public async Task An_image_with_another_name_only_loses_this_one_and_nothing_comes_free()
    {
        await LoadAsync("v1.0.0", "v1.1.0");
        await TagAsync($"{Api}:v1.0.0", "v0.9.0");
        await _engine.CallAsync(client => client.Images.TagImageAsync(
            $"{Api}:v1.1.0", new ImageTagParameters { RepositoryName = $"pro-clean.invalid/{_nonce}/other", Tag = "1" }, Cancel));
        var results = await RunAsync(await PlanAsync(0));
        Assert.Equal(
            [("v0.9.0", ProCleanupAction.Untagged, 0L), ("v1.0.0", ProCleanupAction.Removed, ImageArchive.OwnSize),
                ("v1.1.0", ProCleanupAction.Untagged, 0L)],
            results.Select(result => (result.Version!.ToString(), result.Action, result.BytesFreed)));
    }

    [Fact]
    public async Task The_parent_of_another_image_is_untagged_and_goes_with_its_child()
    {
        await LoadAsync("v1.0.0");
        var parent = (await InspectAsync($"{Api}:v1.0.0")).ID;
        var container = await StartAsync($"{Api}:v1.0.0", run: false);
        _ = await _engine.CallAsync(client => client.Images.CommitContainerChangesAsync(
            new CommitContainerChangesParameters { ContainerID = container, RepositoryName = Api, Tag = "v1.1.0" }, Cancel));
        await RemoveContainerAsync(container);
        var plan = await PlanAsync(1);
        Assert.Equal(CleaningStep.Untag, plan.Going.Single().Step);
        Assert.Equal(ProCleanupAction.Untagged, (await RunAsync(plan)).Single().Action);
        Assert.Equal(parent, (await InspectAsync(parent)).ID);
        Assert.DoesNotContain((await PlanAsync(0, CleaningMode.Dangling)).Going, line => line.ImageId == parent);

        Assert.Equal(ProCleanupAction.Removed, (await RunAsync(await PlanAsync(0))).Single().Action);
        var gone = await Assert.ThrowsAsync<ProException>(() => InspectAsync(parent));
        Assert.Equal(ProErrorCategory.ObjectNotFound, gone.Category);
    }

    [Fact]
    public async Task A_dangling_image_goes_by_its_id_and_its_bytes_are_told()
    {
        await LoadAsync("v1.0.0", "v1.1.0");
        var dangling = (await InspectAsync($"{Api}:v1.0.0")).ID;
        await TagAsync($"{Api}:v1.1.0", "v1.0.0");
        var result = Assert.Single(await RunAsync(await PlanAsync(0, CleaningMode.Dangling)));
        Assert.Equal((dangling, ProCleanupAction.Removed, ImageArchive.OwnSize), (result.Reference, result.Action, result.BytesFreed));
    }

    [Fact]
    public async Task What_was_tagged_just_now_is_young_whatever_the_image_says_of_its_age()
    {
        await LoadAsync("v1.0.0");
        Assert.Equal(2020, (await InspectAsync($"{Api}:v1.0.0")).Created!.Value.Year);
        var plan = await PlanAsync(0, grace: TimeSpan.FromHours(1));
        Assert.Empty(plan.Going);
        Assert.Contains("within the grace period of 1 hour", plan.Lines.Single().Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_compose_may_have_to_go_back_to_stays_though_its_container_is_gone()
    {
        await LoadAsync("v1.0.0", "v1.1.0", "v1.2.0");
        var late = await PlanAsync(0);
        var target = $"compose.{_nonce}.api";
        var info = new OperationInfo
        {
            Target = target,
            Nonce = _nonce,
            To = $"{Api}:v1.1.0",
            OldImages = [(await InspectAsync($"{Api}:v1.0.0")).ID],
            IsComposeUp = true,
        };
        var records = new OperationRecords(new ContainerApi(_engine));
        await records.WriteAsync(new OperationRecord(info, [], null), info.To, Cancel);
        try
        {
            Assert.Equal(["v1.2.0"], (await PlanAsync(0)).Going.Select(line => line.Version!.ToString()));
            var results = await RunAsync(late);
            Assert.Equal([ProCleanupAction.Kept, ProCleanupAction.Kept, ProCleanupAction.Removed], results.Select(result => result.Action));
            Assert.Contains($"{target} is restored to it", results[0].Reason, StringComparison.Ordinal);
        }
        finally
        {
            await records.RemoveAsync(info);
        }
    }

    [Fact]
    public async Task An_empty_layer_in_the_middle_takes_no_other_ones_size()
    {
        const int Own = 3000;
        await LoadAsync("v1.0.0");
        await BuildAsync("v1.1.0", 'a');
        await BuildAsync("v1.2.0", 'b');

        // Both stand on the same layer of WORKDIR, by the builder's cache; what only the one has is its file.
        var plan = await PlanAsync(1);
        Assert.Equal(Own, plan.Going.Single(line => line.Version!.ToString() == "v1.1.0").Bytes);
        var results = await RunAsync(plan);
        Assert.Equal(Own, results.Single(result => result.Version!.ToString() == "v1.1.0").BytesFreed);

        async Task BuildAsync(string version, char content)
        {
            using var context = new MemoryStream();
            await using (var tar = new TarWriter(context, TarEntryFormat.Ustar, leaveOpen: true))
            {
                foreach (var (name, text) in new[]
                {
                    ("Dockerfile", $"FROM {Api}:v1.0.0\nWORKDIR /x\nCOPY own /x/\n"),
                    ("own", new string(content, Own)),
                })
                {
                    using var data = new MemoryStream(Encoding.UTF8.GetBytes(text));
                    await tar.WriteEntryAsync(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = data }, Cancel);
                }
            }

            context.Position = 0;
            await _engine.CallAsync(client => client.Images.BuildImageFromDockerfileAsync(
                new ImageBuildParameters { Tags = [$"{Api}:{version}"] },
                context,
                [],
                new Dictionary<string, string>(),
                new Progress<JSONMessage>(),
                Cancel));
        }
    }

    [Fact]
    public async Task What_was_cleaned_away_before_the_lock_was_ours_is_named_again_or_missed()
    {
        await LoadAsync("v1.0.0");
        var reference = ImageReference.Parse($"{Api}:v1.0.0");
        var secured = new SuppliedImage(reference, (await InspectAsync($"{Api}:v1.0.0")).ID, null, null);
        var supply = new ImageSupply(_engine, _ => null, this);
        await TagAsync($"{Api}:v1.0.0", "other");
        _ = await _engine.CallAsync(client => client.Images.DeleteImageAsync($"{Api}:v1.0.0", new ImageDeleteParameters(), Cancel));
        var again = await RecheckAsync();
        Assert.Equal(secured.LocalId, again.LocalId);
        Assert.Equal(secured.LocalId, (await InspectAsync($"{Api}:v1.0.0")).ID);
        Assert.Same(secured, await RecheckAsync());

        foreach (var tag in new[] { "other", "v1.0.0" })
        {
            _ = await _engine.CallAsync(client => client.Images.DeleteImageAsync($"{Api}:{tag}", new ImageDeleteParameters(), Cancel));
        }

        // Nowhere, and the registry of this name doesn't exist: nothing is touched.
        _ = await Assert.ThrowsAsync<ProException>(RecheckAsync);

        async Task<SuppliedImage> RecheckAsync() => await supply.RecheckAsync(
            secured, await ImageInventory.LoadAsync(_engine, Cancel), () => Task.FromResult<string?>(null), force: false, Cancel);
    }

    [Fact]
    public async Task The_engine_accounts_for_its_disk_and_for_every_layer_once()
    {
        await LoadAsync("v1.0.0", "v1.1.0");
        var lines = await DiskUsageTable.LoadAsync(_engine, [(_nonce, ImageReference.Parse(Api))], Cancel);
        var api = lines.Single(line => line.Name == _nonce);
        Assert.Equal((2, 0, 2L * ImageArchive.OwnSize, 2L * ImageArchive.OwnSize), (api.Count, api.Active, api.Size, api.Reclaimable));
        Assert.True(lines.Single(line => line.Kind == ProDiskUsageKind.SharedLayers).Size > 500_000);
        if (_engine.Endpoint.IsLocal && OperatingSystem.IsLinux())
        {
            Assert.InRange(lines[^1].Free!.Value, 1, long.MaxValue);
        }
    }

    [Fact]
    public async Task The_engine_takes_the_request_to_clear_the_cache()
    {
        // Unused for a century: nothing of anybody's goes.
        var request = new BuildCacheRequest(TimeSpan.FromDays(36500), null, All: false);
        var result = await BuildCachePruner.RunAsync(_engine, request, Cancel);
        Assert.Equal((0, 0L), (result.Removed, result.BytesFreed));
    }

    private async Task LoadAsync(params string[] versions)
    {
        using var archive = new MemoryStream(ImageArchive.Of(_nonce, _nonce,
            [.. versions.Select(version => (version, new[] { $"{Api}:{version}" }))]));
        await _engine.CallAsync(client => client.Images.LoadImageAsync(
            new ImageLoadParameters { Quiet = true }, archive, new Progress<JSONMessage>(), Cancel));
        foreach (var version in versions)
        {
            _ = _loaded.Add((await InspectAsync($"{Api}:{version}")).ID);
        }
    }

    private async Task<string> StartAsync(string image, bool run)
    {
        var created = await _engine.CallAsync(client => client.Containers.CreateContainerAsync(
            new CreateContainerParameters { Image = image, Name = $"pro-clean-{_nonce}-{_containers.Count}" }, Cancel));
        _containers.Add(created.ID);
        if (run)
        {
            _ = await _engine.CallAsync(client =>
                client.Containers.StartContainerAsync(created.ID, new ContainerStartParameters(), Cancel));
        }

        return created.ID;
    }

    private async Task RemoveContainerAsync(string id)
    {
        await _engine.CallAsync(client =>
            client.Containers.RemoveContainerAsync(id, new ContainerRemoveParameters { Force = true }, Cancel));
        _ = _containers.Remove(id);
    }

    private Task TagAsync(string image, string tag) => _engine.CallAsync(client =>
        client.Images.TagImageAsync(image, new ImageTagParameters { RepositoryName = Api, Tag = tag }, Cancel));

    private Task<ImageInspectResponse> InspectAsync(string name) =>
        _engine.CallAsync(client => client.Images.InspectImageAsync(name, Cancel));

    private async Task<List<string>> TagsAsync()
    {
        var images = await _engine.CallAsync(client => client.Images.ListImagesAsync(new ImagesListParameters(), CancellationToken.None));
        return [.. images.SelectMany(image => image.RepoTags ?? []).Where(tag => tag.Contains(_nonce, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)];
    }

    private async Task<CleaningPlan> PlanAsync(int keep, CleaningMode mode = CleaningMode.ByCount, TimeSpan grace = default)
    {
        var history = HistoryLog.At(Path.Combine(Path.GetTempPath(), "pro-clean-no-history"));
        var survey = new CleaningDataLoader(_engine, history, this);
        var world = await survey.LoadAsync([(_nonce, ImageReference.Parse(Api))], EngineState.AskAsync(_engine, Cancel), Cancel);

        var policy = new CleaningPolicy
        {
            Mode = mode,
            Retention = new RetentionPolicy(keep, keep, keep),
            GracePeriod = grace,
            DanglingOf = new HashSet<string> { _nonce },
        };
        var plan = await survey.PlanAsync(world, policy, Cancel);

        // Others use this engine, and a dangling image has no name to know it by.
        return mode == CleaningMode.Dangling ? plan with { Lines = [.. plan.Lines.Where(line => _loaded.Contains(line.ImageId))] } : plan;
    }

    private async Task<List<ProCleanupResult>> RunAsync(CleaningPlan plan)
    {
        var results = new List<ProCleanupResult>();
        await foreach (var result in new CleaningRunner(_engine, this).RunAsync(plan, Cancel))
        {
            results.Add(result);
        }

        return results;
    }
}
