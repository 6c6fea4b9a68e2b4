using System.Text;

namespace Pro.DockerVersioning.HelpBuilder;

/// <summary>A file of the compiled help, relative to the culture's folder.</summary>
internal sealed record HelpFile(string Name, string Content);

/// <summary>The folder of compiled help. It holds nothing else, so that what no page makes any more goes away.</summary>
internal static class HelpFolder
{
    public static void Write(string folder, IReadOnlyList<HelpFile> files)
    {
        Directory.CreateDirectory(folder);
        var stale = Directory.GetFiles(folder, "*-Help.xml").Concat(Directory.GetFiles(folder, "*.help.txt"))
            .Where(path => !files.Any(file => file.Name == Path.GetFileName(path)));
        foreach (var path in stale)
        {
            File.Delete(path);
        }

        foreach (var file in files)
        {
            File.WriteAllText(Path.Combine(folder, file.Name), file.Content, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        }
    }
}
