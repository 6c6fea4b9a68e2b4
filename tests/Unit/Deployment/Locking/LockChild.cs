using Pro.DockerVersioning.Deployment.Locking;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Tests.History;

namespace Pro.DockerVersioning.Tests.Deployment.Locking;

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

    /// <summary>
    /// Takes the lock and gives it back, again and again, and says each time whether it was alone with it. Somebody kills it.
    /// </summary>
    public static async Task CompeteAsync(string target, string file)
    {
        using var engine = EngineConnection.Open(EngineEndpoint.Resolve(Environment.GetEnvironmentVariable));
        var request = new LockRequest(target, "the child's work") { Wait = TimeSpan.FromMinutes(10) };
        while (true)
        {
            await using var held = await TargetLock.AcquireAsync(engine, request, new Kept(), CancellationToken.None);
            Console.WriteLine(IsAlone(file) || !await held.IsHeldAsync(CancellationToken.None) ? "won" : "two hold it");
        }
    }

    private static bool IsAlone(string file)
    {
        try
        {
            // The kernel lets go of it when a process dies.
            using var mine = new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            mine.WriteByte(0);
            mine.Flush(flushToDisk: true);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
