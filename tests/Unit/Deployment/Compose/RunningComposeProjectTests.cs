using Pro.DockerVersioning.Deployment.Compose.Project;
using Pro.DockerVersioning.Engine.Api;
using Xunit;

namespace Pro.DockerVersioning.Tests.Deployment.Compose;

public sealed class RunningComposeProjectTests
{
    [Fact]
    public void Names_that_1_29_wrote_relative_to_a_folder_above_are_found()
    {
        // docker-compose -f deploy/compose.yml -f extra/more.yml, typed in the folder above both.
        using var project = new TemporaryProject();
        project.Write("deploy/compose.yml", "").Write("extra/more.yml", "");

        var found = RunningComposeProject.FromContainer(
            "c", Labels(Path.Combine(project.Folder, "deploy"), "deploy/compose.yml,extra/more.yml"));

        Assert.Equal(
            [Path.Combine(project.Folder, "deploy", "compose.yml"), Path.Combine(project.Folder, "extra", "more.yml")], found.Files);
    }

    [Fact]
    public void Names_relative_to_the_projects_folder_are_found()
    {
        using var project = new TemporaryProject();
        project.Write("compose.yml", "").Write("sub/more.yml", "").Write("prod.env", "");
        var labels = Labels(project.Folder, "compose.yml,sub/more.yml");
        labels[ComposeLabels.EnvironmentFile] = "prod.env";

        var found = RunningComposeProject.FromContainer("c", labels);

        Assert.Equal([Path.Combine(project.Folder, "compose.yml"), Path.Combine(project.Folder, "sub", "more.yml")], found.Files);
        Assert.Equal([Path.Combine(project.Folder, "prod.env")], found.EnvironmentFiles);
    }

    [Theory]
    [InlineData("/no/such/host/folder", "/no/such/host/folder/compose.yml", "/no/such/host/folder")]
    [InlineData("HERE", "compose.yml", "HERE")]
    [InlineData("HERE", @"C:\shop\compose.yml", @"C:\shop\compose.yml")]
    [InlineData(@"C:\shop", @"C:\shop\compose.yml", @"C:\shop")]
    public void Files_of_another_host_are_refused_with_host_and_path(string folder, string files, string path)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Paths as Unix has them.");
        using var project = new TemporaryProject();
        var labels = Labels(folder.Replace("HERE", project.Folder, StringComparison.Ordinal), files);
        var exception = Assert.Throws<ProException>(() => RunningComposeProject.FromContainer("c", labels));

        Assert.Equal("ComposeFilesElsewhere", exception.Id);
        Assert.Contains(Environment.MachineName, exception.Message, StringComparison.Ordinal);
        Assert.Contains(path.Replace("HERE", project.Folder, StringComparison.Ordinal), exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_new_containers_labels_carry_hash_image_and_files_and_nothing_of_others()
    {
        var labels = Labels("/srv", "compose.yml");
        labels[ComposeLabels.Hash] = "old";
        labels[ComposeLabels.Image] = "sha256:old";
        labels[ComposeLabels.Replace] = "api-1";
        labels["org.example"] = "theirs";

        var result = ComposeLabels.ForNewContainer(labels, "new", "sha256:new", ["/srv/compose.yml", "/srv/compose.shop.pro.yml"]);

        Assert.Equal("new", result[ComposeLabels.Hash]);
        Assert.Equal("sha256:new", result[ComposeLabels.Image]);
        Assert.Equal("/srv/compose.yml,/srv/compose.shop.pro.yml", result[ComposeLabels.Files]);
        Assert.DoesNotContain(ComposeLabels.Replace, result.Keys);
        Assert.DoesNotContain("org.example", result.Keys);
    }

    private static Dictionary<string, string> Labels(string folder, string files) => new()
    {
        [ComposeLabels.Project] = "shop",
        [ComposeLabels.WorkingDirectory] = folder,
        [ComposeLabels.Files] = files,
    };
}
