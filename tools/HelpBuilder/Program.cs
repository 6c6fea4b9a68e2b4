using Pro.DockerVersioning.HelpBuilder;

// HelpBuilder PAGES OUTPUT: compiles the Markdown pages of a folder into what Get-Help reads.
if (args.Length != 2)
{
    await Console.Error.WriteLineAsync("usage: HelpBuilder PAGES-FOLDER OUTPUT-FOLDER");
    return 2;
}

var compilation = HelpCompiler.Compile(
    PageSource.ReadFolder(args[0]), PageSource.ReadFolder(Path.Combine(args[0], SharedTexts.Folder)));
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
