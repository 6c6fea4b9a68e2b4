using System.Reflection;
using System.Text;
using System.Text.Json;
using Pro.DockerVersioning.History;
using Xunit;

namespace Pro.DockerVersioning.Tests.History;

public sealed class HistoryLineTests
{
    [Fact]
    public void Every_property_comes_back_as_it_was_written()
    {
        Assert.True(HistoryLine.TryRead(HistoryLine.Write(Entries.Full).AsSpan()[..^1], out var read));

        foreach (var property in typeof(ProHistoryEntry).GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            Assert.Equal(property.GetValue(Entries.Full), property.GetValue(read));
            Assert.NotEqual(property.GetValue(Entries.Build("other", "v9.9.9", DateTimeOffset.UnixEpoch)), property.GetValue(read));
        }
    }

    [Fact]
    public void The_form_on_disk_stays_as_it_is()
    {
        var text = Encoding.UTF8.GetString(HistoryLine.Write(Entries.Full with { Digest = null, ImageId = null }));

        var expected =
            "{'time':'2026-09-14T12:00:00+00:00','kind':'Rollback','user':'ana','host':'build-1',"
            + "'engine':'tcp://engine-2.example.com:2376',"
            + "'service':'api','target':'shop/api','from':'v1.2.3+build.7','version':'v1.2.2',"
            + "'reference':'registry.example.com/pro/api:v1.2.2','strategy':'Compose','order':'start-first','outcome':'Succeeded',"
            + @"'verified':true,'duration':2.125,'healthyAfter':0.63,'downtime':0.24,"
            + @"'reason':'错误率上升 \'5xx\'\nsince noon','message':'said\r\nso',"
            + @"'log':['one','two\tthree']}" + "\n";
        Assert.Equal(expected.Replace('\'', '"'), text);
    }

    [Fact]
    public void What_is_not_known_takes_no_room() => Assert.Equal(
        ["time", "kind", "user", "host", "engine", "service", "version", "reference", "outcome"],
        JsonDocument.Parse(HistoryLine.Write(Entries.Build("api", "v1.0.0"))).RootElement.EnumerateObject().Select(one => one.Name));

    [Theory]
    [InlineData("")]
    [InlineData("garbage")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"time":"2026-09-14T12:00:00Z","kind":"Build","service":"api","outc""")]
    [InlineData("""{"time":"2026-09-14T12:00:00Z","kind":"Teleport","service":"api","outcome":"Built"}""")]
    [InlineData("""{"time":"2026-09-14T12:00:00Z","kind":"17","service":"api","outcome":"Built"}""")]
    [InlineData("""{"time":"yesterday","kind":"Build","service":"api","outcome":"Built"}""")]
    [InlineData("""{"kind":"Build","service":"api","outcome":"Built"}""")]
    [InlineData("\0\0\0\0")]
    public void What_is_no_line_is_none(string text) => Assert.False(HistoryLine.TryRead(Encoding.UTF8.GetBytes(text), out _));

    [Fact]
    public void A_line_of_a_later_module_is_read_as_far_as_it_is_known()
    {
        Assert.True(HistoryLine.TryRead(
            """
            {"time":"2026-09-14T12:00:00Z","kind":"Build","service":"api","outcome":"Built",
            "version":"vNext","moon":"full","duration":1e300}
            """u8,
            out var read));

        Assert.Null(read.Version);
        Assert.Null(read.Duration);
        Assert.Equal("Built", read.Outcome);
    }

    [Fact]
    public void A_version_with_the_short_hash_of_another_tool_comes_back()
    {
        Assert.True(ProVersion.TryFromImageTag("abc1234", out var version));

        Assert.True(HistoryLine.TryRead(HistoryLine.Write(Entries.Full with { From = version }).AsSpan()[..^1], out var read));

        Assert.Equal("abc1234", read.From!.ToString());
    }

    [Theory]
    [InlineData("tcp://root:s3cret@engine:2375", "tcp://engine:2375")]
    [InlineData("unix:///var/run/docker.sock", "unix:///var/run/docker.sock")]
    public void A_password_in_an_address_is_never_written(string engine, string written)
    {
        var line = HistoryLine.Write(Entries.Full with { Engine = engine });

        Assert.Equal(written, JsonDocument.Parse(line).RootElement.GetProperty("engine").GetString());
        Assert.DoesNotContain("s3cret", Encoding.UTF8.GetString(line), StringComparison.Ordinal);
    }

    [Fact]
    public void What_people_and_programs_say_has_a_bound()
    {
        var line = HistoryLine.Write(Entries.Full with
        {
            Reason = new string('r', 1_000_000),
            Message = new string('m', 1_000_000),
            LogTail = [.. Enumerable.Range(0, 10_000).Select(number => number + new string('x', 10_000))],
        });

        Assert.True(line.Length < 100_000, $"{line.Length} bytes");
        Assert.True(HistoryLine.TryRead(line.AsSpan()[..^1], out var read));
        Assert.Equal(100, read.LogTail.Count);
        Assert.StartsWith("9999x", read.LogTail[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_is_one_line() => Assert.Equal(1, HistoryLine.Write(Entries.Full).Count(one => one == '\n'));
}
