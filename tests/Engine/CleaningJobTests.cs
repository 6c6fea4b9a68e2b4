using System.Diagnostics;
using System.Globalization;
using System.Management.Automation;

namespace Pro.DockerVersioning.Tests.Engine;

/// <summary>Clean-ups with nobody there: by cron, by a script, two at once, stopped in the middle.</summary>
public sealed class CleaningJobTests : CleaningTest
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly string? _path = Environment.GetEnvironmentVariable("PATH");

    public CleaningJobTests() => AddService(Service);

    // Another run on this engine may hold an api.
    private string Service => Engine.Nonce;

    [Fact]
    public async Task Cron_fires_the_task_and_it_cleans_and_says_how_it_went()
    {
        Engine.Load(Service, "v1.0.0", "v1.1.0", "v1.2.0");
        var crontabs = Directory.CreateDirectory(Path.Combine(Folder, "crontabs")).FullName;
        var tools = Directory.CreateDirectory(Path.Combine(Folder, "tools")).FullName;
        Script(tools, "crontab", $"exec '{StaticBusybox.Path}' crontab -c '{crontabs}' \"$@\"");
        var pwsh = Shim(tools);
        Set("PATH", $"{tools}:{Environment.GetEnvironmentVariable("PATH")}");
        var mine = Path.Combine(crontabs, Environment.UserName);
        await File.WriteAllTextAsync(mine, "# mine\n0 0 1 1 * true\n", Cancel);

        var due = DateTime.Now.AddMinutes(DateTime.Now.Second > 40 ? 2 : 1);
        var at = due.ToString("HH:mm", CultureInfo.InvariantCulture);
        var task = Assert.Single(
            Good($"Register-ProCleanupTask {Service} 1 -Weekly {due.DayOfWeek} -At {at} -Name t -Scheduler Cron -GracePeriod 0"));
        Assert.Equal(pwsh, (await File.ReadAllTextAsync(mine, Cancel)).Split('\'')[1]);
        Assert.Equal(true, task.Properties["IsScheduled"].Value);
        Assert.Equal(new DateTime(due.Year, due.Month, due.Day, due.Hour, due.Minute, 0), task.Properties["NextRun"].Value);
        var log = (string)task.Properties["Log"].Value;
        using var cron = Process.Start(new ProcessStartInfo(StaticBusybox.Path,
            ["crond", "-f", "-c", crontabs, "-L", Path.Combine(Folder, "cron.log")]))!;
        try
        {
            var clock = Stopwatch.StartNew();
            while (!(File.Exists(log) && (await File.ReadAllTextAsync(log, Cancel))
                .Contains("ended", StringComparison.Ordinal)))
            {
                Assert.True(clock.Elapsed < TimeSpan.FromMinutes(4), "The task did not run.");
                await Task.Delay(200, Cancel);
            }
        }
        finally
        {
            cron.Kill(entireProcessTree: true);
            await cron.WaitForExitAsync(Cancel);
        }

        var lines = await File.ReadAllLinesAsync(log, Cancel);
        Assert.All(lines, line => Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d .", line));
        Assert.Contains(lines, line => line.Contains($"Removed {Engine.Registry}/{Service}:v1.0.0 ({OneLayer})", StringComparison.Ordinal));
        Assert.EndsWith("ended with exit code 0", lines[^1], StringComparison.Ordinal);
        Assert.DoesNotContain(lines, line => line.Contains('\u001b', StringComparison.Ordinal));
        Assert.Equal([$"{Service}:v1.2.0"], Engine.Tags());
        task = Assert.Single(Good("Get-ProCleanupTask"));
        Assert.Equal(0, task.Properties["LastExitCode"].Value);

        _ = Good("Unregister-ProCleanupTask t");
        Assert.Equal("# mine\n0 0 1 1 * true\n", await File.ReadAllTextAsync(mine, Cancel));
        Assert.Empty(Good("Get-ProCleanupTask"));
        Assert.StartsWith("CleanupTaskNotFound,", Shell.Run("Unregister-ProCleanupTask t")
            .Error.FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_task_that_cannot_do_its_work_ends_with_1_and_a_log_that_has_grown_is_put_away()
    {
        var tools = Directory.CreateDirectory(Path.Combine(Folder, "tools")).FullName;
        Script(tools, "crontab", $"exec '{StaticBusybox.Path}' crontab -c '{Folder}' \"$@\"");
        Set("PATH", $"{tools}:{Environment.GetEnvironmentVariable("PATH")}");
        Set("DOCKER_HOST", "unix:///nowhere/docker.sock");
        var task = Assert.Single(Good($"Register-ProCleanupTask -Daily -At 02:00 -Scheduler Cron -Shell {Shim(tools)}"));
        var log = (string)task.Properties["Log"].Value;
        await File.WriteAllTextAsync(log, new string('x', 1_100_000), Cancel);
        foreach (var number in new[] { 1, 2, 3 })
        {
            await File.WriteAllTextAsync($"{log}.{number}", $"it was {number}", Cancel);
        }

        var start = new ProcessStartInfo(DotNet(),
            [TestSetup.ProShell, "-NoLogo", "-NoProfile", "-NonInteractive", "-File", (string)task.Properties["Script"].Value])
        {
            WorkingDirectory = Path.GetTempPath(),
            RedirectStandardError = true,
        };
        start.Environment.Remove("DOCKER_HOST");
        using var process = Process.Start(start)!;
        var complaint = await process.StandardError.ReadToEndAsync(Cancel);
        await process.WaitForExitAsync(Cancel);
        Assert.Equal(1, process.ExitCode);
        Assert.Contains($"repository failed: see {log}", complaint, StringComparison.Ordinal);
        var lines = await File.ReadAllLinesAsync(log, Cancel);
        Assert.Contains(lines, line => line.Contains("error: No Docker engine answers at unix:///nowhere/docker.sock",
            StringComparison.Ordinal));
        Assert.EndsWith("ended with exit code 1", lines[^1], StringComparison.Ordinal);
        Assert.Equal(1_100_000, new FileInfo(log + ".1").Length);
        Assert.Equal("it was 1", await File.ReadAllTextAsync(log + ".2", Cancel));
        Assert.Equal("it was 2", await File.ReadAllTextAsync(log + ".3", Cancel));
    }

    [Fact]
    public async Task A_log_that_cannot_be_written_does_not_keep_the_task_from_cleaning()
    {
        Engine.Load(Service, "v1.0.0", "v1.1.0");
        var task = Registered($"{Service} 1 -GracePeriod 0");

        // A folder in its place is no file to anybody, not to root either.
        File.Delete(Log(task));
        _ = Directory.CreateDirectory(Log(task));
        using var job = Job(task);
        var complaint = await job.StandardError.ReadToEndAsync(Cancel);
        await job.WaitForExitAsync(Cancel);
        Assert.Equal(1, job.ExitCode);
        Assert.Contains("The log can't be written: ", complaint, StringComparison.Ordinal);
        Assert.Contains($" Removed {Engine.Registry}/{Service}:v1.0.0", complaint, StringComparison.Ordinal);
        Assert.Contains(" ended with exit code 1", complaint, StringComparison.Ordinal);
        Assert.Equal([$"{Service}:v1.1.0"], Engine.Tags());
    }

    [Fact]
    public async Task The_script_has_the_counts_and_the_engine_of_now()
    {
        Set("DOCKER_CONFIG", Directory.CreateDirectory(Path.Combine(Folder, "docker")).FullName);
        var task = Registered($"{Service} 1 -KeepPrerelease 2 -KeepCommit 3 -TargetFree 20GB");
        var script = await File.ReadAllTextAsync((string)task.Properties["Script"].Value, Cancel);
        Assert.Contains("KeepPrerelease = 2\n", script, StringComparison.Ordinal);
        Assert.Contains("KeepCommit = 3\n", script, StringComparison.Ordinal);
        Assert.Contains("TargetFree = '21474836480B'\n", script, StringComparison.Ordinal);
        Assert.Contains("$env:DOCKER_CONTEXT = 'default'\n", script, StringComparison.Ordinal);
        Assert.StartsWith(
            "ParameterArgumentTransformationError,",
            Shell.Run("Register-ProCleanupTask -Daily -At 02:00 -TargetFree much").Error.FullyQualifiedErrorId,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_job_has_all_of_composes_variables_and_finds_its_services_by_them()
    {
        await File.WriteAllTextAsync(
            Path.Combine(Repository, "a.yml"), "services: { web: { image: \"${REGISTRY}/web\", build: apps/web } }\n", Cancel);
        await File.WriteAllTextAsync(
            Path.Combine(Repository, "b.yml"),
            "services: { worker: { image: \"${REGISTRY}/${NAME:?set it}\", build: apps/api } }\n", Cancel);
        await File.WriteAllTextAsync(Path.Combine(Repository, "names.env"), $"NAME={Service}\n", Cancel);
        var variables = new Dictionary<string, string>
        {
            ["COMPOSE_FILE"] = "a.yml|b.yml",
            ["COMPOSE_PATH_SEPARATOR"] = "|",
            ["COMPOSE_ENV_FILES"] = "names.env",
            ["COMPOSE_DISABLE_ENV_FILE"] = "0",
            ["COMPOSE_PROJECT_NAME"] = "shop",
            ["COMPOSE_PROFILES"] = "jobs",
        };
        foreach (var (name, value) in variables)
        {
            Set(name, value);
        }

        Engine.Load(Service, "v1.0.0", "v1.1.0");
        var task = Registered("worker 1 -GracePeriod 0");
        foreach (var name in variables.Keys)
        {
            Set(name, null);
        }

        var script = await File.ReadAllTextAsync((string)task.Properties["Script"].Value, Cancel);
        Assert.All(variables, one => Assert.Contains($"$env:{one.Key} = '{one.Value}'\n", script, StringComparison.Ordinal));
        using var job = Job(task);
        var complaint = await job.StandardError.ReadToEndAsync(Cancel);
        await job.WaitForExitAsync(Cancel);
        Assert.True(job.ExitCode == 0, complaint + await File.ReadAllTextAsync(Log(task), Cancel));
        Assert.Equal([$"{Service}:v1.1.0"], Engine.Tags());
    }

    [Fact]
    public void A_job_that_would_not_find_its_services_is_not_registered()
    {
        // A variable of the session that no job has.
        File.WriteAllText(
            Path.Combine(Repository, "compose.yml"),
            "services: { worker: { image: \"${REGISTRY}/worker\", build: \"${WHERE:?set it}\" } }\n");
        Set("WHERE", "apps/api");
        var tools = Directory.CreateDirectory(Path.Combine(Folder, "tools")).FullName;
        _ = Script(tools, "crontab", $"exec '{StaticBusybox.Path}' crontab -c '{Folder}' \"$@\"");
        Set("PATH", $"{tools}:{Environment.GetEnvironmentVariable("PATH")}");
        var error = Shell.Run($"Register-ProCleanupTask worker 1 -Daily -At 02:00 -Scheduler Cron -Shell {Shim(tools)}").Error;
        Assert.StartsWith("CleanupTaskDoesNotStart,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("WHERE", error.Exception.Message, StringComparison.Ordinal);
        Assert.Empty(Good("Get-ProCleanupTask"));
    }

    [Fact]
    public async Task The_shell_of_a_job_is_pwsh_by_its_name_on_PATH_and_never_one_of_the_current_folder()
    {
        var tools = Directory.CreateDirectory(Path.Combine(Folder, "tools")).FullName;
        _ = Script(tools, "crontab", $"exec '{StaticBusybox.Path}' crontab -c '{Folder}' \"$@\"");
        _ = Script(Repository, "pwsh", "exit 1");
        var current = Directory.GetCurrentDirectory();
        Directory.SetCurrentDirectory(Repository);
        try
        {
            Set("PATH", tools);
            const string Register = "Register-ProCleanupTask -Daily -At 02:00 -Scheduler Cron";
            foreach (var typed in new[] { Register, $"{Register} -Shell {Folder}/pwsh" })
            {
                Assert.StartsWith("ShellNotFound,", Shell.Run(typed).Error.FullyQualifiedErrorId, StringComparison.Ordinal);
            }

            Assert.Empty(Good("Get-ProCleanupTask"));

            // A link stays where PowerShell is updated; what it leads to may go.
            Set("PATH", $"{tools}:{_path}");
            var real = Shim(Directory.CreateDirectory(Path.Combine(Folder, "7.4")).FullName);
            _ = File.CreateSymbolicLink(Path.Combine(tools, "pwsh"), real);
            _ = Assert.Single(Good(Register));
            var line = await File.ReadAllTextAsync(Path.Combine(Folder, Environment.UserName), Cancel);
            Assert.Contains($"'{tools}/pwsh'", line, StringComparison.Ordinal);
        }
        finally
        {
            Directory.SetCurrentDirectory(current);
        }
    }

    [Theory]
    [InlineData("-Scheduler TaskScheduler -Shell {shim}", "SchedulerMissing")]
    [InlineData("-Scheduler Cron -Shell /bin/false", "CleanupTaskDoesNotStart")]
    [InlineData("-Scheduler Cron -Shell {refusing}", "SchedulerFailed")]
    public void A_registration_that_fails_leaves_nothing_and_blocks_nothing(string parameters, string id)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has its scheduler.");
        var tools = Directory.CreateDirectory(Path.Combine(Folder, "tools")).FullName;
        var shim = Shim(tools);
        _ = Script(tools, "crontab", parameters.Contains("{refusing}", StringComparison.Ordinal)
            ? "[ \"$1\" = -l ] && exit 0; echo 'the disk is full' >&2; exit 1"
            : $"exec '{StaticBusybox.Path}' crontab -c '{Folder}' \"$@\"");
        Set("PATH", $"{tools}:{Environment.GetEnvironmentVariable("PATH")}");
        var typed = parameters.Replace("{shim}", shim, StringComparison.Ordinal).Replace("{refusing}", shim, StringComparison.Ordinal);
        var failed = Shell.Run($"Register-ProCleanupTask -Name half -Daily -At 02:00 {typed}");
        Assert.StartsWith(id + ",", failed.Error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.True(id != "SchedulerFailed"
            || failed.Error.Exception.Message.Contains("the disk is full", StringComparison.Ordinal), "Its own words.");
        Assert.Empty(Good("Get-ProCleanupTask"));
        Assert.False(Directory.Exists(Path.Combine(Folder, "state", "pro-docker-versioning", "cleanup", "half")));
        _ = Script(tools, "crontab", $"exec '{StaticBusybox.Path}' crontab -c '{Folder}' \"$@\"");
        _ = Assert.Single(Good($"Register-ProCleanupTask -Name half -Daily -At 02:00 -Scheduler Cron -Shell {shim}"));
    }

    [Fact]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public async Task A_task_is_its_repositorys_and_its_users_alone()
    {
        var task = Registered("-Keep 1");
        Assert.Equal("repository", task.Properties["Name"].Value);
        var script = (string)task.Properties["Script"].Value;
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(script));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
            File.GetUnixFileMode(Path.GetDirectoryName(script)!));
        var line = (await File.ReadAllTextAsync(Path.Combine(Folder, Environment.UserName), Cancel)).Split('\n')[1];
        Assert.StartsWith("0 2 * * * /usr/bin/env '", line, StringComparison.Ordinal);

        // Another repository whose folder has the same name.
        var other = Directory.CreateDirectory(Path.Combine(Folder, "elsewhere", "repository")).FullName;
        _ = Directory.CreateDirectory(Path.Combine(other, ".git"));
        _ = Directory.CreateDirectory(Path.Combine(other, "apps", "api"));
        await File.WriteAllTextAsync(Path.Combine(other, "apps", "api", "Dockerfile"), "FROM scratch\n", Cancel);
        var refused = Shell.Run(
            $"Register-ProCleanupTask -Path '{other}' -Daily -At 3am -Scheduler Cron -Shell {Path.Combine(Folder, "tools", "pwsh")}");
        Assert.StartsWith("CleanupTaskOfAnotherRepository,", refused.Error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(Repository, Assert.Single(Good("Get-ProCleanupTask")).Properties["Folder"].Value);
    }

    /// <summary>A user has one crontab, and perhaps several state folders: a job has XDG_STATE_HOME, a shell has not.</summary>
    [Fact]
    public async Task A_task_of_another_repository_is_not_replaced_though_another_state_folder_has_its_files()
    {
        _ = Registered("-Keep 1 -Name shared");
        var crontab = await File.ReadAllTextAsync(Path.Combine(Folder, Environment.UserName), Cancel);
        var other = Directory.CreateDirectory(Path.Combine(Folder, "elsewhere")).FullName;
        _ = Directory.CreateDirectory(Path.Combine(other, ".git"));
        _ = Directory.CreateDirectory(Path.Combine(other, "apps", "api"));
        await File.WriteAllTextAsync(Path.Combine(other, "apps", "api", "Dockerfile"), "FROM scratch\n", Cancel);
        var shell = Path.Combine(Folder, "tools", "pwsh");
        var register = $"Register-ProCleanupTask -Name shared -Daily -At 3am -Scheduler Cron -Shell {shell}";
        Set("XDG_STATE_HOME", Path.Combine(Folder, "state2"));

        var refused = Shell.Run($"{register} -Path '{other}'");
        Assert.StartsWith("CleanupTaskOfAnotherRepository,", refused.Error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains(Repository, refused.Error.Exception.Message, StringComparison.Ordinal);
        Assert.Equal(crontab, await File.ReadAllTextAsync(Path.Combine(Folder, Environment.UserName), Cancel));
        Assert.False(Directory.Exists(Path.Combine(Folder, "state2", "pro-docker-versioning", "cleanup", "shared")));

        // The same repository's moves. Its entry is then no other folder's: who takes that one away leaves it.
        Assert.Equal(true, Assert.Single(Good(register)).Properties["IsScheduled"].Value);
        crontab = await File.ReadAllTextAsync(Path.Combine(Folder, Environment.UserName), Cancel);
        Assert.Contains("/state2/", crontab, StringComparison.Ordinal);
        Set("XDG_STATE_HOME", Path.Combine(Folder, "state"));
        Assert.Equal(false, Assert.Single(Good("Get-ProCleanupTask")).Properties["IsScheduled"].Value);
        _ = Good("Unregister-ProCleanupTask shared");
        Assert.Equal(crontab, await File.ReadAllTextAsync(Path.Combine(Folder, Environment.UserName), Cancel));
    }

    [Fact]
    public async Task A_folder_that_reads_as_a_pattern_is_that_folder()
    {
        var root = Path.Combine(Folder, "app[1]");
        Directory.Move(Repository, root);
        Directory.CreateDirectory(Path.Combine(Folder, "app1"));
        _ = Shell.Run($"Set-StrictMode -Off; $ExecutionContext.SessionState.Path.SetLocation('{Folder}')");
        var tools = Directory.CreateDirectory(Path.Combine(Folder, "tools")).FullName;
        _ = Script(tools, "crontab", $"exec '{StaticBusybox.Path}' crontab -c '{Folder}' \"$@\"");
        Set("PATH", $"{tools}:{Environment.GetEnvironmentVariable("PATH")}");
        Engine.Load(Service, "v1.0.0", "v1.1.0");
        var task = Assert.Single(Good(
            $"Register-ProCleanupTask {Service} 1 -GracePeriod 0 -Path '{root}' -Daily -At 02:00 -Scheduler Cron -Shell {Shim(tools)}"));
        Assert.Equal("app-1", task.Properties["Name"].Value);
        using var job = Job(task);
        await job.WaitForExitAsync(Cancel);
        Assert.Equal(0, job.ExitCode);
        Assert.Equal([$"{Service}:v1.1.0"], Engine.Tags());
    }

    [Fact]
    public async Task One_line_that_the_engine_refuses_is_an_error_in_the_log_the_others_are_done_and_the_exit_code_is_1()
    {
        await using var proxy = EngineProxy.Start();
        proxy.Before = request => Task.FromResult(
            request.Method == "DELETE" && request.Path.EndsWith($"/{Service}:v1.1.0", StringComparison.Ordinal)
                ? ScriptedResponse.Json("""{"message":"conflict: somebody needs it"}""", 409) : null);
        Engine.Load(Service, "v1.0.0", "v1.1.0", "v1.2.0", "v1.3.0");
        Set("DOCKER_HOST", proxy.Url);
        var task = Registered($"{Service} 1 -GracePeriod 0");
        using var job = Job(task);
        var complaint = await job.StandardError.ReadToEndAsync(Cancel);
        await job.WaitForExitAsync(Cancel);
        Assert.Equal(1, job.ExitCode);
        Assert.Contains("repository failed: see ", complaint, StringComparison.Ordinal);
        var lines = await File.ReadAllLinesAsync(Log(task), Cancel);
        Assert.Single(lines, line => line.Contains(" error: ", StringComparison.Ordinal)
            && line.Contains("somebody needs it", StringComparison.Ordinal));
        Assert.Equal(2, lines.Count(line => line.Contains(" Removed ", StringComparison.Ordinal)));
        Assert.Equal([$"{Service}:v1.1.0", $"{Service}:v1.3.0"], Engine.Tags());
    }

    [Fact]
    public async Task A_script_with_Stop_and_an_exit_of_its_own_ends_with_what_happened()
    {
        Engine.Load(Service, "v1.0.0", "v1.1.0");
        Assert.Equal(0, await ExitCodeAsync($"Remove-ProOldImage {Service} 1 -GracePeriod 0 -Confirm:$false"));
        Assert.Equal([$"{Service}:v1.1.0"], Engine.Tags());
        Engine.Load(Service, "v1.0.0");

        // Nobody is there to answer.
        Assert.Equal(1, await ExitCodeAsync($"Remove-ProOldImage {Service} 1 -GracePeriod 0"));
        Assert.Equal(1, await ExitCodeAsync("Remove-ProOldImage aip 1 -GracePeriod 0 -Confirm:$false"));
        Assert.Equal(2, Engine.Tags().Count);
    }

    [Fact]
    public async Task Two_jobs_at_once_exclude_each_other_and_both_end_well()
    {
        await using var proxy = EngineProxy.Start();
        var (deletes, open) = (0, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        proxy.Before = async request =>
        {
            if (request.Method == "DELETE" && request.Path.StartsWith("/images/", StringComparison.Ordinal))
            {
                _ = Interlocked.Increment(ref deletes);
                await open.Task;
            }

            return null;
        };
        Engine.LoadMany(Service, [.. Enumerable.Range(0, 20).Select(number => $"v1.{number}.0")]);
        Set("DOCKER_HOST", proxy.Url);
        using var first = Job(Registered($"{Service} 1 -GracePeriod 0 -Name first"));
        await UntilAsync(() => Volatile.Read(ref deletes) > 0);

        // The first one is in the middle of its work; the second one goes straight to the engine, and does nothing to it.
        Set("DOCKER_HOST", null);
        var second = Registered($"{Service} 2 -GracePeriod 0 -Name second");
        using var other = Job(second);
        await UntilAsync(() => File.Exists(Log(second)));
        await Task.Delay(TimeSpan.FromSeconds(4), Cancel);
        Assert.False(other.HasExited);
        Assert.Equal(20, Engine.Tags().Count);
        open.SetResult();
        await first.WaitForExitAsync(Cancel);
        await other.WaitForExitAsync(Cancel);
        Assert.Equal((0, 0), (first.ExitCode, other.ExitCode));
        Assert.Equal([$"{Service}:v1.19.0"], Engine.Tags());
        var lines = await File.ReadAllLinesAsync(Log(second), Cancel);
        Assert.DoesNotContain(lines, line => line.Contains(" Removed ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Ctrl_C_ends_it_between_lines_and_what_was_done_is_told_and_recorded()
    {
        await using var proxy = EngineProxy.Start();
        using var stop = new CancellationTokenSource();
        var deletes = 0;
        proxy.Before = async request =>
        {
            if (request.Method == "DELETE" && request.Path.StartsWith("/images/", StringComparison.Ordinal)
                && Interlocked.Increment(ref deletes) == 30)
            {
                await stop.CancelAsync();
                await Task.Delay(100, Cancel);
            }

            return null;
        };
        Engine.LoadMany(Service, [.. Enumerable.Range(0, 120).Select(number => $"v1.{number}.0")]);
        Set("DOCKER_HOST", proxy.Url);
        var result = await Task.Run(
            () => Shell.Run($"Remove-ProOldImage {Service} 1 -GracePeriod 0 -Confirm:$false", stop.Token), Cancel);
        Set("DOCKER_HOST", null);
        Assert.Equal(PSInvocationState.Stopped, result.State);
        var gone = 120 - Engine.Tags().Count;
        Assert.InRange(gone, 30, 60);

        // None is half done: each that was begun is gone, and stands in the history.
        Assert.Equal(deletes, gone);
        Assert.Equal(gone, Good("Get-ProHistory -Kind Clean").Count);
        Assert.InRange(result.Output.Count, 1, gone);
        Assert.All(Actions(result.Output), action => Assert.StartsWith("Removed v1.", action, StringComparison.Ordinal));

        // The lock is free, and the rest goes.
        Assert.Equal(119 - gone, Good($"Remove-ProOldImage {Service} 1 -GracePeriod 0 -Confirm:$false").Count);
    }

    private static string DotNet() => Path.GetFullPath(Environment.GetEnvironmentVariable("PATH")!.Split(':')
        .Select(folder => Path.Combine(folder, "dotnet")).First(File.Exists));

    private static string Shim(string tools) => Script(tools, "pwsh", $"exec '{DotNet()}' '{TestSetup.ProShell}' \"$@\"");

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

    private static string Log(PSObject task) => (string)task.Properties["Log"].Value;

    private static async Task UntilAsync(Func<bool> isSo)
    {
        var clock = Stopwatch.StartNew();
        while (!isSo())
        {
            Assert.True(clock.Elapsed < Patience, "It did not happen.");
            await Task.Delay(50, Cancel);
        }
    }

    /// <summary>A task in a crontab of the test's own, that no cron reads.</summary>
    private PSObject Registered(string parameters)
    {
        var tools = Directory.CreateDirectory(Path.Combine(Folder, "tools")).FullName;
        _ = Script(tools, "crontab", $"exec '{StaticBusybox.Path}' crontab -c '{Folder}' \"$@\"");
        if (!Environment.GetEnvironmentVariable("PATH")!.StartsWith(tools, StringComparison.Ordinal))
        {
            Set("PATH", $"{tools}:{Environment.GetEnvironmentVariable("PATH")}");
        }

        return Assert.Single(Good($"Register-ProCleanupTask {parameters} -Daily -At 02:00 -Scheduler Cron -Shell {Shim(tools)}"));
    }

    /// <summary>Starts a task's script, as its scheduler would.</summary>
    private static Process Job(PSObject task)
    {
        var start = new ProcessStartInfo(
            DotNet(), [TestSetup.ProShell, "-NoLogo", "-NoProfile", "-NonInteractive", "-File", (string)task.Properties["Script"].Value])
        {
            WorkingDirectory = Path.GetTempPath(),
            RedirectStandardError = true,
        };
        _ = start.Environment.Remove("DOCKER_HOST");
        return Process.Start(start)!;
    }

    private async Task<int> ExitCodeAsync(string command)
    {
        var script = Path.Combine(Folder, "job.ps1");
        await File.WriteAllTextAsync(
            script, $"$ErrorActionPreference = 'Stop'\nImport-Module '{TestSetup.ModuleManifest}'\n{command}\nexit 0\n", Cancel);
        using var job = Process.Start(new ProcessStartInfo(
            DotNet(), [TestSetup.ProShell, "-NoLogo", "-NoProfile", "-NonInteractive", "-File", script])
        {
            WorkingDirectory = Repository,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        })!;
        job.StandardInput.Close();
        _ = job.StandardOutput.ReadToEndAsync(Cancel);
        _ = job.StandardError.ReadToEndAsync(Cancel);
        await job.WaitForExitAsync(Cancel);
        return job.ExitCode;
    }
}
