using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Machine;

namespace Pro.DockerVersioning.Git;

/// <summary>One large blob, streamed by <c>git cat-file blob</c>: memory stays flat whatever its size.</summary>
internal sealed class CatFileStream : Stream
{
    private const int ErrorTextKept = 4096;

    private readonly Process process;
    private readonly Stream output;
    private readonly StringBuilder errors = new();
    private readonly string sha;
    private readonly long length;
    private long position;

    private CatFileStream(Process process, string sha, long length)
    {
        this.process = process;
        this.sha = sha;
        this.length = length;
        output = process.StandardOutput.BaseStream;
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginErrorReadLine();
    }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => length;

    /// <inheritdoc/>
    public override long Position
    {
        get => position;
        set => throw new NotSupportedException();
    }

    /// <summary>Starts the program.</summary>
    /// <exception cref="ProException">There is no git program.</exception>
    public static CatFileStream Start(string gitDirectory, string sha, long length)
    {
        const string Purpose = "read a file of more than 32 MiB from the repository";
        var start = new ProcessStartInfo(ProgramFinder.Find("git") ?? throw GitErrors.GitProgramMissing(Purpose, null))
        {
            ArgumentList = { $"--git-dir={gitDirectory}", "cat-file", "blob", sha },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            CreateNoWindow = true,
        };

        // libgit2 doesn't look at these; the program must read the same repository.
        foreach (var name in new[] { "GIT_DIR", "GIT_WORK_TREE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR" })
        {
            start.Environment.Remove(name);
        }

        try
        {
            return new(Process.Start(start)!, sha, length);
        }
        catch (Win32Exception error)
        {
            throw GitErrors.GitProgramMissing(Purpose, error);
        }
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer) => Advance(output.Read(buffer), buffer.Length);

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        Advance(await output.ReadAsync(buffer, cancellationToken).ConfigureAwait(false), buffer.Length);

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            // Left in the middle, it would wait for a reader for ever.
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }

            process.WaitForExit();
            process.Dispose();
        }

        base.Dispose(disposing);
    }

    private int Advance(int read, int asked)
    {
        position += read;
        if (read == 0 && asked > 0 && position < length)
        {
            process.WaitForExit();
            lock (errors)
            {
                throw GitErrors.GitProgramFailed(sha, process.ExitCode, errors.ToString());
            }
        }

        return read;
    }

    private void Keep(string? line)
    {
        lock (errors)
        {
            if (line is not null && errors.Length < ErrorTextKept)
            {
                errors.AppendLine(line);
            }
        }
    }
}
