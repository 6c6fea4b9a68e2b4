using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Pro.DockerVersioning.Git;
using Pro.DockerVersioning.Git.Context;
using Xunit;
using TarReader = System.Formats.Tar.TarReader;

namespace Pro.DockerVersioning.Tests.Git;

public sealed class TarWriterTests : IDisposable
{
    private static readonly string Deep = string.Join('/', Enumerable.Repeat("a-folder-with-a-long-name", 8));
    private static readonly string LongName = new('n', 120);

    private readonly TestRepository made = TestRepository.Create();

    [Fact]
    public async Task A_tag_has_one_tar_with_one_SHA_256_on_every_machine_and_day()
    {
        made.Write("api/Dockerfile", "FROM scratch\nCOPY . /\n").Write("api/empty", "");
        made.Write("api/src/main.c", "int main() { return 0; }\n");
        made.WriteExecutable("api/run.sh", "#!/bin/sh\nexec true\n").Link("api/link", "src/main.c");
        made.Write("api/" + Deep[..150] + "/file", "split by ustar\n");
        made.Commit();
        made.AnnotatedTag("v1.0.0");

        var tar = await TarOf("v1.0.0");

        Assert.Equal("8323caa8c3159e84a78edfe53c888f829074d70b33b11341d24cb1de58d572f7", Hash(tar));
        Assert.DoesNotContain("PaxHeaders", Encoding.Latin1.GetString(tar), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_and_links_that_ustar_cannot_hold_go_into_PAX_records_with_one_SHA_256_too()
    {
        CommitNamesForPax();

        var tar = await TarOf("v1.0.0");

        Assert.Equal("2c4f5291954b5c89563055277dfb79131bb0689c705adccf540614fbc1b8f210", Hash(tar));
    }

    [Fact]
    public async Task The_real_tar_brings_back_content_links_and_modes()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "modes and links");
        CommitNamesForPax();
        made.WriteExecutable("api/run.sh", "#!/bin/sh\n");
        made.Write("api/big", [.. Enumerable.Range(0, 300_000).Select(number => (byte)number)]);
        made.Commit();
        made.Git("tag", "--force", "v1.0.0");
        var tar = Path.Combine(made.Beside, "context.tar");
        await File.WriteAllBytesAsync(tar, await TarOf("v1.0.0"), TestContext.Current.CancellationToken);
        var target = Directory.CreateDirectory(Path.Combine(made.Beside, "extracted")).FullName;

        var listing = Run("tar", "--numeric-owner", "-tvf", tar);
        Run("tar", "-xpf", tar, "-C", target);
        Run("git", "diff", "--no-index", "--exit-code", made.FullPath("api"), target);

        var lines = listing.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(lines, line => Assert.Contains(" 0/0 ", line, StringComparison.Ordinal));
        Assert.Equal((UnixFileMode)0x1ED, ModeOf(Path.Combine(target, "run.sh")));
        Assert.Equal((UnixFileMode)0x1A4, ModeOf(Path.Combine(target, "Dockerfile")));
        Assert.Equal((UnixFileMode)0x1ED, ModeOf(Path.Combine(target, "äöü")));
        Assert.Equal(new string('t', 130), new FileInfo(Path.Combine(target, "long-target")).LinkTarget);
        Assert.Equal(new DateTime(2024, 1, 1, 2, 0, 0, DateTimeKind.Utc), File.GetLastWriteTimeUtc(Path.Combine(target, "Dockerfile")));
    }

    [Fact]
    public async Task The_frameworks_reader_agrees_at_every_length_of_a_name()
    {
        using var stream = new MemoryStream();
        var names = new List<string>();
        using (var writer = new TarWriter(stream, DateTimeOffset.UnixEpoch, null))
        {
            foreach (var length in Enumerable.Range(90, 180))
            {
                names.Add(new string('f', length));
                names.Add($"{new string('d', length / 2)}/{new string('f', length - (length / 2))}");
                names.Add($"d/{new string('f', length)}");
                names.Add($"{new string('d', length)}/f");
                names.Add($"ü/{new string('f', length)}");
            }

            foreach (var name in names)
            {
                using var content = new SourceContent(new MemoryStream("x"u8.ToArray()), 1);
                await writer.WriteFileAsync(name, false, content, TestContext.Current.CancellationToken);
                await writer.WriteDirectoryAsync(name + ".d", TestContext.Current.CancellationToken);
            }

            await writer.FinishAsync(TestContext.Current.CancellationToken);
        }

        stream.Position = 0;
        using var reader = new TarReader(stream);
        foreach (var name in names)
        {
            Assert.Equal(name, (await Next(reader))!.Name);
            Assert.Equal(name + ".d", (await Next(reader))!.Name.TrimEnd('/'));
        }

        Assert.Null(await Next(reader));
    }

    [Theory]
    [InlineData(-86_400L)]
    [InlineData(0L)]
    [InlineData(8_589_934_591L)]
    [InlineData(8_589_934_592L)]
    public async Task Times_before_1970_and_after_2242_are_kept(long seconds)
    {
        using var stream = new MemoryStream();
        using (var writer = new TarWriter(stream, DateTimeOffset.FromUnixTimeSeconds(seconds), null))
        {
            await writer.WriteDirectoryAsync("d", TestContext.Current.CancellationToken);
            await writer.FinishAsync(TestContext.Current.CancellationToken);
        }

        stream.Position = 0;
        using var reader = new TarReader(stream);
        Assert.Equal(seconds, (await Next(reader))!.ModificationTime.ToUnixTimeSeconds());
    }

    [Fact]
    public void A_file_of_more_than_8_GiB_has_its_size_in_a_record()
    {
        var header = TarHeader.File("big", false, 10_000_000_000, 0);

        Assert.Equal("20 size=10000000000\n", Encoding.ASCII.GetString(header.PaxRecords()));
        Assert.Empty(TarHeader.File("big", false, 8_589_934_591, 0).PaxRecords());
    }

    [Fact]
    public async Task A_content_that_ends_too_early_is_an_error_not_a_broken_tar()
    {
        using var writer = new TarWriter(Stream.Null, DateTimeOffset.UnixEpoch, null);
        using var content = new SourceContent(new MemoryStream("abc"u8.ToArray()), 4);

        var error = await Assert.ThrowsAsync<ProException>(
            async () => await writer.WriteFileAsync("short", false, content, TestContext.Current.CancellationToken));

        Assert.Equal("FileUnreadable", error.Id);
    }

    [Fact]
    public async Task A_content_that_grew_is_cut_at_the_size_in_the_header()
    {
        using var stream = new MemoryStream();
        using (var writer = new TarWriter(stream, DateTimeOffset.UnixEpoch, null))
        {
            using var content = new SourceContent(new MemoryStream("abcdef"u8.ToArray()), 3);
            await writer.WriteFileAsync("log", false, content, TestContext.Current.CancellationToken);
            await writer.FinishAsync(TestContext.Current.CancellationToken);
        }

        Assert.Equal(4 * TarHeader.BlockSize, stream.Length);
        Assert.Equal("abc\0", Encoding.ASCII.GetString(stream.ToArray(), TarHeader.BlockSize, 4));
    }

    [Fact]
    public async Task Progress_tells_the_bytes_and_cancelling_stops()
    {
        made.Commit(("api/Dockerfile", "FROM scratch"), ("api/big", new string('x', 1_000_000)));
        using var repository = GitRepository.Open(made.Root);
        var context = BuildContext.Create(repository.TreeOf(repository.Resolve(null)), "api", "api/Dockerfile");
        var told = new List<long>();
        using var stream = new MemoryStream();
        await context.WriteTarAsync(stream, DateTimeOffset.UnixEpoch, new Told(told.Add), TestContext.Current.CancellationToken);

        using var source = new CancellationTokenSource();
        var stopping = context.WriteTarAsync(Stream.Null, DateTimeOffset.UnixEpoch, new Told(_ => source.Cancel()), source.Token);

        Assert.Equal(told.Order(), told);
        Assert.True(told.Count >= 4);
        Assert.Equal(stream.Length, told[^1]);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stopping);
    }

    public void Dispose() => made.Dispose();

    private static string Hash(byte[] tar) => Convert.ToHexString(SHA256.HashData(tar)).ToLowerInvariant();

    private static ValueTask<System.Formats.Tar.TarEntry?> Next(TarReader reader) =>
        reader.GetNextEntryAsync(false, TestContext.Current.CancellationToken);

    private static UnixFileMode ModeOf(string path) =>
        OperatingSystem.IsWindows() ? UnixFileMode.None : File.GetUnixFileMode(path);

    private static string Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program}: {output}{errors.GetAwaiter().GetResult()}");
        return output;
    }

    private void CommitNamesForPax()
    {
        made.Write("api/Dockerfile", "FROM scratch\n").Write("api/" + LongName, "a name of 120\n");
        made.Write("api/äöü/ß.txt", "not ASCII\n");
        made.Write("api/日本語 \"quoted\"", "and quotes\n").Write("api/line\nbreak", "1\n");
        made.Write($"api/{Deep}/{Deep}/x", "over 255\n");
        made.Link("api/long-target", new string('t', 130)).Link("api/other", "äöü/ß.txt");
        made.Commit();
        made.AnnotatedTag("v1.0.0");
    }

    private async Task<byte[]> TarOf(string version)
    {
        using var repository = GitRepository.Open(made.Root);
        var commit = repository.Resolve(version);
        using var stream = new MemoryStream();
        await BuildContext.Create(repository.TreeOf(commit), "api", "api/Dockerfile")
            .WriteTarAsync(stream, commit.Time, null, TestContext.Current.CancellationToken);
        return stream.ToArray();
    }

    private sealed class Told(Action<long> action) : IProgress<long>
    {
        public void Report(long value) => action(value);
    }
}
