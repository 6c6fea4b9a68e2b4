using System.Globalization;
using System.Security.Cryptography;
using Pro.DockerVersioning.Git;
using Pro.DockerVersioning.Git.Context;
using Xunit;

namespace Pro.DockerVersioning.Tests.Git;

/// <summary>Memory is the process's, so nothing else may run meanwhile.</summary>
[CollectionDefinition(nameof(LargeFileTests), DisableParallelization = true)]
public sealed class AloneBecauseMemoryIsMeasured;

[Collection(nameof(LargeFileTests))]
public sealed class LargeFileTests
{
    private const int MiB = 1024 * 1024;

    [Fact]
    public async Task A_file_of_400_MiB_is_streamed_whole_with_flat_memory()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "reads /proc");
        using var made = TestRepository.Create();
        var expected = WriteLarge(made.FullPath("large.bin"), 400);
        made.Git("config", "core.bigFileThreshold", "1m");
        made.Git("config", "core.compression", "0");
        made.Commit(("Dockerfile", "FROM scratch"));
        File.Delete(made.FullPath("large.bin"));
        using var repository = GitRepository.Open(made.Root);
        var context = BuildContext.Create(repository.TreeOf(repository.Resolve(null)), ".", "Dockerfile");
        var before = AnonymousMemory();
        var peak = new Peak();

        using var sink = new HashingSink(skip: 3 * 512);
        await context.WriteTarAsync(sink, DateTimeOffset.UnixEpoch, peak, TestContext.Current.CancellationToken);

        Assert.Equal(expected, sink.Hash(400L * MiB));
        Assert.True(peak.Most - before < 64 * MiB, $"{(peak.Most - before) / MiB} MiB above the start");
    }

    [Fact]
    public async Task A_large_file_left_in_the_middle_ends_the_git_program()
    {
        using var made = TestRepository.Create();
        WriteLarge(made.FullPath("large.bin"), 40);
        made.Commit();
        using var repository = GitRepository.Open(made.Root);
        var tree = repository.TreeOf(repository.Resolve(null));
        var content = tree.Open(tree.Find("large.bin")!);
        var read = await content.Stream.ReadAtLeastAsync(new byte[1000], 1000, true, TestContext.Current.CancellationToken);

        Assert.IsType<CatFileStream>(content.Stream);
        Assert.Equal(1000, read);
        content.Dispose();
    }

    [Fact]
    public void An_object_that_git_cannot_read_is_an_error_with_gits_own_words()
    {
        using var made = TestRepository.Create();
        using var stream = CatFileStream.Start(made.FullPath(".git"), new string('1', 40), 100);

        var error = Assert.Throws<ProException>(() => stream.ReadByte());

        Assert.Equal("GitProgramFailed", error.Id);
        Assert.Contains("exit code 128", error.Message, StringComparison.Ordinal);
        Assert.Contains("fatal", error.Message, StringComparison.Ordinal);
    }

    private static byte[] WriteLarge(string path, int mebibytes)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var file = File.Create(path);
        var random = new Random(1);
        var block = new byte[MiB];
        random.NextBytes(block);
        for (var number = 0; number < mebibytes; number++)
        {
            BitConverter.TryWriteBytes(block, random.Next());
            file.Write(block);
            hash.AppendData(block);
        }

        return hash.GetHashAndReset();
    }

    // Anonymous pages only: mapped files are the system's to take back.
    private static long AnonymousMemory() => File.ReadLines("/proc/self/status")
        .Where(line => line.StartsWith("RssAnon:", StringComparison.Ordinal))
        .Select(line => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) * 1024)
        .Single();

    private sealed class Peak : IProgress<long>
    {
        private int reports;

        public long Most { get; private set; }

        public void Report(long value)
        {
            if (reports++ % 16 == 0)
            {
                Most = Math.Max(Most, AnonymousMemory());
            }
        }
    }

    /// <summary>Hashes what comes after the headers in front, as far as asked.</summary>
    private sealed class HashingSink(int skip) : Stream
    {
        private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private long left = 400L * MiB;
        private int toSkip = skip;

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get; set; }

        public byte[] Hash(long expected)
        {
            Assert.Equal(0, left);
            Assert.Equal(400L * MiB, expected);
            return hash.GetHashAndReset();
        }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            var skipped = Math.Min(toSkip, buffer.Length);
            toSkip -= skipped;
            var taken = (int)Math.Min(left, buffer.Length - skipped);
            hash.AppendData(buffer.Slice(skipped, taken));
            left -= taken;
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Write(buffer.Span);
            return ValueTask.CompletedTask;
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            hash.Dispose();
            base.Dispose(disposing);
        }
    }
}
