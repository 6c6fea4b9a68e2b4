using System.Text;
using System.Text.Json.Nodes;
using Docker.DotNet.Models;
using Pro.DockerVersioning.Cleaning;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Images;
using Pro.DockerVersioning.Versions;
using Xunit;

namespace Pro.DockerVersioning.Tests.Cleaning;

public sealed class DiskUsageTests
{
    private const string Legacy = """
        {"LayersSize":1500,"Images":[
          {"Id":"sha256:1","Size":1100,"SharedSize":1000,"Containers":1},
          {"Id":"sha256:2","Size":1200,"SharedSize":1000,"Containers":0},
          {"Id":"sha256:3","Size":200,"SharedSize":0,"Containers":0}],
         "Containers":[{"SizeRw":7,"State":"running"},{"SizeRw":5,"State":"exited"},{"State":"created"}],
         "Volumes":[{"UsageData":{"Size":40,"RefCount":1}},{"UsageData":{"Size":-1,"RefCount":0}},{"UsageData":null}],
         "BuildCache":[{"Size":30,"InUse":false,"Shared":false},{"Size":900,"InUse":false,"Shared":true},
         {"Size":9,"InUse":true,"Shared":false}]}
        """;

    private const string Newer = """
        {"ImageUsage":{"TotalSize":1500,"Items":[
          {"Id":"sha256:1","Size":1100,"SharedSize":1000,"Containers":1},
          {"Id":"sha256:2","Size":1200,"SharedSize":1000,"Containers":0},
          {"Id":"sha256:3","Size":200,"SharedSize":0,"Containers":0}]},
         "ContainerUsage":{"Items":[{"SizeRw":7,"State":"running"},{"SizeRw":5,"State":"exited"},{"State":"created"}]},
         "VolumeUsage":{"Items":[{"UsageData":{"Size":40,"RefCount":1}},{"UsageData":{"Size":-1,"RefCount":0}},{}]},
         "BuildCacheUsage":{"Items":[{"Size":30},{"Size":900,"Shared":true},{"Size":9,"InUse":true}]}}
        """;

    [Theory]
    [InlineData(Legacy)]
    [InlineData(Newer)]
    public void Both_shapes_of_the_engines_account_give_the_same_lines_that_add_up(string json)
    {
        var lines = Lines(json);
        Assert.Equal(
        [
            (ProDiskUsageKind.Service, "api", 2, 1, 300L, 200L),
            (ProDiskUsageKind.SharedLayers, "shared layers", 0, 0, 1000L, 0L),
            (ProDiskUsageKind.OtherImages, "other images", 1, 0, 200L, 200L),
            (ProDiskUsageKind.Containers, "containers", 3, 1, 12L, 5L),
            (ProDiskUsageKind.Networks, "networks", 2, 1, 0L, 0L),
            (ProDiskUsageKind.Volumes, "volumes", 3, 1, 40L, 0L),
            (ProDiskUsageKind.BuildCache, "build cache", 2, 1, 39L, 30L),
        ],
        lines.Where(line => line.Kind != ProDiskUsageKind.Disk)
            .Select(line => (line.Kind, line.Name, line.Count, line.Active, line.Size, line.Reclaimable)));
        Assert.Equal(1, lines.Where(line => line.Kind != ProDiskUsageKind.Disk).Sum(line => line.Share), 6);
        Assert.Equal((700L, 300L, 0.7), (lines[^1].Size, lines[^1].Free, lines[^1].Share));
    }

    [Fact]
    public void Containers_networks_and_volumes_name_Dockers_own_command_and_what_it_destroys()
    {
        var lines = Lines(Legacy).ToDictionary(line => line.Kind);
        Assert.Equal("docker container prune", lines[ProDiskUsageKind.Containers].Command);
        Assert.Contains("all stopped containers", lines[ProDiskUsageKind.Containers].Destroys, StringComparison.Ordinal);
        Assert.Equal("docker network prune", lines[ProDiskUsageKind.Networks].Command);
        Assert.Contains("external", lines[ProDiskUsageKind.Networks].Destroys, StringComparison.Ordinal);
        Assert.Equal("docker volume prune", lines[ProDiskUsageKind.Volumes].Command);
        Assert.Contains("--all", lines[ProDiskUsageKind.Volumes].Destroys, StringComparison.Ordinal);
        Assert.Equal("Remove-ProOldImage -Unused -AnyRepository", lines[ProDiskUsageKind.OtherImages].Command);
        Assert.Null(lines[ProDiskUsageKind.OtherImages].Destroys);
    }

    private const string Store = """ "DriverStatus":[["driver-type","io.containerd.snapshotter.v1"]] """;

    [Theory]
    [InlineData("""  "Driver":"overlay2","DriverStatus":[["Backing Filesystem","extfs"]]  """, "", null, "/data/docker")]
    [InlineData(Store + """,  "Containerd":{"Address":"/run/containerd/containerd.sock"}  """, "", null, "/var/lib/containerd")]
    [InlineData(Store + """,  "Containerd":{"Address":"/run/containerd/containerd.sock"}  """, "",
        "version = 2\nroot = \"/big/containerd\"\n", "/big/containerd")]
    [InlineData(
        Store + """,  "Containerd":{"Address":"/run/containerd/containerd.sock"}  """, "", "# root = \"/x\"\n", "/var/lib/containerd")]
    [InlineData(Store + """,  "Containerd":{"Address":"/var/run/docker/containerd/containerd.sock"}  """, "/data/docker/containerd/daemon",
        null, "/data/docker/containerd/daemon")]
    [InlineData(Store + """,  "Containerd":{"Address":"/var/run/docker/containerd/containerd.sock"}  """, "", null, "/data/docker")]
    [InlineData(Store + """,  "Containerd":{"Address":"/run/k3s/containerd/containerd.sock"}  """, "", null, null)]
    [InlineData(Store, "/data/docker/containerd/daemon", null, "/data/docker/containerd/daemon")]
    [InlineData(Store, "/var/lib/containerd", null, "/var/lib/containerd")]
    [InlineData(Store, "", null, "/data/docker")]
    public void The_disk_is_the_one_on_which_the_images_are(string info, string folder, string? configuration, string? root)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Elsewhere the engine's disk is a virtual machine's.");
        var says = (JsonObject)JsonNode.Parse($$"""{"OSType":"linux","DockerRootDir":"/data/docker",{{info}}}""")!;
        var endpoint = new EngineEndpoint { Address = new Uri("unix:///var/run/docker.sock"), Source = "the test" };
        Assert.Equal(root, DataRoot.Of(says, endpoint, path => path == folder, _ => configuration).Path);
    }

    [Theory]
    [InlineData(null, null, false, "build/prune")]
    [InlineData(24, 1024L, true, "build/prune?all=1&keep-storage=1024&reserved-space=1024&filters=%7B%22until%22%3A%5B%2286400s%22%5D%7D")]
    public void The_request_to_clear_the_cache_says_all_that_was_asked(int? hours, long? keep, bool all, string query) =>
        Assert.Equal(query, BuildCachePruner.Query(new BuildCacheRequest(hours is { } age ? TimeSpan.FromHours(age) : null, keep, all)));

    [Theory]
    [InlineData("""{"CachesDeleted":["a","b"],"SpaceReclaimed":30}""", 2, 30)]
    [InlineData("""{"CachesDeleted":null,"SpaceReclaimed":0}""", 0, 0)]
    public void The_engines_answer_is_read(string json, int removed, long bytes)
    {
        var read = BuildCachePruner.Read("unix:///x", Encoding.UTF8.GetBytes(json));
        Assert.Equal((removed, bytes), (read.Removed, read.BytesFreed));
    }

    private static IReadOnlyList<ProDiskUsage> Lines(string json)
    {
        var repository = ImageReference.Parse("reg.example/pro/api");
        ImagesListResponse[] images =
        [
            new() { ID = "sha256:1", RepoTags = ["reg.example/pro/api:v1.0.0"] },
            new() { ID = "sha256:2", RepoTags = ["reg.example/pro/api:v1.1.0", "reg.example/pro/api:latest"] },
            new() { ID = "sha256:3", RepoTags = ["foreign/thing:1"] },
        ];
        var container = new ContainerListResponse
        {
            ImageID = "sha256:1",
            NetworkSettings =
                new NetworkSettingsSummary { Networks = new Dictionary<string, EndpointSettings> { ["shop_default"] = new() } },
        };
        return DiskUsageTable.Build(
            DiskUsageReport.Read(Encoding.UTF8.GetBytes(json)),
            new ImageInventory(images, [container]),
            [("api", repository)],
            ["shop_default", "old_default"],
            "/var/lib/docker",
            1000,
            300);
    }
}
