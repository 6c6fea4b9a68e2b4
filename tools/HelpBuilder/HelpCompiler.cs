namespace Pro.DockerVersioning.HelpBuilder;

/// <summary>The compiled files; or, if a page is wrong, all errors and no file.</summary>
internal sealed record HelpCompilation(IReadOnlyList<HelpFile> Files, IReadOnlyList<PageError> Errors);

/// <summary>
/// Compiles pages in platyPS's Markdown schema 2.0.0 into MAML, one file for each "external help file", and about topics into
/// text. The same pages give the same bytes.
/// </summary>
/// <remarks>The schema: https://github.com/PowerShell/platyPS/blob/v1/platyPS.schema.md.</remarks>
internal static class HelpCompiler
{
    /// <summary>Compiles the pages of one folder.</summary>
    /// <param name="sources">The pages.</param>
    /// <param name="sharedTexts">The texts that they include.</param>
    public static HelpCompilation Compile(IReadOnlyList<PageSource> sources, params IReadOnlyList<PageSource> sharedTexts)
    {
        var shared = new SharedTexts(sharedTexts);
        var commands = new List<CommandPage>();
        var files = new List<HelpFile>();
        var errors = new List<PageError>();
        foreach (var written in sources.OrderBy(source => source.Name, StringComparer.Ordinal))
        {
            var source = shared.Expand(written, errors);
            var pageErrors = new PageErrors(source);
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

        errors.AddRange(shared.Check());
        if (errors.Count > 0)
        {
            // What is wrong with a shared text is wrong on each page that includes it.
            return new HelpCompilation([], [.. errors.Distinct()]);
        }

        foreach (var group in commands.GroupBy(page => page.HelpFile, StringComparer.Ordinal))
        {
            files.Add(new HelpFile(group.Key, MamlDocument.Write(group)));
        }

        return new HelpCompilation(files, errors);
    }
}
