using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using Pro.DockerVersioning.Machine;

namespace Pro.DockerVersioning.Git;

/// <summary>
/// The git program, for what libgit2 can't read or answers differently: sparse and split indexes, filters, sparse checkouts.
/// </summary>
internal static class GitProgram
{
    // These would send the program to another repository than the library reads.
    private static readonly string[] Misleading =
        ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_NAMESPACE", "GIT_PREFIX"];

    /// <summary>Runs it in a repository and gives what it wrote; null if there is no git program, or if it failed.</summary>
    /// <param name="root">The working tree.</param>
    /// <param name="arguments">The arguments.</param>
    public static string? TryRun(string root, params string[] arguments)
    {
        if (ProgramFinder.Find("git") is not { } path)
        {
            return null;
        }

        var start = new ProcessStartInfo(path)
        {
            WorkingDirectory = root,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            UseShellExecute = false,
            CreateNoWindow = true,
        };

        // A question must not write: others work with this repository at the same time.
        foreach (var argument in (string[])["--no-optional-locks", "--literal-pathspecs", .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var name in Misleading)
        {
            start.Environment.Remove(name);
        }

        try
        {
            using var process = Process.Start(start)!;
            process.StandardInput.Close();
            process.ErrorDataReceived += static (_, _) => { };
            process.BeginErrorReadLine();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? output : null;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}
