using Pro.DockerVersioning.Machine;
using Xunit;

namespace Pro.DockerVersioning.Tests.Machine;

public sealed class ProgramFinderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pro-programs-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_program_is_found_by_its_whole_path_and_never_in_a_relative_folder()
    {
        var one = Program("one");
        var two = Program("two");
        var here = Path.GetRelativePath(Environment.CurrentDirectory, Path.GetDirectoryName(one)!);
        Assert.Equal(
            [one, two], ProgramFinder.FindAll("tool", Join(here, ".", "", Path.GetDirectoryName(one)!, Path.GetDirectoryName(two)!)));
        Assert.Empty(ProgramFinder.FindAll("tool", Join(here, ".")));
        Assert.Empty(ProgramFinder.FindAll("tool", null));
    }

    [Fact]
    public void A_path_is_not_a_name_and_a_file_that_may_not_run_is_not_a_program()
    {
        var one = Program("one");
        Assert.Empty(ProgramFinder.FindAll(one, Path.GetDirectoryName(one)));
        Assert.Empty(ProgramFinder.FindAll("./tool", Path.GetDirectoryName(one)));
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(one, UnixFileMode.UserRead);
            Assert.Empty(ProgramFinder.FindAll("tool", Path.GetDirectoryName(one)));
        }
    }

    [Fact]
    public void One_program_behind_two_links_is_found_once()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need a right there.");
        var one = Program("one");
        var link = Path.Combine(_folder, "link");
        _ = Directory.CreateSymbolicLink(link, Path.GetDirectoryName(one)!);
        Assert.Equal([one], ProgramFinder.FindAll("tool", Join(Path.GetDirectoryName(one)!, link)));
    }

    private static string Join(params string[] folders) => string.Join(Path.PathSeparator, folders);

    private string Program(string folder)
    {
        var file = Path.Combine(
            Directory.CreateDirectory(Path.Combine(_folder, folder)).FullName, OperatingSystem.IsWindows() ? "tool.exe" : "tool");
        File.WriteAllText(file, "#!/bin/sh\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        return file;
    }
}
