using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.History;
using Pro.DockerVersioning.Machine;
using Xunit;

namespace Pro.DockerVersioning.Tests.History;

public sealed class HistoryFolderTests
{
    [Fact]
    public void The_state_folder_of_the_user_is_the_default()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The XDG folders are of Unix.");

        Assert.Equal("/home/ana/.local/state/pro-docker-versioning", Of(("HOME", "/home/ana")));
        Assert.Equal("/state/pro-docker-versioning", Of(("HOME", "/home/ana"), ("XDG_STATE_HOME", "/state")));
        Assert.Equal("/home/ana/.local/state/pro-docker-versioning", Of(("HOME", "/home/ana"), ("XDG_STATE_HOME", "relative")));
        Assert.Equal("/home/ana/.local/state/pro-docker-versioning", Of(("HOME", "/home/ana"), ("XDG_STATE_HOME", "")));

        static string? Of(params (string Name, string Value)[] variables) =>
            HistoryFolder.OfUser(name => variables.FirstOrDefault(one => one.Name == name).Value);
    }

    [Fact]
    public void Pro_json_names_another_one()
    {
        var root = Path.GetFullPath(Path.Combine(Path.GetTempPath(), "shop"));
        var settings = ProSettings.Resolve(
            new ProParameters(),
            new ProEnvironmentVariables(_ => null),
            ProConfiguration.Empty with { History = "../history" },
            new ProLocation(root, root));

        Assert.Equal(Path.GetFullPath(Path.Combine(root, "..", "history")), HistoryFolder.Resolve(settings));
    }

    [Theory]
    [InlineData("2026-09-30T23:59:59-02:00", "history-2026-10.jsonl")]
    [InlineData("2026-10-01T00:30:00+02:00", "history-2026-09.jsonl")]
    public void The_month_is_that_of_UTC(string time, string file) =>
        Assert.Equal(file, Path.GetFileName(HistoryFolder.FileFor("x", DateTimeOffset.Parse(time))));

    [Theory]
    [InlineData("root", null, "root")]
    [InlineData("root", "", "root")]
    [InlineData("root", "ana", "ana (as root)")]
    [InlineData("ana", "ana", "ana")]
    public void Behind_sudo_the_user_is_who_called_it(string user, string? caller, string name) =>
        Assert.Equal(name, ProOperator.NameOf(user, caller));
}
