using System.Globalization;
using Pro.DockerVersioning.Machine;

namespace Pro.DockerVersioning.Deployment.Locking;

/// <summary>A lock as its labels say it: who holds it, since when, doing what.</summary>
internal sealed record LockInfo
{
    /// <summary>The target.</summary>
    public required string Target { get; init; }

    /// <summary>Tells its holder from any other of the same target.</summary>
    public required string Nonce { get; init; }

    /// <summary>The nonce of the chain's first claim: see <see cref="LockStore"/>. Its holder's own, unless it was taken over.</summary>
    public required string Chain { get; init; }

    /// <summary>The claim's number in its chain.</summary>
    public long Renewal { get; init; }

    /// <summary>Whether it is given back right now: the claim is the chain's last, and its holder removes them all.</summary>
    public bool Ends { get; init; }

    /// <summary>What is being done.</summary>
    public required string Operation { get; init; }

    /// <summary>Who does it.</summary>
    public required string User { get; init; }

    /// <summary>The machine on which it is done.</summary>
    public required string Host { get; init; }

    /// <summary>The process that does it.</summary>
    public required LockProcess Process { get; init; }

    /// <summary>When it was taken, by that machine's clock. It is shown, and nothing is decided by it.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>The service that it is about; null if it is about none, or an older version of this module has made it.</summary>
    public string? Service { get; init; }

    /// <summary>The service's repository; null like <see cref="Service"/>.</summary>
    public string? Repository { get; init; }

    /// <summary>See <see cref="LockRequest.Note"/>.</summary>
    public string? Note { get; init; }

    /// <summary>The note of the operation that was taken over, or what that one had taken over: a repair may die as well.</summary>
    public string? CutOff { get; init; }

    /// <summary>A lock of this process.</summary>
    internal static LockInfo Ours(LockRequest request, DateTimeOffset now)
    {
        var nonce = Guid.NewGuid().ToString("N");
        return new LockInfo
        {
            Target = request.Target,
            Nonce = nonce,
            Chain = nonce,
            Operation = request.Operation,
            User = ProOperator.User,
            Host = ProOperator.Host,
            Process = LockProcess.Current,
            Since = now,
            Service = request.Service,
            Repository = request.Repository,
            Note = request.Note,
        };
    }

    /// <summary>
    /// Why it counts as left behind; null if it is held. Pure. A process of this machine that lives holds its lock, however long it is not
    /// renewed. Any other is judged by its renewals alone.
    /// </summary>
    /// <param name="here">The process that looks.</param>
    /// <param name="startOf">See <see cref="LockProcess.IsGone"/>.</param>
    /// <param name="isOurs">Whether this process holds a lock with that nonce.</param>
    /// <param name="unchanged">For how long the one who looks has seen no renewal.</param>
    /// <param name="stale">See <see cref="LockTimes.Stale"/>.</param>
    internal string? WhyStale(
        LockProcess here, Func<int, string?> startOf, Func<string, bool> isOurs, TimeSpan unchanged, TimeSpan stale)
    {
        if (Process == here)
        {
            return isOurs(Nonce) ? null : "this process has left it behind";
        }

        if (Process.IsOf(here))
        {
            return Process.IsGone(startOf) ? string.Create(CultureInfo.InvariantCulture, $"its process {Process.Id} on {Host} is gone") : null;
        }

        return unchanged >= stale
            ? string.Create(CultureInfo.InvariantCulture, $"process {Process.Id} on {Host} has not renewed it for {unchanged.TotalSeconds:0} s")
            : null;
    }

    /// <summary>The lock in a sentence's part.</summary>
    /// <returns>For example "roll back api to v1.2.2, by alice on build-1 (process 4711), since …".</returns>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Operation}, by {User} on {Host} (process {Process.Id}), since {Since:u}");
}
