namespace Pro.DockerVersioning.Tests.Engine.Deploy;

/// <summary>An engine that is stopped and started again, with versions of a service of which some wait for a word of the test's.</summary>
public sealed class RestartableEngine : OwnEngine
{
    /// <summary>It is well at once.</summary>
    public const string Old = "v1.0.0";

    /// <summary>As that one, but it goes on for some seconds when it is told to stop.</summary>
    public const string SlowOld = "v1.0.1";

    /// <summary>It gets well when it is told to.</summary>
    public const string Waits = "v1.1.0";

    /// <summary>It is well without a network, and is not with one; the engine's own check doesn't come to see it.</summary>
    public const string WaitsConnected = "v1.2.0";

    /// <summary>It is well at once.</summary>
    public const string New = "v1.3.0";

    // Nothing that a shell or docker would take for its own in here but what is meant so.
    private const string Well = "touch /srv/health";
    private const string Sick = ":";

    protected override void Prepare()
    {
        Version(Old, Well);
        Version(SlowOld, Well, "sleep 6");
        Version(Waits, Sick);
        Version(WaitsConnected, Well, check: "test -e /srv/health && ! ip route | grep -q default", interval: "1h");
        Version(New, Well);
    }

    private void Version(string version, string health, string onStop = ":",
        string check = "wget -q -O /dev/null http://127.0.0.1:8080/health", string interval = "1s") =>
        Build($"{Registry}/api:{version}", $"""
            FROM pro-sample/base:1
            LABEL org.opencontainers.image.version={version.TrimStart('v')}
            HEALTHCHECK --interval={interval} --timeout=2s --retries=1000 CMD {check}
            CMD mkdir -p /srv; echo {version} >/srv/version; {health}; httpd -p 8080 -h /srv; trap '{onStop}; exit 0' TERM; while :; do sleep 60 & wait $!; done
            """);
}
