namespace Pro.DockerVersioning.Tests.Engine.Deploy;

/// <summary>A swarm of one node on an engine of the tests' own, with versions of a service in its registry.</summary>
public sealed class SwarmOfOne : OwnEngine
{
    /// <summary>Pushes a version too.</summary>
    public void Publish(string version, string lines)
    {
        Build($"{Registry}/api:{version}", $"FROM scratch\nCOPY busybox /bin/busybox\nSTOPSIGNAL SIGKILL\n{lines}");
        _ = Docker("push", "--quiet", $"{Registry}/api:{version}");
    }

    /// <summary>
    /// Creates a service, and comes back when its two tasks run. Docker's client would go on looking at them for another five seconds.
    /// </summary>
    public void Create(string service, params string[] options)
    {
        _ = Docker(
            ["service", "create", "--quiet", "--detach", "--name", service, "--replicas", "2", "--update-monitor", "1s", .. options]);
        var tasks = "/tasks?filters=" + TestEngine.Filters(("service", service), ("desired-state", "running"));
        var until = DateTime.UtcNow + TimeSpan.FromMinutes(1);
        while (Ask(tasks)!.AsArray().Count(task => task!["Status"]!["State"]!.ToString() == "running") < 2)
        {
            Assert.True(DateTime.UtcNow < until, $"{service} does not run its two tasks a minute after its creation.");
            Thread.Sleep(50);
        }
    }

    /// <summary>Removes a service, and comes back when its tasks are gone: until then they run it for whoever looks.</summary>
    public void Remove(string service)
    {
        _ = Docker("service", "rm", service);
        var until = DateTime.UtcNow + TimeSpan.FromMinutes(1);
        while (Docker("ps", "--quiet", "--filter", "label=com.docker.swarm.service.name=" + service).Length > 0)
        {
            Assert.True(DateTime.UtcNow < until, $"{service} still has tasks a minute after its removal.");
            Thread.Sleep(250);
        }
    }

    protected override void Prepare()
    {
        _ = Docker("swarm", "init", "--listen-addr", "127.0.0.1:2377", "--advertise-addr", "127.0.0.1");
        const string serve = """CMD ["/bin/busybox","httpd","-f","-p","8080","-h","/bin"]""";
        Publish("v1.0.0", serve);
        Publish("v1.1.0", "ENV NEW=1\n" + serve);
        Publish("v2.0.0", """CMD ["/bin/busybox","sh","-c","echo out of luck; exit 3"]""");
    }
}
