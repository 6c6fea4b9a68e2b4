namespace Pro.DockerVersioning.HelpBuilder;

/// <summary>What came of the pages: the files, or the errors that stand in their way.</summary>
internal sealed record HelpCompilation(IReadOnlyList<HelpFile> Files, IReadOnlyList<PageError> Errors);

/// <summary>
/// Compiles pages in platyPS's Markdown schema 2.0.0 into MAML, one file for each "external help file", and about topics into
/// text. The same pages give the same bytes.
/// </summary>
/// <remarks>The schema: https://github.com/PowerShell/platyPS/blob/v1/platyPS.schema.md.</remarks>
internal static class HelpCompiler
{
    public static HelpCompilation Compile(IReadOnlyList<PageSource> sources)
    {
        var commands = new List<CommandPage>();
        var files = new List<HelpFile>();
        var errors = new List<PageError>();
        foreach (var source in sources.OrderBy(source => source.Name, StringComparer.Ordinal))
        {
            var pageErrors = new PageErrors(source.Path);
            if (source.IsTopic)
            {
                files.Add(new HelpFile(source.Name + ".help.txt", AboutTopic.Compile(source, pageErrors)));
            }
            else
            {
                commands.Add(CommandPageReader.Read(source, pageErrors));
            }

            errors.AddRange(pageErrors.All.OrderBy(error => error.Line));
        }

        if (errors.Count > 0)
        {
            return new HelpCompilation([], errors);
        }

        foreach (var group in commands.GroupBy(page => page.HelpFile, StringComparer.Ordinal))
        {
            files.Add(new HelpFile(group.Key, MamlDocument.Write(group)));
        }

        return new HelpCompilation(files, errors);
    }
}
