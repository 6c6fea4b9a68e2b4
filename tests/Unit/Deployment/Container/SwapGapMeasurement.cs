using System.Diagnostics;
using System.Globalization;
using Pro.DockerVersioning.Deployment.Container.Swap;
using Xunit;

namespace Pro.DockerVersioning.Tests.Deployment.Container;

/// <summary>
/// How long nobody answers, flow by flow and by compose; three runs each. It measures and judges nothing, so it runs only when
/// asked: <c>-explicit only -class "*SwapGapMeasurement"</c>.
/// </summary>
[Trait("Engine", "real")]
[Collection(nameof(RealContainers))]
public sealed class SwapGapMeasurement
{
    private const int Runs = 3;

    [Fact(Explicit = true)]
    public async Task Measure()
    {
        foreach (var flow in new[] { SwapFlow.StopFirst, SwapFlow.WarmDetached, SwapFlow.WarmHeld })
        {
            var gaps = new List<double>();
            for (var run = 0; run < Runs; run++)
            {
                var scene = await SwapScene.StartAsync();
                await using (scene)
                {
                    if (flow == SwapFlow.WarmHeld)
                    {
                        _ = await scene.StartPeerAsync("exec sleep 600");
                    }

                    _ = await scene.StartOldAsync(flow);
                    gaps.Add(await GapAsync(() => scene.SwapAsync(flow)));
                }
            }

            Report(flow.ToString(), gaps);
        }

        Report("docker-compose up -d", await ComposeAsync());
    }

    private static async Task<List<double>> ComposeAsync()
    {
        var gaps = new List<double>();
        var folder = Directory.CreateTempSubdirectory("pro-gap").FullName;
        var scene = await SwapScene.StartAsync();
        await using (scene)
        {
            await WriteAsync("old");
            for (var run = 0; run < Runs; run++)
            {
                await RunAsync(folder, "up -d --no-deps --no-build");
                await WriteAsync("new");
                gaps.Add(await GapAsync(() => RunAsync(folder, "up -d --no-deps --no-build")));
                await WriteAsync("old");
            }

            await RunAsync(folder, "down");
            Directory.Delete(folder, recursive: true);
            return gaps;
        }

        Task WriteAsync(string version) => File.WriteAllTextAsync(Path.Combine(folder, "docker-compose.yml"), $$"""
            version: "3.7"
            services:
              web:
                image: {{scene.Engine.Prefix}}:{{version}}
                ports: [ "127.0.0.1:{{SwapScene.Port}}:80", "127.0.0.1:{{SwapScene.Port + 1}}:81" ]
            """);
    }

    private static async Task RunAsync(string folder, string arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("docker-compose", arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = await process.StandardError.ReadToEndAsync();
        _ = await output;
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, error);
    }

    private static async Task<double> GapAsync(Func<Task> swap)
    {
        var client = await PollingClient.StartAsync(SwapScene.Port);
        await using (client)
        {
            await swap();
            await client.AnsweredAsync("new");
        }

        return client.Gap.TotalMilliseconds;
    }

    private static void Report(string what, List<double> gaps) => TestContext.Current.SendDiagnosticMessage(
        $"GAP {what}: {string.Join(", ", gaps.Select(gap => gap.ToString("0", CultureInfo.InvariantCulture)))} ms");
}
