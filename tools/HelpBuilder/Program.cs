using Pro.DockerVersioning.HelpBuilder;

// HelpBuilder PAGES OUTPUT: compiles the Markdown pages of a folder into what Get-Help reads.
if (args.Length != 2)
{
    await Console.Error.WriteLineAsync("usage: HelpBuilder PAGES-FOLDER OUTPUT-FOLDER");
    return 2;
}

var pages = Directory.GetFiles(args[0], "*.md").Order(StringComparer.Ordinal).Select(PageSource.Read).ToList();
var compilation = HelpCompiler.Compile(pages);
if (compilation.Errors.Count > 0)
{
    foreach (var error in compilation.Errors)
    {
        await Console.Error.WriteLineAsync(error.ToString());
    }

    return 1;
}

HelpFolder.Write(args[1], compilation.Files);
return 0;
