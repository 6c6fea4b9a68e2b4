using System.Diagnostics;
using System.Management.Automation;
using System.Text.RegularExpressions;

namespace Pro.DockerVersioning.Tests.Engine;

/// <summary>Get-ProHistory as users type it; what writes the lines is tested with the commands that do.</summary>
public sealed partial class HistoryTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("pro-history-").FullName;
    private readonly Shell _shell = new();

    public HistoryTests()
    {
        File.WriteAllText(Path.Combine(_root, "pro.json"), """{ "history": "log" }""");
        var log = Directory.CreateDirectory(Path.Combine(_root, "log")).FullName;
        File.WriteAllLines(
            Path.Combine(log, "history-2026-08.jsonl"),
            [Line("2026-08-31T10:00:00Z", "Build", "api", "v1.2.2", "Built"), Line(
                "2026-08-31T11:00:00Z", "Build", "web", "v1.0.0", "Failed")]);
        File.WriteAllLines(
            Path.Combine(log, "history-2026-09.jsonl"),
            [
                Line("2026-09-14T09:56:00Z", "Build", "api", "v1.2.3", "Built"),
                "torn",
                Line("2026-09-14T10:12:00Z", "Rollback", "api", "v1.2.2", "Succeeded", ",'from':'v1.2.3','duration':2.1,'reason':'5xx'"),
            ]);
        _ = _shell.In(_root);
    }

    public void Dispose()
    {
        _shell.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public void The_newest_comes_first_and_a_torn_line_is_counted_in_verbose()
    {
        var result = _shell.Run("Get-ProHistory -Verbose").ThrowIfFailed();

        Assert.Equal(["Rollback api v1.2.2: Succeeded", "Build api v1.2.3: Built", "Build web v1.0.0: Failed", "Build api v1.2.2: Built"],
            Texts(result));
        Assert.Contains(result.Verbose, line => line.EndsWith("1 line could not be understood.", StringComparison.Ordinal));
        Assert.Empty(result.Warnings);
    }

    [Theory]
    [InlineData("Get-ProHistory w*", 1)]
    [InlineData("'api' | Get-ProHistory", 3)]
    [InlineData("Get-ProHistory api Rollback", 1)]
    [InlineData("Get-ProHistory -Kind Build, Rollback", 4)]
    [InlineData("Get-ProHistory -Outcome fail*, Succ*", 2)]
    [InlineData("Get-ProHistory -After 2026-09-01", 2)]
    [InlineData("Get-ProHistory -After ([datetime]'2026-08-01') -Before ([datetime]'2026-09-01')", 2)]
    [InlineData("Get-ProHistory nobody", 0)]
    public void Filters_choose(string command, int count) => Assert.Equal(count, _shell.Run(command).ThrowIfFailed().Output.Count);

    [Fact]
    public void The_entries_have_the_names_that_other_commands_take()
    {
        var entry = _shell.Run("Get-ProHistory api Rollback").ThrowIfFailed().Output[0];

        Assert.Equal("api", entry.Properties["Service"].Value);
        Assert.Equal("v1.2.2", entry.Properties["Version"].Value.ToString());
        Assert.Equal("v1.2.3", entry.Properties["From"].Value.ToString());
        Assert.Equal("registry.example.com/pro/api:v1.2.2", entry.Properties["Reference"].Value);
    }

    [Fact]
    public void The_table_says_when_what_from_to_how_and_why()
    {
        var lines = Colours().Replace(_shell.Render("Get-ProHistory api"), "")
            .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

        Assert.Matches("^When +Kind +Service +From +To +Outcome +Took +Who +Reason$", lines[0]);
        Assert.Matches(@"^2026-09-14 \d\d:\d\d +Rollback +api +v1\.2\.3 +v1\.2\.2 +Succeeded +2\.1s +ana +5xx$", lines[2]);
    }

    [Fact]
    public void Without_a_history_nothing_comes()
    {
        Directory.Delete(Path.Combine(_root, "log"), recursive: true);

        Assert.Empty(_shell.Run("Get-ProHistory").ThrowIfFailed().Output);
    }

    [Fact]
    public void A_history_that_can_not_be_read_ends_the_command()
    {
        var file = Path.Combine(_root, "log", "history-2026-10.jsonl");
        File.CreateSymbolicLink(file, file);

        var error = _shell.Run("Get-ProHistory").Error;

        Assert.Equal("HistoryUnreadable,Pro.DockerVersioning.GetProHistoryCommand", error.FullyQualifiedErrorId);
        Assert.Equal(ErrorCategory.ReadError, error.CategoryInfo.Category);
    }

    [Fact]
    public async Task Builds_write_their_lines_also_those_that_fail()
    {
        var shop = Path.Combine(_root, "shop");
        using (var make = Process.Start("bash", [Path.Combine(TestSetup.RepositoryRoot, "scripts", "make-shop.sh"), shop]))
        {
            await make.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal(0, make.ExitCode);
        }

        Assert.SkipUnless(
            _shell.Run("docker image inspect pro-sample/base:1 > $null; $LASTEXITCODE").Output[^1].ToString() == "0",
            "No engine with the sample's base: scripts/engine.sh start makes it.");
        await File.WriteAllTextAsync(
            Path.Combine(shop, "pro.json"),
            """{ "history": "../log", "services": { "api": { "context": "apps/api" } } }""",
            TestContext.Current.CancellationToken);
        _ = _shell.In(shop);
        var registry = $"127.0.0.1:1/pro-test-{Guid.NewGuid():N}";
        try
        {
            _ = _shell.Run($"1..2 | ForEach-Object {{ Build-ProImage api v1.0.0 -TrustRepository -Registry {registry} }}").ThrowIfFailed();
            await File.WriteAllTextAsync(
                Path.Combine(shop, "apps", "api", "Dockerfile"),
                "FROM pro-sample/base:1\nRUN printf 's3%s' cret && false\n",
                TestContext.Current.CancellationToken);
            Assert.NotEmpty(_shell.Run($"Build-ProImage api -WorkingTree -Registry {registry}").Errors);

            var read = _shell.Run("Get-ProHistory api -After ([datetime]::Now.AddHours(-1))").ThrowIfFailed();

            Assert.Equal(["Failed", "AlreadyBuilt", "Built"], read.Output.Select(one => one.Properties["Outcome"].Value));
            Assert.DoesNotContain("s3cret", read.Output[0].Properties["Message"].Value.ToString(), StringComparison.Ordinal);
            Assert.Equal($"{registry}/api:v1.0.0", read.Output[2].Properties["Reference"].Value);
            Assert.StartsWith("sha256:", read.Output[2].Properties["ImageId"].Value.ToString(), StringComparison.Ordinal);
        }
        finally
        {
            _ = _shell.Run($"docker rmi {registry}/api:v1.0.0 {registry}/api:latest *> $null");
        }
    }

    [GeneratedRegex("\\x1b\\[[0-9;]*m")]
    private static partial Regex Colours();

    private static IEnumerable<string?> Texts(ShellResult result) => result.Output.Select(one => one.BaseObject.ToString());

    private static string Line(string time, string kind, string service, string version, string outcome, string more = "") =>
        $"{{'time':'{time}','kind':'{kind}','user':'ana','host':'build-1','service':'{service}','version':'{version}',".Replace('\'', '"')
        + $"'reference':'registry.example.com/pro/{service}:{version}','outcome':'{outcome}'{more}}}".Replace('\'', '"');
}
