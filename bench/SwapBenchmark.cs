using System.Globalization;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Tests.Deployment.Container;

namespace Pro.DockerVersioning.Bench;

/// <summary>
/// How long nobody answers while a service changes its version, three times each way: by the cmdlet, by <c>docker-compose up -d</c>, and by
/// stopping first and then <c>up</c>, as the old script did. A client asks the published port every 2 ms, which takes a part of a core:
/// how long all of it takes is measured by itself, without one. So is stop-first against stopping and starting by hand, in pairs.
/// </summary>
internal sealed class SwapBenchmark(SwapMeasure measure) : IBenchmark
{
    private const int Port = 39871;
    private const int HandPort = 39873;
    private const int HandPairs = 20;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2);
    private const string Container = "pro-bench-swap";
    private const string Database = Container + "-db";
    private const string Project = "probench";
    private static readonly string[] Versions = ["v1.1.0", "v1.0.0", "v1.1.0", "v1.0.0", "v1.1.0", "v1.0.0"];

    private readonly string _folder = Directory.CreateDirectory(Path.Combine(Setup.Folder, "swap")).FullName;

    /// <inheritdoc/>
    public string Name => measure switch
    {
        SwapMeasure.Whole => "rollback",
        SwapMeasure.ByHand => "by-hand",
        _ => "swap",
    };

    /// <inheritdoc/>
    public string Title => measure switch
    {
        SwapMeasure.Whole => "Rolling back and verifying, the whole cmdlet, against all that the guide's script does",
        SwapMeasure.ByHand => "Stop-first against stop and start by hand, in pairs: the longest time without an answer",
        _ => "Changing the version of a service with a published port: the longest time without an answer",
    };

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> RunAsync(ResultTable table, CancellationToken cancellationToken)
    {
        Prepare();
        using var session = new Session();
        try
        {
            if (measure == SwapMeasure.ByHand)
            {
                await ByHandAsync(table, session, cancellationToken);
                return
                [
                    $"{HandPairs} rounds, in each of them one swap of each kind, every second round in the other order. By hand: the next "
                    + "container is created before, with its network and port; only POST /stop and POST /start are measured.",
                ];
            }

            if (measure == SwapMeasure.Whole)
            {
                await WholeAsync(table, session);
                return ["Each side: six swaps, three each way, with nobody asking the service meanwhile."];
            }

            var compose = await ComposeAsync(version => Compose($"SWAP_VERSION={version} {Setup.Compose} up -d --no-deps --no-build swap"));
            var script = await ComposeAsync(version =>
                Compose($"{Setup.Compose} stop swap && SWAP_VERSION={version} {Setup.Compose} up -d --no-deps --no-build swap"));
            var stopFirst = await ContainerAsync(session, "StopFirst");
            var warm = await ContainerAsync(session, "StartFirst");
            var peer = await AmongAsync(session, 1);
            var three = await AmongAsync(session, 3);
            var composeWarm = await ComposeAsync(version => Ours(session, version, "StartFirst", ""));
            var composeStop = await ComposeAsync(version => Ours(session, version, "StopFirst", ""));
            table.Ratio($"Container, stop-first, against `{Setup.Compose} up -d`", stopFirst, compose);
            table.Ratio("Container, stop-first, against stop-then-up", stopFirst, script);
            table.Ratio($"Container, warm swap, against `{Setup.Compose} up -d`", warm, compose, 0.3);
            table.Ratio("The same, with a peer database on its network", peer, compose, 0.3);
            table.Ratio("The same, with three networks", three, compose, 0.3);
            table.Ratio($"Compose service, warm swap, against `{Setup.Compose} up -d`", composeWarm, compose, 0.3);
            table.Ratio($"Compose service, stop-first, against `{Setup.Compose} up -d`", composeStop, compose);
        }
        finally
        {
            _ = Child.Shell(_folder, $"{Setup.Docker} rm -f {Container}-next 2>/dev/null || true");
            _ = Child.Shell(_folder, $"{Setup.Docker} rm -f {Container} $({Setup.Docker} ps -aq --filter label=com.docker.compose.project={Project}) 2>/dev/null || true");
            _ = Child.Shell(_folder, $"{Setup.Docker} network rm {Project}_default {Container}-net 2>/dev/null || true");
            _ = Child.Shell(_folder, $"{Setup.Docker} rmi $({Setup.Docker} images -q {Setup.Registry}/swap) -f >/dev/null 2>&1 || true");
        }

        return ["Each side: six swaps, three each way. The client opens a connection for each request, one every 2 ms."];
    }

    private async Task WholeAsync(ResultTable table, Session session)
    {
        var guide = await ComposeAsync(Guide);
        table.Ratio("Container, stop-first", await ContainerAsync(session, "StopFirst"), guide, 0.6);
        table.Ratio("Container, warm swap", await ContainerAsync(session, "StartFirst"), guide, 0.6);
        table.Ratio("Compose service, stop-first", await ComposeAsync(version => Ours(session, version, "StopFirst", "")), guide, 0.6);
        table.Ratio("Compose service, warm swap", await ComposeAsync(version => Ours(session, version, "StartFirst", "")), guide, 0.6);
    }

    /// <summary>Stop-first by the cmdlet, by hand and by compose, one of each in a round: what else the machine does falls on all.</summary>
    private async Task ByHandAsync(ResultTable table, Session session, CancellationToken cancellationToken)
    {
        var (ours, hand, compose) = (new List<double>(), new List<double>(), new List<double>());
        using var engine = EngineImages.Connect();
        _ = Child.Run(Setup.Docker, "network", "create", Container + "-net");
        CreateByHand(Container, "v1.0.0");
        _ = Child.Run(Setup.Docker, "start", Container);
        Compose($"SWAP_VERSION=v1.0.0 {Setup.Compose} up -d --no-deps --no-build swap");
        try
        {
            for (var round = -1; round < HandPairs; round++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var isEven = round % 2 == 0;
                var first = isEven ? await OursAsync("v1.1.0") : await HandAsync("v1.1.0");
                var second = isEven ? await HandAsync("v1.0.0") : await OursAsync("v1.0.0");
                var version = isEven ? "v1.1.0" : "v1.0.0";
                var up = $"SWAP_VERSION={version} {Setup.Compose} up -d --no-deps --no-build swap";
                var third = await GapAsync(version, _ => Compose(up));

                // The first round fills caches and compiles.
                if (round >= 0)
                {
                    ours.Add(isEven ? first : second);
                    hand.Add(isEven ? second : first);
                    compose.Add(third);
                }
            }
        }
        finally
        {
            _ = Child.Shell(_folder, $"COMPOSE_PROJECT_NAME={Project} {Setup.Compose} down -t 1 >/dev/null 2>&1 || true");
        }

        table.Ratio("Container, stop-first, against stop and start by hand through the API", new Sample(ours), new Sample(hand), 1.1);
        table.Ratio($"Container, stop-first, against `{Setup.Compose} up -d`", new Sample(ours), new Sample(compose));

        Task<double> OursAsync(string to) =>
            GapAsync(to, version => Ours(session, version, "StopFirst", $"-Container {Container}"), HandPort);

        async Task<double> HandAsync(string to)
        {
            CreateByHand(Container + "-next", to);
            var gap = await GapAsync(to, _ => StopAndStart(engine), HandPort);
            _ = Child.Run(Setup.Docker, "rm", "-v", Container);
            _ = Child.Run(Setup.Docker, "rename", Container + "-next", Container);
            return gap;
        }
    }

    private static void StopAndStart(EngineConnection engine)
    {
        _ = engine.Http.PostAsync($"containers/{Container}/stop", null, CancellationToken.None).GetAwaiter().GetResult();
        _ = engine.Http.PostAsync($"containers/{Container}-next/start", null, CancellationToken.None).GetAwaiter().GetResult();
    }

    private static void CreateByHand(string name, string version) => _ = Child.Run(
        Setup.Docker, "create", "--name", name, "--network", Container + "-net",
        "-p", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{HandPort}:8080"), $"{Setup.Registry}/swap:{version}");

    private static void Ours(Session session, string version, string order, string more) => _ = session.Run(
        $"Deploy-ProService swap {version} -Order {order} -Path '{Path.Combine(Setup.Folder, "swap")}' -Registry {Setup.Registry} {more} -Confirm:$false 3>$null");

    private void Guide(string version) => _ = Child.Shell(
        _folder,
        $"REGISTRY={Setup.Registry} COMPOSE_PROJECT_NAME={Project} bash '{Setup.Script("rollback.sh")}' swap {version} >/dev/null 2>&1");

    private void Prepare()
    {
        foreach (var version in Versions.Distinct())
        {
            var context = Directory.CreateDirectory(Path.Combine(_folder, "image-" + version)).FullName;
            File.WriteAllText(Path.Combine(context, "start.sh"), "#!/bin/sh\ntrap 'kill $!; exit 0' TERM INT\n"
                + "[ -z \"$DATABASE\" ] || until wget -q -O /dev/null http://$DATABASE/; do sleep 0.05; done\nhttpd -f -p 8080 -h /srv &\nwait $!\n");
            File.WriteAllText(Path.Combine(context, "index.html"), version);
            File.WriteAllText(Path.Combine(context, "Dockerfile"), """
                FROM pro-sample/base:1
                COPY start.sh /start.sh
                COPY index.html /srv/index.html
                EXPOSE 8080
                HEALTHCHECK --interval=1s --timeout=1s --start-period=30s CMD wget -q -O /dev/null http://127.0.0.1:8080/
                CMD ["/bin/sh", "/start.sh"]
                """);
            _ = Child.Run(Setup.Docker, "build", "-q", "-t", $"{Setup.Registry}/swap:{version}", context);
        }

        _ = Directory.CreateDirectory(Path.Combine(_folder, ".git"));
        File.WriteAllText(Path.Combine(_folder, "pro.json"), """{ "services": { "swap": { "context": "image-v1.0.0" } }, "history": "history" }""");
        File.WriteAllText(Path.Combine(_folder, "docker-compose.yml"), $$"""
            version: "3.7"
            services:
              swap:
                image: {{Setup.Registry}}/swap:${SWAP_VERSION:-v1.0.0}
                ports: [ "127.0.0.1:{{Port}}:8080" ]
            """);
    }

    private void Compose(string script) =>
        _ = Child.Shell(_folder, $"export COMPOSE_PROJECT_NAME={Project}; ({script}) >/dev/null 2>&1; " +
            $"id=$({Setup.Docker} ps -q --filter label=com.docker.compose.project={Project}); " +
            $"until [ \"$({Setup.Docker} inspect -f '{{{{.State.Health.Status}}}}' $id)\" = healthy ]; do :; done");

    private async Task<Sample> ComposeAsync(Action<string> swap)
    {
        File.Delete(Path.Combine(_folder, ".env"));
        Compose($"SWAP_VERSION=v1.0.0 {Setup.Compose} up -d --no-deps --no-build swap");
        try
        {
            return await SwapsAsync(swap);
        }
        finally
        {
            _ = Child.Shell(_folder, $"COMPOSE_PROJECT_NAME={Project} {Setup.Compose} down -t 1 >/dev/null 2>&1 || true");
        }
    }

    private async Task<Sample> ContainerAsync(Session session, string order)
    {
        _ = Child.Run(Setup.Docker, "run", "-d", "--name", Container, "-p", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}:8080"),
            $"{Setup.Registry}/swap:v1.0.0");
        try
        {
            return await SwapsAsync(version => Ours(session, version, order, $"-Container {Container}"));
        }
        finally
        {
            _ = Child.Run(Setup.Docker, "rm", "-f", Container);
        }
    }

    /// <summary>A warm swap among others: so many networks of its own, and on the first a database that it needs to start.</summary>
    private async Task<Sample> AmongAsync(Session session, int networks)
    {
        var names = Enumerable.Range(1, networks).Select(number => string.Create(CultureInfo.InvariantCulture, $"{Container}-{number}")).ToList();
        try
        {
            foreach (var name in names)
            {
                _ = Child.Run(Setup.Docker, "network", "create", name);
            }

            _ = Child.Run(
                Setup.Docker, "run", "-d", "--name", Database, "--network", names[0], "--network-alias", "db", $"{Setup.Registry}/swap:v1.0.0");
            _ = Child.Run(
                Setup.Docker, "create", "--name", Container, "--network", names[0], "-e", "DATABASE=db:8080",
                "-p", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}:8080"), $"{Setup.Registry}/swap:v1.0.0");
            foreach (var name in names.Skip(1))
            {
                _ = Child.Run(Setup.Docker, "network", "connect", name, Container);
            }

            _ = Child.Run(Setup.Docker, "start", Container);
            return await SwapsAsync(version => Ours(session, version, "StartFirst", $"-Container {Container}"));
        }
        finally
        {
            _ = Child.Shell(Setup.Folder, $"{Setup.Docker} rm -f {Container} {Database} >/dev/null 2>&1 || true");
            _ = Child.Shell(Setup.Folder, $"{Setup.Docker} network rm {string.Join(' ', names)} >/dev/null 2>&1 || true");
        }
    }

    /// <summary>How long nobody was answered in each swap; or, with nobody asking, how long it took.</summary>
    private async Task<Sample> SwapsAsync(Action<string> swap)
    {
        var times = new List<double>();
        foreach (var version in Versions)
        {
            times.Add(measure == SwapMeasure.Whole ? Pairs.Time(_ => swap(version), 0) : await GapAsync(version, swap));
        }

        return new Sample(times);
    }

    private static async Task<double> GapAsync(string version, Action<string> swap, int port = Port)
    {
        var client = await PollingClient.StartAsync(port, Pause);
        await using (client)
        {
            swap(version);
            await client.AnsweredAsync(version);
        }

        return client.Gap.TotalMilliseconds;
    }
}

/// <summary>What is measured of a swap.</summary>
internal enum SwapMeasure
{
    /// <summary>How long nobody is answered, in several flows.</summary>
    Gap,

    /// <summary>How long all of it takes.</summary>
    Whole,

    /// <summary>How long nobody is answered, in pairs with stop and start by hand.</summary>
    ByHand,
}
