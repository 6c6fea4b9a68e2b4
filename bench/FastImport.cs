using System.Globalization;
using System.Text;

namespace Pro.DockerVersioning.Bench;

/// <summary>Makes repositories by git fast-import: the same bytes at every run, and kept between runs.</summary>
internal sealed class FastImport(Stream stream)
{
    private const long Start = 1_600_000_000;
    private int _commits;

    /// <summary>The repository of that name, made where it isn't there yet.</summary>
    /// <returns>Its folder.</returns>
    public static string Repository(string name, Action<FastImport> write)
    {
        var folder = Path.Combine(Setup.Folder, name);
        if (Directory.Exists(folder))
        {
            return folder;
        }

        var temporary = folder + ".new";
        if (Directory.Exists(temporary))
        {
            Directory.Delete(temporary, recursive: true);
        }

        _ = Child.Run("git", "init", "-q", "-b", "main", temporary);
        _ = Child.RunIn(temporary, "git", ["config", "core.bigFileThreshold", "16m"]);
        _ = Child.RunIn(temporary, "git", ["fast-import", "--quiet"], input => write(new FastImport(input)));
        _ = Child.RunIn(temporary, "git", ["reset", "-q", "--hard", "main"]);
        _ = Child.RunIn(temporary, "git", ["pack-refs", "--all"]);
        Directory.Move(temporary, folder);
        return folder;
    }

    /// <summary>A commit on a branch.</summary>
    /// <returns>Its mark.</returns>
    public int Commit(string branch, int? parent, int? merged = null, params IEnumerable<(string Path, byte[] Content)> files)
    {
        _commits++;
        Line($"commit refs/heads/{branch}");
        Line($"mark :{_commits}");
        Line(Inv($"committer Bench <bench@example.com> {Start + (_commits * 60L)} +0000"));
        Data(Encoding.UTF8.GetBytes(Inv($"commit {_commits}")));
        if (parent is not null)
        {
            Line($"from :{parent}");
        }

        if (merged is not null)
        {
            Line($"merge :{merged}");
        }

        foreach (var (path, content) in files)
        {
            Line($"M 100644 inline {path}");
            Data(content);
        }

        return _commits;
    }

    /// <summary>A tag: annotated, or lightweight.</summary>
    public void Tag(string name, int commit, bool annotated)
    {
        if (!annotated)
        {
            Line($"reset refs/tags/{name}");
            Line($"from :{commit}");
            return;
        }

        Line($"tag {name}");
        Line($"from :{commit}");
        Line(Inv($"tagger Bench <bench@example.com> {Start + (commit * 60L)} +0000"));
        Data(Encoding.UTF8.GetBytes(name));
    }

    private static string Inv(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private void Data(byte[] content)
    {
        Line($"data {content.Length}");
        stream.Write(content);
        stream.WriteByte((byte)'\n');
    }

    private void Line(string text) => stream.Write(Encoding.UTF8.GetBytes(text + "\n"));
}
