using System.Globalization;
using System.Text.Json.Nodes;
using Pro.DockerVersioning.Tests.Simulation.World;

namespace Pro.DockerVersioning.Tests.Simulation.Engines;

/// <content>Containers: how they live.</content>
internal sealed partial class SimulatedEngine
{
    private static readonly TimeSpan StartTime = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan CommandTime = TimeSpan.FromMilliseconds(50);

    private void Start(Call call, SimulatedContainer container)
    {
        if (container.IsRunning)
        {
            call.Reply(status: 304);
            return;
        }

        for (var index = 0; index < container.Networks.Count; index++)
        {
            var endpoint = container.Networks[index];
            if (!_networks.Contains(endpoint.Network) && _networks.Find(one => one.Name == endpoint.Network.Name) is { } there)
            {
                container.Networks[index] = new SimulatedEndpoint { Network = there, Asked = endpoint.Asked };
            }
        }

        foreach (var missing in container.Networks.Where(one => !_networks.Contains(one.Network)))
        {
            container.ExitCode = 128;
            call.Refuse(404, $"failed to set up container networking: network {missing.Network.Id} not found");
            return;
        }

        container.Networks.ForEach(Join);
        if (BindInRandomOrder(container) is { } busy)
        {
            container.ExitCode = 128;
            Leave(container);
            call.Refuse(500, busy);
            return;
        }

        // What asks for its port or its name now finds it taken.
        var run = ++container.Run;
        Begin(container);
        time.After(StartTime, () =>
        {
            if (container.Run == run)
            {
                call.Reply();
            }
            else
            {
                call.Refuse(500, "the container ended while it was started");
            }
        });
    }

    /// <summary>The engine joins the networks in any order, and binds the ports as long as none among them holds them back.</summary>
    private string? BindInRandomOrder(SimulatedContainer container)
    {
        var joined = new List<SimulatedEndpoint>();
        foreach (var endpoint in container.Networks.OrderBy(_ => random.Next()))
        {
            joined.Add(endpoint);
            if (BindPorts(container, joined) is { } busy)
            {
                return busy;
            }
        }

        return null;
    }

    /// <summary>Starts a container of an operator's, at once.</summary>
    public void Start(SimulatedContainer container)
    {
        container.Networks.ForEach(Join);
        if (BindPorts(container) is not null)
        {
            Leave(container);
            return;
        }

        container.Run++;
        Begin(container);
    }

    private void Begin(SimulatedContainer container)
    {
        container.Status = "running";
        container.StartedAt = time.Now;
        container.ExitCode = 0;
        Tell(container, "start");
        if (container.Image.ServesAfter is { } serves)
        {
            // From then on it answers: whoever watches is to see it.
            time.After(serves, static () => { });
        }

        var run = container.Run;
        if (container.Image.EndsAfter is { } life)
        {
            time.After(life, () =>
            {
                if (container.Run == run)
                {
                    EndByItself(container);
                }
            });
        }

        if (container.Config["Healthcheck"] is JsonObject check && check["Test"] is JsonArray { Count: > 1 })
        {
            container.Health = "starting";
            container.FailingStreak = 0;
            CheckLater(container, check, run);
        }
    }

    private void CheckLater(SimulatedContainer container, JsonObject check, int run) =>
        time.After(Time(check, "Interval", TimeSpan.FromSeconds(30)), () =>
        {
            if (container.Run != run || container.Status != "running")
            {
                return;
            }

            var isWell = Serves(container);
            container.HealthLog.Add(new JsonObject
            {
                ["Start"] = SimulatedContainer.Text(time.Now),
                ["End"] = SimulatedContainer.Text(time.Now + CommandTime),
                ["ExitCode"] = isWell ? 0 : 1,
                ["Output"] = "",
            });
            container.FailingStreak = isWell ? 0
                : time.Now < container.StartedAt + Time(check, "StartPeriod", TimeSpan.Zero) && container.Health == "starting"
                    ? container.FailingStreak
                : container.FailingStreak + 1;
            var retries = check["Retries"]?.GetValue<int>() is > 0 and var own ? own : 3;
            var now = isWell ? "healthy" : container.FailingStreak >= retries ? "unhealthy" : container.Health;
            if (now != container.Health)
            {
                container.Health = now;
                Tell(container, "health_status: " + now);
            }

            CheckLater(container, check, run);
        });

    private static TimeSpan Time(JsonObject check, string name, TimeSpan otherwise) =>
        check[name]?.GetValue<long>() is > 0 and var nanoseconds ? TimeSpan.FromTicks(nanoseconds / 100) : otherwise;

    private void Stop(Call call, SimulatedContainer container)
    {
        if (!container.IsRunning)
        {
            container.Run++;
            container.Status = container.Status == "restarting" ? "exited" : container.Status;
            call.Reply(status: 304);
            return;
        }

        var most = TimeSpan.FromSeconds(
            call.Query.TryGetValue("t", out var text) ? int.Parse(text, CultureInfo.InvariantCulture)
            : container.Config["StopTimeout"]?.GetValue<int>() ?? 10);
        var run = container.Run;
        time.After(container.Image.StopsIn < most ? container.Image.StopsIn : most, () =>
        {
            if (container.Run == run && container.IsRunning)
            {
                End(container, container.Image.StopsIn < most ? 0 : 137);
                Tell(container, "stop");
                RemoveIfItDoesSo(container);
            }

            call.Reply();
        });
    }

    private void End(SimulatedContainer container, int code)
    {
        container.Run++;
        container.Status = "exited";
        container.ExitCode = code;
        container.FinishedAt = time.Now;
        container.Health = container.Health is null ? null : "unhealthy";
        Leave(container);
        Tell(container, "die", ("exitCode", code.ToString(CultureInfo.InvariantCulture)));
    }

    private static void Leave(SimulatedContainer container)
    {
        container.Ports.Clear();
        foreach (var endpoint in container.Networks)
        {
            (endpoint.Id, endpoint.Address) = ("", "");
        }
    }

    private void EndByItself(SimulatedContainer container)
    {
        End(container, 1);
        var policy = container.RestartPolicy["Name"]!.GetValue<string>();
        if (policy is "no" or "")
        {
            RemoveIfItDoesSo(container);
            return;
        }

        var most = container.RestartPolicy["MaximumRetryCount"]!.GetValue<int>();
        if (policy == "on-failure" && most > 0 && container.RestartCount >= most)
        {
            return;
        }

        container.Status = "restarting";
        var run = container.Run;
        time.After(TimeSpan.FromMilliseconds(100 * Math.Pow(2, Math.Min(container.RestartCount, 9))), () =>
        {
            if (container.Run == run && container.Status == "restarting")
            {
                container.RestartCount++;
                Start(container);
            }
        });
    }

    private void RemoveIfItDoesSo(SimulatedContainer container)
    {
        if (container.RemovesItself)
        {
            Remove(container, withVolumes: true);
        }
    }
}
