using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Services.Locking;
using Pro.DockerVersioning.Tests.History;

namespace Pro.DockerVersioning.Tests.Locking;

/// <summary>A process that wants a lock once it is told to, says how that went, and holds it until its input ends.</summary>
internal static class LockChild
{
    public static async Task RunAsync(string target)
    {
        using var engine = EngineConnection.Open(EngineEndpoint.Resolve(Environment.GetEnvironmentVariable));
        Console.WriteLine("ready");
        while (Console.ReadLine() is not null)
        {
            try
            {
                await using var held = await TargetLock.AcquireAsync(
                    engine, new LockRequest(target, "the child's work"), new Kept(), CancellationToken.None);
                Console.WriteLine("won");
                _ = Console.ReadLine();
            }
            catch (ProException refused)
            {
                Console.WriteLine(refused.Id);
                _ = Console.ReadLine();
            }

            Console.WriteLine("ready");
        }
    }
}
