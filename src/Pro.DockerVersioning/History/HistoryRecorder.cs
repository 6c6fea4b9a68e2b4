using Pro.DockerVersioning.Machine;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.History;

/// <summary>Runs work and writes its line, however the work ends.</summary>
internal sealed class HistoryRecorder(HistoryLog log, IProgress<Report> reports)
{
    /// <summary>Runs it.</summary>
    /// <param name="entry">What is known before; its outcome is replaced.</param>
    /// <param name="work">The work.</param>
    /// <param name="complete">Adds to the entry what the result says.</param>
    /// <returns>The work's result.</returns>
    public async Task<T> RunAsync<T>(ProHistoryEntry entry, Func<Task<T>> work, Func<ProHistoryEntry, T, ProHistoryEntry> complete)
    {
        var clock = Clock.Start();
        T result;
        try
        {
            result = await work().ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            await AppendAsync(entry with
            {
                Outcome = fault is OperationCanceledException ? ProHistoryEntry.Stopped : ProHistoryEntry.Failed,
                Message = fault is OperationCanceledException ? null : MessageOf(fault),
            }).ConfigureAwait(false);
            throw;
        }

        await AppendAsync(complete(entry with { Outcome = ProHistoryEntry.Succeeded }, result)).ConfigureAwait(false);
        return result;

        Task AppendAsync(ProHistoryEntry done) =>
            log.AppendAsync(done with { Time = Clock.Now, Duration = done.Duration ?? clock.Elapsed }, reports);
    }

    /// <summary>The first line: those after it are what a build or container printed, and nobody knows what that says.</summary>
    private static string MessageOf(Exception fault) => fault is ProException
        ? fault.Message.Split('\n', 2)[0].TrimEnd()
        : fault.GetType().Name;
}
