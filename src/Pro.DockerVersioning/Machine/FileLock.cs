using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace Pro.DockerVersioning.Machine;

/// <summary>
/// One writer at a time, of all processes and, on a share, of all machines: who has the lock file open alone has the lock. The system
/// takes it back from a process that dies. (.NET: a sharing mode on Windows, <c>flock</c> elsewhere, which Linux carries out on NFS and
/// SMB shares as well.)
/// </summary>
internal static class FileLock
{
    private const int WindowsSharingViolation = unchecked((int)0x80070020);
    private const int WindowsLockViolation = unchecked((int)0x80070021);
    private const int LinuxWouldBlock = 11;
    private const int MacWouldBlock = 35;
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(20);

    /// <summary>Takes the lock; others that hold it are waited for.</summary>
    /// <param name="path">The lock file; it is made if there is none, and stays.</param>
    /// <param name="patience">How long others are waited for.</param>
    /// <exception cref="IOException">It can't be opened, or others held it all the time.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not.</exception>
    [SuppressMessage("Security", "CA5394:Do not use insecure randomness", Justification = "It only spreads waiters.")]
    public static async Task<FileStream> TakeAsync(string path, TimeSpan patience)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
            }
            catch (IOException held) when (IsHeld(held) && clock.Elapsed < patience)
            {
                // At random, so that many who wait don't meet again and again.
                await Task.Delay(LongestPause * Random.Shared.NextDouble()).ConfigureAwait(false);
            }
        }
    }

    private static bool IsHeld(IOException exception) => OperatingSystem.IsWindows()
        ? exception.HResult is WindowsSharingViolation or WindowsLockViolation
        : exception.HResult is LinuxWouldBlock or MacWouldBlock;
}
