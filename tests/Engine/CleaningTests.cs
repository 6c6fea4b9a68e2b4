using System.Diagnostics;
using System.Globalization;
using System.Management.Automation;

namespace Pro.DockerVersioning.Tests.Engine;

/// <summary>Remove-ProOldImage and its kin, packaged, in the real PowerShell engine, on the real Docker engine.</summary>
public sealed class CleaningTests : IDisposable
{
    private readonly CleaningEngine _engine = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("pro-clean-").FullName;
    private readonly Dictionary<string, string?> _variables = [];
    private readonly Shell _shell = new();

    public CleaningTests()
    {
        Set("REGISTRY", _engine.Registry);
        Set("XDG_STATE_HOME", Path.Combine(_folder, "state"));
        foreach (var name in new[] { "COMPOSE_FILE", "DOCKER_HOST", "DOCKER_CONTEXT" })
        {
            Set(name, null);
        }

        foreach (var service in new[] { "api", "web" })
        {
            _ = Directory.CreateDirectory(Path.Combine(Repository, "apps", service));
            File.WriteAllText(Path.Combine(Repository, "apps", service, "Dockerfile"), "FROM scratch\n");
        }

        Configure("");
        _ = _shell.In(Repository);
    }

    private string Repository => Path.Combine(_folder, "repository");

    [Fact]
    public void By_service_the_newest_stay_and_each_that_goes_is_told_and_recorded()
    {
        _engine.Load("api", "v1.0.0", "v1.9.0", "v1.10.0", "v1.10.1-rc.1", "v1.10.1-rc.2", "aaaaaaaaaaaa");
        _engine.Load("web", "v1.0.0", "v1.1.0", "v1.2.0");
        var output = Good("Remove-ProOldImage api 2 -KeepPrerelease 1 -GracePeriod 0 -Confirm:$false");
        Assert.Equal(["Removed v1.0.0", "Removed v1.10.1-rc.1"], Actions(output));
        Assert.All(output, result => Assert.Equal(4000L, result.Properties["BytesFreed"].Value));
        Assert.Equal(
            ["api:aaaaaaaaaaaa", "api:v1.10.0", "api:v1.10.1-rc.2", "api:v1.9.0", "web:v1.0.0", "web:v1.1.0", "web:v1.2.0"],
                _engine.Tags());
        Assert.Contains("2 removed; 8kB came free.", _shell.Host.Text, StringComparison.Ordinal);
        Assert.Equal(["v1.0.0", "v1.10.1-rc.1"], Good("Get-ProHistory -Kind Clean")
            .Select(line => line.Properties["Version"].Value.ToString()).Order());
        Assert.Empty(Good("Remove-ProOldImage api 2 -KeepPrerelease 1 -GracePeriod 0 -Confirm:$false"));
        Assert.Equal(["Removed v1.0.0"], Actions(Good("Remove-ProOldImage -Keep 2 -GracePeriod 0 -Confirm:$false")));
    }

    [Fact]
    public void WhatIf_shows_the_list_that_the_prompt_shows_and_that_is_carried_out()
    {
        _engine.Load("api", "v1.0.0", "v1.1.0", "v1.2.0");
        _engine.Tag("api:v1.1.0", "web:old");
        Assert.Empty(Good("Remove-ProOldImage api 1 -GracePeriod 0 -WhatIf"));
        var remove = $"Remove {_engine.Registry}/api:v1.0.0, 4kB: the newest release is kept";
        var untag = $"Untag {_engine.Registry}/api:v1.1.0: the newest release is kept; the image has other names";
        Assert.Contains($"What if: {remove}", _shell.Host.Text, StringComparison.Ordinal);
        Assert.Contains($"What if: {untag}", _shell.Host.Text, StringComparison.Ordinal);

        // No.
        _shell.Host.Answers.Enqueue(2);
        Assert.Empty(Good("Remove-ProOldImage api 1 -GracePeriod 0"));
        var prompt = Assert.Single(_shell.Host.Prompts);
        Assert.Contains(remove, prompt, StringComparison.Ordinal);
        Assert.Contains(untag, prompt, StringComparison.Ordinal);
        Assert.Contains("Remove 1 image and take away 1 name of images that stay? At most 4kB come free.", prompt,
            StringComparison.Ordinal);
        Assert.Equal(4, _engine.Tags().Count);

        // Yes, once for the whole plan.
        _shell.Host.Answers.Enqueue(0);
        Assert.Equal(["Removed v1.0.0", "Untagged v1.1.0"], Actions(Good("Remove-ProOldImage api 1 -GracePeriod 0")));
        Assert.Equal(2, _shell.Host.Prompts.Count);
        Assert.Equal(["api:v1.2.0", "web:old"], _engine.Tags());
    }

    [Fact]
    public void What_is_needed_stays_also_when_it_came_through_the_pipeline()
    {
        Configure("""{ "protect": [ "v1.0.*" ] }""");
        _engine.Load("api", "v1.0.0", "v1.1.0", "v1.2.0", "v1.3.0", "v1.4.0", "v1.5.0");
        _engine.Tag("api:v1.2.0", "api:pro-previous-0a1b2c3d");
        _engine.Start("api:v1.3.0", run: true);
        _engine.Start("api:v1.4.0", run: false);
        _engine.Tag("api:v1.5.0", "api:latest");
        var results = Good("Get-ProImageVersion api | Remove-ProOldImage -GracePeriod 0 -Confirm:$false")
            .ToDictionary(result => result.Properties["Version"].Value.ToString()!, result =>
            $"{result.Properties["Action"].Value}: {result.Properties["Reason"].Value}");
        Assert.Equal("Removed: asked for by name", results["v1.1.0"]);
        Assert.Equal("Kept: protected by 'v1.0.*'", results["v1.0.0"]);
        Assert.Equal("Kept: pro-previous-0a1b2c3d holds it as the way back", results["v1.2.0"]);
        Assert.StartsWith("Kept: runs in pro-clean-", results["v1.3.0"], StringComparison.Ordinal);
        Assert.StartsWith("Kept: the stopped container pro-clean-", results["v1.4.0"], StringComparison.Ordinal);
        Assert.Equal("Kept: latest points at it", results["v1.5.0"]);
        Assert.DoesNotContain("api:v1.1.0", _engine.Tags());
        Assert.Equal(7, _engine.Tags().Count);
    }

    [Theory]
    [InlineData("@() | Remove-ProOldImage -GracePeriod 0 -Confirm:$false")]
    [InlineData("Get-ProImageVersion web | Remove-ProOldImage -GracePeriod 0 -Confirm:$false")]
    public void An_empty_pipeline_removes_nothing(string script)
    {
        _engine.Load("api", "v1.0.0", "v1.1.0", "v1.2.0", "v1.3.0", "v1.4.0", "v1.5.0", "v1.6.0");
        Assert.Empty(Good(script));
        Assert.Equal(7, _engine.Tags().Count);
    }

    [Fact]
    public void What_is_young_stays_by_default()
    {
        _engine.Load("api", "v1.0.0", "v1.1.0");
        var result = Assert.Single(Good("Remove-ProOldImage api 1 -Confirm:$false"));
        Assert.Equal("Kept", result.Properties["Action"].Value.ToString());
        Assert.Contains("younger than 1 hour", result.Properties["Reason"].Value.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "production", 10)]
    [InlineData("", "development", 3)]
    [InlineData("""{ "retention": { "production": 2 } }""", "production", 2)]
    [InlineData("""{ "retention": { "staging": 4 }, "environments": { "staging": { "engine": "unix:///var/run/docker.sock" } } }""", "Staging", 4)]
    public void An_environment_says_how_many_stay(string configuration, string environment, int left)
    {
        Configure(configuration);
        _engine.Load("api", [.. Enumerable.Range(0, 12).Select(number => $"v1.{number}.0")]);
        _ = Good($"Remove-ProOldImage api -Environment {environment} -GracePeriod 0 -Confirm:$false");
        Assert.Equal(left, _engine.Tags().Count);
    }

    [Fact]
    public void An_unknown_environment_is_refused()
    {
        var result = _shell.Run("Remove-ProOldImage api -Environment nowhere -Confirm:$false");
        Assert.StartsWith("EnvironmentNotFound,", result.Error.FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void Unused_takes_all_versions_that_nothing_needs()
    {
        // A service of the test's own: dangling images go as well, and others' tests have some that say they are of an api.
        var service = _engine.Nonce;
        _ = Directory.CreateDirectory(Path.Combine(Repository, "apps", service));
        File.WriteAllText(Path.Combine(Repository, "apps", service, "Dockerfile"), "FROM scratch\n");
        _engine.Load(service, "v1.0.0", "v1.1.0", "v1.2.0");
        _engine.Start($"{service}:v1.2.0", run: true);
        var output = Good($"Remove-ProOldImage {service} -Unused -GracePeriod 0 -Confirm:$false");
        Assert.Equal(["Removed v1.0.0", "Kept v1.1.0", "Kept v1.2.0"], Actions(output));
    }

    [Fact]
    public void Where_enough_is_free_nothing_goes_and_where_not_the_oldest_go_down_to_the_count()
    {
        _engine.Load("api", "v1.0.0", "v1.1.0", "v1.2.0");
        Assert.Empty(Good("Remove-ProOldImage api 1 -TargetFree 1kB -GracePeriod 0 -Confirm:$false"));
        var result = _shell.Run("Remove-ProOldImage api 1 -TargetFree 9000TB -GracePeriod 0 -Confirm:$false");
        Assert.Equal(["Removed v1.0.0", "Removed v1.1.0"], Actions(result.Output));
        Assert.Contains("less than the", Assert.Single(result.Warnings), StringComparison.Ordinal);
        Assert.StartsWith(
            "SizeInvalid,", _shell.Run("Remove-ProOldImage -TargetFree much -Confirm:$false")
                .Error.FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void The_tables_show_what_matters()
    {
        _engine.Load("api", "v1.0.0", "v1.1.0");
        var usage = _shell.Render("Get-ProDiskUsage");
        Assert.Matches(@"(?m)^api +\d+ +\d+ +\S+B +\S+B \[[#.]{10}\] +\d+%", usage);
        Assert.Matches(@"(?m)^build cache ", usage);
        var removed = _shell.Render("Remove-ProOldImage api 1 -GracePeriod 0 -Confirm:$false");
        Assert.Matches(@"(?m)^Removed +api +v1\.0\.0 +4kB the newest release is kept", removed);
    }

    [Fact]
    public void The_cache_is_cleared_only_after_a_yes()
    {
        _shell.Host.Answers.Enqueue(2);
        Assert.Empty(Good("Clear-ProBuildCache -OlderThan 36500.00:00:00"));
        Assert.Contains("unused for 36500 days", Assert.Single(_shell.Host.Prompts), StringComparison.Ordinal);
        var result = Assert.Single(Good("Clear-ProBuildCache -OlderThan 36500.00:00:00 -Confirm:$false"));
        Assert.Equal(0L, result.Properties["BytesFreed"].Value);
    }

    [Fact]
    public async Task Cron_fires_the_task_and_it_cleans_and_says_how_it_went()
    {
        _engine.Load("api", "v1.0.0", "v1.1.0", "v1.2.0");
        var crontabs = Directory.CreateDirectory(Path.Combine(_folder, "crontabs")).FullName;
        var tools = Directory.CreateDirectory(Path.Combine(_folder, "tools")).FullName;
        Script(tools, "crontab", $"exec /bin/busybox crontab -c '{crontabs}' \"$@\"");
        var pwsh = Script(tools, "pwsh", $"exec '{DotNet()}' '{TestSetup.ProShell}' \"$@\"");
        Set("PATH", $"{tools}:{Environment.GetEnvironmentVariable("PATH")}");
        var mine = Path.Combine(crontabs, Environment.UserName);
        await File.WriteAllTextAsync(mine, "# mine\n0 0 1 1 * true\n", TestContext.Current.CancellationToken);

        var due = DateTime.Now.AddMinutes(DateTime.Now.Second > 40 ? 2 : 1);
        var at = due.ToString("HH:mm", CultureInfo.InvariantCulture);
        var task = Assert.Single(Good($"Register-ProCleanupTask api 1 -Weekly {due.DayOfWeek} -At {at} -Name t -Scheduler Cron -GracePeriod 0"));
        Assert.Equal(pwsh, (await File.ReadAllTextAsync(mine, TestContext.Current.CancellationToken)).Split('\'')[3]);
        Assert.Equal(true, task.Properties["IsScheduled"].Value);
        Assert.Equal(new DateTime(due.Year, due.Month, due.Day, due.Hour, due.Minute, 0), task.Properties["NextRun"].Value);
        var log = (string)task.Properties["Log"].Value;
        using var cron = Process.Start(new ProcessStartInfo("/bin/busybox",
            ["crond", "-f", "-c", crontabs, "-L", Path.Combine(_folder, "cron.log")]))!;
        try
        {
            var clock = Stopwatch.StartNew();
            while (!(File.Exists(log) && (await File.ReadAllTextAsync(log, TestContext.Current.CancellationToken))
                .Contains("ended", StringComparison.Ordinal)))
            {
                Assert.True(clock.Elapsed < TimeSpan.FromMinutes(4), "The task did not run.");
                await Task.Delay(200, TestContext.Current.CancellationToken);
            }
        }
        finally
        {
            cron.Kill(entireProcessTree: true);
            await cron.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        var lines = await File.ReadAllLinesAsync(log, TestContext.Current.CancellationToken);
        Assert.All(lines, line => Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d .", line));
        Assert.Contains(lines, line => line.Contains($"Removed {_engine.Registry}/api:v1.0.0 (4kB)", StringComparison.Ordinal));
        Assert.EndsWith("ended with exit code 0", lines[^1], StringComparison.Ordinal);
        Assert.DoesNotContain(lines, line => line.Contains('\u001b', StringComparison.Ordinal));
        Assert.Equal(["api:v1.2.0"], _engine.Tags());
        task = Assert.Single(Good("Get-ProCleanupTask"));
        Assert.Equal(0, task.Properties["LastExitCode"].Value);

        _ = Good("Unregister-ProCleanupTask t");
        Assert.Equal("# mine\n0 0 1 1 * true\n", await File.ReadAllTextAsync(mine, TestContext.Current.CancellationToken));
        Assert.Empty(Good("Get-ProCleanupTask"));
        Assert.StartsWith("CleanupTaskNotFound,", _shell.Run("Unregister-ProCleanupTask t")
            .Error.FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_task_that_cannot_do_its_work_ends_with_1_and_a_log_that_has_grown_is_put_away()
    {
        var tools = Directory.CreateDirectory(Path.Combine(_folder, "tools")).FullName;
        Script(tools, "crontab", $"exec /bin/busybox crontab -c '{_folder}' \"$@\"");
        Set("PATH", $"{tools}:{Environment.GetEnvironmentVariable("PATH")}");
        Set("DOCKER_HOST", "unix:///nowhere/docker.sock");
        var task = Assert.Single(Good("Register-ProCleanupTask -Daily -At 02:00 -Scheduler Cron -Shell /bin/sh"));
        var log = (string)task.Properties["Log"].Value;
        await File.WriteAllTextAsync(log, new string('x', 1_100_000), TestContext.Current.CancellationToken);
        var start = new ProcessStartInfo(DotNet(),
            [TestSetup.ProShell, "-NoLogo", "-NoProfile", "-NonInteractive", "-File", (string)task.Properties["Script"].Value])
        {
            WorkingDirectory = Path.GetTempPath(),
            RedirectStandardError = true,
        };
        start.Environment.Remove("DOCKER_HOST");
        using var process = Process.Start(start)!;
        var complaint = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1, process.ExitCode);
        Assert.Contains($"cleanup failed: see {log}", complaint, StringComparison.Ordinal);
        var lines = await File.ReadAllLinesAsync(log, TestContext.Current.CancellationToken);
        Assert.Contains(lines, line => line.Contains("error: No Docker engine answers at unix:///nowhere/docker.sock",
            StringComparison.Ordinal));
        Assert.EndsWith("ended with exit code 1", lines[^1], StringComparison.Ordinal);
        Assert.Equal(1_100_000, new FileInfo(log + ".1").Length);
    }

    public void Dispose()
    {
        _shell.Dispose();
        foreach (var (name, value) in _variables)
        {
            Environment.SetEnvironmentVariable(name, value);
        }

        _engine.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static IEnumerable<string> Actions(IEnumerable<PSObject> results) =>
        results.Select(result => $"{result.Properties["Action"].Value} {result.Properties["Version"].Value}");

    private static string DotNet() => Path.GetFullPath(Environment.GetEnvironmentVariable("PATH")!.Split(':')
        .Select(folder => Path.Combine(folder, "dotnet")).First(File.Exists));

    private static string Script(string folder, string name, string command)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllText(path, $"#!/bin/sh\n{command}\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return path;
    }

    private void Configure(string text)
    {
        _ = Directory.CreateDirectory(Path.Combine(Repository, ".git"));
        if (text.Length > 0)
        {
            File.WriteAllText(Path.Combine(Repository, "pro.json"), text);
        }
    }

    private void Set(string name, string? value)
    {
        _ = _variables.TryAdd(name, Environment.GetEnvironmentVariable(name));
        Environment.SetEnvironmentVariable(name, value);
    }

    private IReadOnlyList<PSObject> Good(string script) => _shell.Run(script).ThrowIfFailed().Output;
}
