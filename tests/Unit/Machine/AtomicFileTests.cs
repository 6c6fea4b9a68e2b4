using System.Text;
using Pro.DockerVersioning.Deployment.Compose.Project;
using Pro.DockerVersioning.Machine;
using Pro.DockerVersioning.Tests.Deployment.Compose;
using Xunit;

namespace Pro.DockerVersioning.Tests.Machine;

public sealed class AtomicFileTests : IDisposable
{
    private readonly TemporaryProject _project = new();

    public void Dispose() => _project.Dispose();

    [Fact]
    public async Task Dying_between_writing_and_renaming_leaves_the_old_file_whole()
    {
        _project.Write(".env", "V=v1\n");
        await AtomicFile.PrepareAsync(_project.DotEnv, "V=v2\n"u8.ToArray());
        Assert.Equal("V=v1\n", _project.Read(".env"));
        Assert.Equal(2, Directory.GetFiles(_project.Folder).Length);

        await SetAsync("V", "v3");

        Assert.Equal("V=v3\n", _project.Read(".env"));
        Assert.Equal([_project.DotEnv], Directory.GetFiles(_project.Folder));
    }

    [Fact]
    public async Task Twenty_writers_lose_no_line()
    {
        await Task.WhenAll(Enumerable.Range(0, 20).Select(index => Task.Run(() => SetAsync($"V{index}", "x"))));

        Assert.Equal(
            Enumerable.Range(0, 20).Select(index => $"V{index}=x").Order(),
            _project.Read(".env").Split('\n', StringSplitOptions.RemoveEmptyEntries).Order());
        Assert.Equal([_project.DotEnv], Directory.GetFiles(_project.Folder));
    }

    [Fact]
    public async Task A_link_stays_a_link_and_its_target_keeps_mode_and_owner()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Modes and links as Unix has them.");
        _project.Write("real/env", "V=v1\n");
        var real = Path.Combine(_project.Folder, "real", "env");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(real, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        }

        if (Environment.UserName == "root")
        {
            await CliWrap.Cli.Wrap("chown").WithArguments(["1234:4321", real]).ExecuteAsync(TestContext.Current.CancellationToken);
        }

        File.CreateSymbolicLink(_project.DotEnv, Path.Combine("real", "env"));
        var before = await StatAsync(real);

        await SetAsync("V", "v2");

        Assert.NotNull(File.ResolveLinkTarget(_project.DotEnv, returnFinalTarget: false));
        Assert.Equal("V=v2\n", await File.ReadAllTextAsync(real, TestContext.Current.CancellationToken));
        Assert.Equal(before, await StatAsync(real));
    }

    [Fact]
    public async Task An_editor_that_saves_meanwhile_is_not_overwritten()
    {
        _project.Write(".env", "V=v1\n");
        var first = true;
        await AtomicFile.ChangeAsync(
            _project.DotEnv,
            content =>
            {
                if (first)
                {
                    first = false;
                    File.AppendAllText(_project.DotEnv, "MEANWHILE=1\n");
                }

                return FileChange.Write(Encoding.Latin1.GetBytes(DotEnvEditor.Set(Encoding.Latin1.GetString(content!), "V", "v2")));
            },
            TestContext.Current.CancellationToken);

        Assert.Equal("V=v2\nMEANWHILE=1\n", _project.Read(".env"));
    }

    private Task<byte[]?> SetAsync(string name, string value) => AtomicFile.ChangeAsync(
        _project.DotEnv,
        content => FileChange.Write(Encoding.Latin1.GetBytes(DotEnvEditor.Set(Encoding.Latin1.GetString(content ?? []), name, value))),
        TestContext.Current.CancellationToken);

    private static async Task<string> StatAsync(string path)
    {
        var output = new StringBuilder();
        await CliWrap.Cli.Wrap("ls").WithArguments(["-ln", path]).WithStandardOutputPipe(CliWrap.PipeTarget.ToStringBuilder(output))
            .ExecuteAsync(TestContext.Current.CancellationToken);
        return string.Join(' ', output.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries).Take(4));
    }
}
