using Pro.DockerVersioning.Tests.Deployment.Container;

namespace Pro.DockerVersioning.Bench;

/// <summary>
/// How many requests fail while a version changes side by side, or never comes up: a client in a container of its own asks without a
/// pause, two thousand times and more.
/// </summary>
internal sealed class RequestsBenchmark : IBenchmark
{
    private const int Enough = 2000;
    private const string Old = "v1.0.0";
    private const string New = "v1.1.0";
    private const string Sick = "v1.2.0";
    private const string Service = "pro-bench-requests";
    private const string Client = Service + "-client";
    private const string Published = "127.0.0.1:39872";

    private readonly string _folder = Directory.CreateDirectory(Path.Combine(Setup.Folder, "requests")).FullName;

    /// <inheritdoc/>
    public string Name => "requests";

    /// <inheritdoc/>
    public string Title => "Changing the version of a service that is asked all the time: requests without an answer";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> RunAsync(ResultTable table, CancellationToken cancellationToken)
    {
        Prepare();
        using var session = new Session();
        try
        {
            table.Failures("Container, start-first, no published port, asked by name: there and back", await ByNameAsync(session, New, Old));
            table.Failures("Container, start-first, no published port: a version that never gets healthy", await ByNameAsync(session, Sick));
            table.Failures("Container, warm swap, published port: a version that never gets healthy", await ByPortAsync(session, Sick));
            if (Docker("info", "--format", "{{.Swarm.ControlAvailable}}").Trim() != "true")
            {
                return ["Swarm is measured where the engine is a swarm's manager already; this one isn't."];
            }

            table.Failures("Swarm, start-first, 2 replicas, asked by the tasks' name: there and back", await SwarmAsync(session, New, Old));
            return [];
        }
        finally
        {
            _ = Child.Shell(_folder, $"{Setup.Docker} rmi -f $({Setup.Docker} images -q {Setup.Registry}/requests) >/dev/null 2>&1 || true");
        }

        async Task<IReadOnlyList<string>> ByNameAsync(Session session, params string[] versions)
        {
            _ = Docker("network", "create", Service);
            try
            {
                _ = Docker("run", "--detach", "--name", Service, "--network", Service, "--network-alias", "shop", $"{Setup.Registry}/requests:{Old}");
                return await AskedAsync(session, Service, "shop:8080/version", $"-Container {Service} -Order StartFirst", versions);
            }
            finally
            {
                _ = Docker("rm", "--force", Service);
                _ = Docker("network", "rm", Service);
            }
        }

        async Task<IReadOnlyList<string>> ByPortAsync(Session session, params string[] versions)
        {
            _ = Docker("run", "--detach", "--name", Service, "--publish", Published + ":8080", $"{Setup.Registry}/requests:{Old}");
            try
            {
                return await AskedAsync(session, "host", Published + "/version", $"-Container {Service} -Order StartFirst", versions);
            }
            finally
            {
                _ = Docker("rm", "--force", Service);
            }
        }

        async Task<IReadOnlyList<string>> SwarmAsync(Session session, params string[] versions)
        {
            _ = Docker("network", "create", "--driver", "overlay", "--attachable", Service);
            try
            {
                _ = Docker(
                    "service", "create", "--quiet", "--no-resolve-image", "--name", Service, "--replicas", "2", "--network", Service,
                    "--update-monitor", "1s", $"{Setup.Registry}/requests:{Old}");
                return await AskedAsync(session, Service, $"tasks.{Service}:8080/version", "-Order StartFirst", versions);
            }
            finally
            {
                _ = Docker("service", "rm", Service);
                _ = Child.Shell(_folder, $"until {Setup.Docker} network rm {Service} >/dev/null 2>&1; do sleep 0.5; done");
            }
        }

        async Task<IReadOnlyList<string>> AskedAsync(
            Session session, string network, string address, string options, string[] versions)
        {
            using var asker = new Asker(arguments => Child.Start(Setup.Docker, arguments), Client, network, address);
            var before = (await asker.UntilAsync(answers => answers.Count > 50 && answers[^1] == Old, cancellationToken)).Count;
            foreach (var version in versions)
            {
                Deploy(session, version, options);
                var runs = version == Sick ? Old : version;
                _ = await asker.UntilAsync(answers => answers[^1] == runs, cancellationToken);
            }

            return [.. (await asker.UntilAsync(answers => answers.Count - before > Enough, cancellationToken)).Skip(before)];
        }
    }

    private static string Docker(params string[] arguments) => Child.Run(Setup.Docker, arguments);

    private void Deploy(Session session, string version, string options)
    {
        try
        {
            _ = session.Run($"Deploy-ProService requests {version} {options} -Path '{_folder}' -Registry {Setup.Registry} -Confirm:$false 3>$null");
        }
        catch (InvalidOperationException) when (version == Sick)
        {
            // That is what is wanted.
        }
    }

    private void Prepare()
    {
        foreach (var version in (string[])[Old, New, Sick])
        {
            var context = Directory.CreateDirectory(Path.Combine(_folder, "image-" + version)).FullName;
            File.WriteAllText(
                Path.Combine(context, "start.sh"),
                "#!/bin/sh\nhttpd -p 8080 -h /srv\ntrap 'sleep 2; exit 0' TERM INT\nwhile :; do sleep 60 & wait $!; done\n");
            File.WriteAllText(Path.Combine(context, "version"), version + "\n");
            File.WriteAllText(Path.Combine(context, "Dockerfile"), $"""
                FROM pro-sample/base:1
                COPY start.sh /start.sh
                COPY version /srv/version
                HEALTHCHECK --interval=1s --timeout=1s --retries=3 CMD wget -q -O /dev/null http://127.0.0.1:8080/{(version == Sick ? "nothing" : "version")}
                CMD ["/bin/sh", "/start.sh"]
                """);
            _ = Docker("build", "-q", "-t", $"{Setup.Registry}/requests:{version}", context);
        }

        _ = Directory.CreateDirectory(Path.Combine(_folder, ".git"));
        File.WriteAllText(Path.Combine(_folder, "pro.json"), """{ "services": { "requests": { "context": "image-v1.0.0" } }, "history": "history" }""");
    }
}
