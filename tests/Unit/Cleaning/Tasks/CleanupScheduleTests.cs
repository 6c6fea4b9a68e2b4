using System.Xml;
using System.Xml.Schema;
using Pro.DockerVersioning.Cleaning.Tasks;
using Xunit;

namespace Pro.DockerVersioning.Tests.Cleaning.Tasks;

public sealed class CleanupScheduleTests
{
    private static readonly CleanupTask Task = new()
    {
        Name = "nightly",
        Scheduler = ProTaskScheduler.Cron,
        Days = [DayOfWeek.Sunday],
        At = new TimeOnly(2, 0),
        Folder = "/srv/it's 100%",
        Shell = "/usr/bin/pwsh",
        Script = "/home/x/cleanup.ps1",
        Log = "/home/x/cleanup.log",
    };

    [Fact]
    public void A_crontab_keeps_every_other_line_to_the_byte_and_takes_a_task_once()
    {
        const string Others = "# mine\r\nMAILTO=me\n\n5 * * * * echo '# BEGIN Pro.DockerVersioning cleanup nightly'\n";
        var once = Crontab.With(Others, Task);
        Assert.Equal(
            Others + "# BEGIN Pro.DockerVersioning cleanup nightly\n" +
            "0 2 * * 0 /usr/bin/env '/usr/bin/pwsh' -NoLogo -NoProfile -NonInteractive -File '/home/x/cleanup.ps1'\n" +
            "# END Pro.DockerVersioning cleanup nightly\n",
            once);
        Assert.Equal(once, Crontab.With(once, Task));
        Assert.Equal(Others, Crontab.Without(once, "nightly"));
        Assert.Equal(once, Crontab.Without(once, "night"));
        Assert.Equal(Others, Crontab.Without(Others, "nightly"));
    }

    [Fact]
    public void A_task_made_anew_stays_in_its_place_among_the_others()
    {
        var crontab = Crontab.With(Crontab.With("", Task), Task with { Name = "other" }) + "1 1 1 1 1 true";
        var changed = Crontab.With(crontab, Task with { Days = [], At = new TimeOnly(3, 30) });
        Assert.Equal(crontab.Replace("0 2 * * 0 /usr", "30 3 * * * /usr", StringComparison.Ordinal).Split('\n')[1], changed.Split('\n')[1]);
        Assert.Equal(crontab.Split('\n')[2..], changed.Split('\n')[2..]);
    }

    [Fact]
    public void A_crontab_without_an_end_of_line_gets_one() =>
        Assert.StartsWith("1 1 1 1 1 true\n# BEGIN", Crontab.With("1 1 1 1 1 true", Task), StringComparison.Ordinal);

    [Theory]
    [InlineData("2026-11-24T12:00:00", "2026-11-29T02:00:00")]
    [InlineData("2026-11-29T02:00:00", "2026-11-29T02:00:00")]
    [InlineData("2026-11-29T02:00:01", "2026-12-06T02:00:00")]
    public void The_next_run_is_the_next_such_day(string from, string next) =>
        Assert.Equal(DateTime.Parse(next), Task.Schedule.Next(DateTime.Parse(from)));

    [Fact]
    public void Several_days_are_several_days_to_every_scheduler()
    {
        var schedule = new CleanupSchedule([DayOfWeek.Thursday, DayOfWeek.Tuesday], new TimeOnly(2, 0));
        Assert.Equal("0 2 * * 2,4", schedule.ToCron());
        Assert.Equal("Tue,Thu *-*-* 02:00:00", schedule.ToCalendar());
        Assert.Equal("Tuesday, Thursday 02:00", schedule.ToString());
        Assert.Equal(new DateTime(2026, 12, 1, 2, 0, 0), schedule.Next(new DateTime(2026, 11, 29, 12, 0, 0)));
        Assert.Equal(new DateTime(2026, 12, 3, 2, 0, 0), schedule.Next(new DateTime(2026, 12, 1, 12, 0, 0)));
    }

    [Fact]
    public void Systemds_own_checker_takes_the_units()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/systemd-analyze"), "No systemd-analyze here.");
        var folder = Directory.CreateTempSubdirectory("pro-units");
        try
        {
            var task = Task with { Folder = "/tmp", Shell = "/bin/sh" };
            File.WriteAllText(Path.Combine(folder.FullName, SystemdUnits.ServiceName("nightly")), SystemdUnits.Service(task));
            File.WriteAllText(Path.Combine(folder.FullName, SystemdUnits.TimerName("nightly")), SystemdUnits.Timer(task));
            var verify = Run("systemd-analyze", "verify", "--man=no", Path.Combine(folder.FullName, SystemdUnits.TimerName("nightly")));
            Assert.DoesNotContain("pro-docker-cleanup", verify.Text, StringComparison.Ordinal);
            Assert.Equal(0, Run("systemd-analyze", "calendar", task.Schedule.ToCalendar()).ExitCode);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Units_escape_what_systemd_would_read()
    {
        var service = SystemdUnits.Service(Task with { Script = "/x/$HOME \"a\"%n.ps1" });
        Assert.Contains("WorkingDirectory=/srv/it's 100%%", service, StringComparison.Ordinal);
        Assert.Contains("-File \"/x/$$HOME \\\"a\\\"%%n.ps1\"", service, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(0)]
    public void The_task_for_Windows_is_valid_by_the_documented_schema(int days)
    {
        var document = WindowsTaskXml.Document(
            Task with
            {
                Days = [.. new[] { DayOfWeek.Sunday, DayOfWeek.Saturday }.Take(days)],
                Scheduler = ProTaskScheduler.TaskScheduler,
                Shell = @"C:\Program Files\PowerShell\7\pwsh.exe",
                Script = @"C:\Users\x\cleanup & more.ps1",
            },
            @"DOMAIN\user",
            new DateTime(2026, 11, 24, 12, 0, 0));
        var schemas = new XmlSchemaSet();
        using var reader = XmlReader.Create(typeof(CleanupScheduleTests).Assembly.GetManifestResourceStream(
            "Pro.DockerVersioning.Tests.Cleaning.Tasks.WindowsTask.xsd")!);
        _ = schemas.Add(null, reader);
        var faults = new List<string>();
        document.Validate(schemas, (_, fault) => faults.Add(fault.Message));
        Assert.Empty(faults);
        Assert.Equal(
            "-NoLogo -NoProfile -NonInteractive -ExecutionPolicy Bypass -File \"C:\\Users\\x\\cleanup & more.ps1\"",
            document.Descendants().Single(element => element.Name.LocalName == "Arguments").Value);
        Assert.Equal(
            days == 0 ? "2026-11-25T02:00:00" : days == 1 ? "2026-11-29T02:00:00" : "2026-11-28T02:00:00",
            document.Descendants().Single(element => element.Name.LocalName == "StartBoundary").Value);
    }

    /// <summary>The files of the jobs may be in several state folders: the scheduler's own entry says whose job it starts.</summary>
    [Theory]
    [InlineData("/home/x/cleanup.ps1")]
    [InlineData("/home/it's 100% \"so\"/$HOME/a\\b %n -File 'x'/cleanup.ps1")]
    public void What_each_scheduler_starts_is_read_back_from_its_own_entry(string script)
    {
        var task = Task with { Script = script };
        var crontab = Crontab.With(Crontab.With("1 1 1 1 1 pwsh -File 'mine'\n", Task with { Name = "other", Script = "/o" }), task);
        Assert.Equal(script, Crontab.FindScript(crontab, "nightly"));
        Assert.Equal("/o", Crontab.FindScript(crontab, "other"));
        Assert.Null(Crontab.FindScript(crontab, "night"));
        Assert.Null(Crontab.FindScript(
            "# BEGIN Pro.DockerVersioning cleanup a\n1 1 1 1 1 true\n# END Pro.DockerVersioning cleanup a\n", "a"));
        Assert.Equal(script, SystemdUnits.FindScript(SystemdUnits.Service(task)));
        Assert.Null(SystemdUnits.FindScript("[Service]\nExecStart=/bin/true\n"));
    }

    [Fact]
    public void So_it_is_by_Windows_scheduler_as_far_as_its_console_tells()
    {
        var task = Task with { Scheduler = ProTaskScheduler.TaskScheduler, Script = @"C:\Users\x\cleanup & more.ps1" };
        Assert.Equal(task.Script, WindowsTaskXml.FindScript(Printed(task)));
        Assert.Equal(@"C:\x.ps1", WindowsTaskXml.FindScript(Printed(task with { Script = @"C:\x.ps1" })));
        Assert.Null(WindowsTaskXml.FindScript(Printed(task with { Script = "C:\\Users\\J\u00F6rg\\x.ps1" })));
        Assert.Null(WindowsTaskXml.FindScript("ERROR: no such task"));

        static string Printed(CleanupTask task)
        {
            var document = WindowsTaskXml.Document(task, @"DOMAIN\user", new DateTime(2026, 11, 24, 12, 0, 0));
            return $"\r\n{document.Declaration}\r\n{document}\r\n\r\n";
        }
    }

    [Fact]
    public void A_task_survives_its_file()
    {
        Assert.Equal(Task.ToJson(), CleanupTask.FromJson(Task.ToJson())?.ToJson());
        Assert.Null(CleanupTask.FromJson("{"));
    }

    [Fact]
    public void The_script_carries_values_that_no_quote_can_leave()
    {
        var script = CleanupScript.Text(
            Task with { Folder = "/srv/it's \u2019x" },
            "/m/Pro.DockerVersioning.psd1",
            [KeyValuePair.Create("REGISTRY", "a'; exit 0 #")],
            [KeyValuePair.Create<string, object>("Service", new[] { "api", "w'eb" }), KeyValuePair.Create<string, object>("Keep", 5)]);
        Assert.Contains("Path = '/srv/it''s \u2019\u2019x'", script, StringComparison.Ordinal);
        Assert.Contains("$env:REGISTRY = 'a''; exit 0 #'", script, StringComparison.Ordinal);
        Assert.Contains("Service = @('api', 'w''eb')", script, StringComparison.Ordinal);
        Assert.DoesNotContain('\r', script);
    }

    private static (int ExitCode, string Text) Run(string program, params string[] arguments)
    {
        using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var text = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, text.Result + error);
    }
}
