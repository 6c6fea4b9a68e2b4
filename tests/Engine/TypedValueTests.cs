using System.Runtime.Loader;

namespace Pro.DockerVersioning.Tests.Engine;

/// <summary>What is typed for a time, a size or a word is what is meant, or is refused: through PowerShell's own binding.</summary>
public sealed class TypedValueTests : IDisposable
{
    private readonly Shell _shell = new();

    public TypedValueTests()
    {
        var context = AssemblyLoadContext.All.Single(c => c.Name == "Pro.DockerVersioning");
        var cmdlets = context.LoadFromAssemblyPath(Path.GetFullPath(TestSetup.TestCmdlets));
        _ = _shell.Run($"$a = [System.Runtime.Loader.AssemblyLoadContext]::All | Where-Object Name -eq 'Pro.DockerVersioning'; " +
            $"Import-Module -Assembly ($a.Assemblies | Where-Object Location -eq '{cmdlets.Location}')").ThrowIfFailed();
    }

    [Theory]
    [InlineData("-Span 60s", "00:01:00")]
    [InlineData("-Span 60S", "00:01:00")]
    [InlineData("-Span:90s", "00:01:30")]
    [InlineData("-Span 40000s", "11:06:40")]
    [InlineData("-Span 5m", "00:05:00")]
    [InlineData("-Span 2h", "02:00:00")]
    [InlineData("-Span 7d", "7.00:00:00")]
    [InlineData("-Span 7D", "7.00:00:00")]
    [InlineData("-Span 1.5d", "1.12:00:00")]
    [InlineData("-Span '7d'", "7.00:00:00")]
    [InlineData("-Span \"60s\"", "00:01:00")]
    [InlineData("-Span 1h30m", "01:30:00")]
    [InlineData("-Span '1h 30m'", "01:30:00")]
    [InlineData("-Span '7 days'", "7.00:00:00")]
    [InlineData("-Span 500ms", "00:00:00.5000000")]
    [InlineData("-Span 2w", "14.00:00:00")]
    [InlineData("-Span 0:0:5", "00:00:05")]
    [InlineData("-Span 02:00:00", "02:00:00")]
    [InlineData("-Span 36:00:00", "1.12:00:00")]
    [InlineData("-Span 30.00:00:00", "30.00:00:00")]
    [InlineData("-Span ([timespan]'00:01:00')", "00:01:00")]
    [InlineData("-Span ([timespan]::FromSeconds(60))", "00:01:00")]
    [InlineData("-Span 0", "00:00:00")]
    [InlineData("-At 02:00", "02:00:00")]
    [InlineData("-At 2:00", "02:00:00")]
    [InlineData("-At 23:59", "23:59:00")]
    [InlineData("-At 23:59:00", "23:59:00")]
    [InlineData("-At 3am", "03:00:00")]
    [InlineData("-At '3 PM'", "15:00:00")]
    [InlineData("-At 3:30pm", "15:30:00")]
    [InlineData("-At 12am", "00:00:00")]
    [InlineData("-At 12pm", "12:00:00")]
    [InlineData("-At ([datetime]'2026-11-29T04:05:00')", "04:05:00")]
    [InlineData("-At ([timespan]'02:00')", "02:00:00")]
    [InlineData("-Size 20GB", "21474836480")]
    [InlineData("-Size (20GB)", "21474836480")]
    [InlineData("-Size '20GB'", "21474836480")]
    [InlineData("-Size '20 GiB'", "21474836480")]
    [InlineData("-Size 1MB", "1048576")]
    [InlineData("-Size 64kb", "65536")]
    [InlineData("-Size 0", "0")]
    [InlineData("-Size 9000TB", "9895604649984000")]
    [InlineData("-Count 5", "5")]
    [InlineData("-Count 0", "0")]
    [InlineData("-Count '12'", "12")]
    [InlineData("-Count (2 + 3)", "5")]
    [InlineData("-Count ([long]7)", "7")]
    [InlineData("-Count (10 / 2)", "5")]
    [InlineData("-Count 2147483647", "2147483647")]
    [InlineData("-Tasks 3", "3")]
    [InlineData("-Days Tuesday,Thursday", "Tuesday Thursday")]
    [InlineData("-Days 'Tuesday, Thursday'", "Tuesday Thursday")]
    [InlineData("-Days tue,thu,tue", "Tuesday Thursday")]
    [InlineData("-Order stop-first", "StopFirst")]
    [InlineData("-Order start-first", "StartFirst")]
    [InlineData("-Order StartFirst", "StartFirst")]
    [InlineData("-Alias Minor,Major", "Minor, Major")]
    [InlineData("-Alias 'Minor, Major'", "Minor, Major")]
    [InlineData("-Alias major", "Major")]
    [InlineData("-Pairs 'A=1=2'", "A=1=2")]
    [InlineData("-Pairs 'A=1', 'a='", "A=1 a=")]
    [InlineData("-Pairs @{ A = 1 }, 'B=two'", "A=1 B=two")]
    [InlineData("-Pairs ([ordered]@{ B = 2; A = 1 })", "A=1 B=2")]
    [InlineData("-Pairs PRO_TEST_PAIR", "PRO_TEST_PAIR=of the session")]
    public void What_is_meant_is_taken(string typed, string meant) =>
        Assert.Equal(
            meant,
            Assert.Single(_shell.Run($"$env:PRO_TEST_PAIR = 'of the session'; Test-Typed {typed}").ThrowIfFailed().Output).ToString());

    [Theory]
    [InlineData("-Span 60", "'60' has no unit. Write 60s, 5m, 2h, 7d, or hh:mm:ss.")]
    [InlineData("-Span '60'", "'60' has no unit.")]
    [InlineData("-Span (7d)", "'7' has no unit.")]
    [InlineData("-Span $seven", "'7' has no unit.")]
    [InlineData("-Span 1.5", "'1.5' has no unit.")]
    [InlineData("-Span 1e3", "has no unit.")]
    [InlineData("-Span 5l", "is not a length of time.")]
    [InlineData("-Span 0x10", "is not a length of time.")]
    [InlineData("-Span 1kb", "is not a length of time.")]
    [InlineData("-Span 02:00", "'02:00' could be minutes or hours.")]
    [InlineData("-Span '-02:00'", "could be minutes or hours.")]
    [InlineData("-Span -5m", "'-5m' is negative.")]
    [InlineData("-Span '-00:05:00'", "is negative.")]
    [InlineData("-Span ([timespan]::FromMinutes(-5))", "is negative.")]
    [InlineData("-Span -7d", "'-7d' is negative.")]
    [InlineData("-Span -7", "'-7' has no unit.")]
    [InlineData("-Span 00:70:00", "is not a length of time.")]
    [InlineData("-Span 30m1h", "is not a length of time.")]
    [InlineData("-Span 999999999w", "is too long.")]
    [InlineData("-Span $true", "is not a length of time.")]
    [InlineData("-Span (1, 2)", "is not a length of time.")]
    [InlineData("-Span ''", "is not a length of time.")]
    [InlineData("-Wait 0", "'0' is not a time at all.")]
    [InlineData("-Wait 0s", "'0s' is not a time at all.")]
    [InlineData("-At 2", "'2' is not a time of day. Write 02:00, 14:30 or 3am.")]
    [InlineData("-At '2'", "is not a time of day.")]
    [InlineData("-At 02:00:30", "'02:00:30' has seconds, and schedulers start jobs on the minute. Write 02:00.")]
    [InlineData("-At ([timespan]'02:00:30')", "has seconds, and schedulers start jobs on the minute. Write 02:00.")]
    [InlineData("-At 0200", "is not a time of day.")]
    [InlineData("-At 24:00", "is not a time of day.")]
    [InlineData("-At 13pm", "is not a time of day.")]
    [InlineData("-At 02:60", "is not a time of day.")]
    [InlineData("-At ([timespan]'1.00:00')", "is not a time of day.")]
    [InlineData("-Size 20", "'20' has no unit. Write a number and a unit, as in 20GB: KB, MB, GB or TB, in steps of 1024.")]
    [InlineData("-Size '500000'", "has no unit.")]
    [InlineData("-Size -20GB", "is negative.")]
    [InlineData("-Size much", "'much' is not a size.")]
    [InlineData("-Size 99999999TB", "is too large.")]
    [InlineData("-Count ''", "'' is not a whole number. Write digits alone, as in 5.")]
    [InlineData("-Count \"$env:PRO_TEST_UNSET\"", "'' is not a whole number.")]
    [InlineData("-Count $env:PRO_TEST_UNSET", "'' is not a whole number.")]
    [InlineData("-Count ' '", "is not a whole number.")]
    [InlineData("-Count $null", "is not a whole number.")]
    [InlineData("-Count 0.5", "'0.5' is not a whole number.")]
    [InlineData("-Count 2.5", "'2.5' is not a whole number.")]
    [InlineData("-Count $true", "'True' is not a whole number.")]
    [InlineData("-Count $false", "'False' is not a whole number.")]
    [InlineData("-Count 1kb", "'1kb' is not a whole number.")]
    [InlineData("-Count 1e3", "is not a whole number.")]
    [InlineData("-Count 0x10", "is not a whole number.")]
    [InlineData("-Count five", "'five' is not a whole number.")]
    [InlineData("-Count (1, 2)", "is not a whole number.")]
    [InlineData("-Count @()", "is not a whole number.")]
    [InlineData("-Count -1", "'-1' is negative.")]
    [InlineData("-Count 2147483648", "'2147483648' is too large.")]
    [InlineData("-Tasks ''", "'' is not a whole number.")]
    [InlineData("-Tasks -1", "'-1' is negative.")]
    [InlineData("-Pairs '=1'", "'=1' has no name. Write 'NAME=VALUE', or a hashtable: @{ NAME = 'VALUE' }.")]
    [InlineData("-Pairs 'A=1', @{ A = 2 }", "'A' has two values.")]
    [InlineData("-Days 2", "'2' is not one of Sunday, Monday")]
    [InlineData("-Days T", "'T' is not one of Sunday, Monday")]
    [InlineData("-Order StopFirst,StartFirst", "are 2, and one is meant. Write one of StopFirst, StartFirst.")]
    [InlineData("-Order last", "'last' is not one of StopFirst, StartFirst.")]
    [InlineData("-Order 1", "'1' is not one of StopFirst, StartFirst.")]
    public void What_could_mean_something_else_is_refused_with_how_to_write_it(string typed, string why)
    {
        var result = _shell.Run($"$seven = 7; Test-Typed {typed}");
        Assert.Empty(result.Output);
        Assert.StartsWith("ParameterArgumentTransformationError,", result.Error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains(why, result.Error.Exception.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _shell.Dispose();
}
