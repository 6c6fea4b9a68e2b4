namespace Pro.DockerVersioning.HelpBuilder;

/// <summary>What is wrong with a page, and where. Printed in the form that MSBuild takes for an error of its own.</summary>
internal sealed record PageError(string Path, int Line, string Message)
{
    public override string ToString() => $"{Path}({Line}): error HELP0001: {Message}";
}

/// <summary>Collects what is wrong with one page, so that its writer sees everything at once.</summary>
internal sealed class PageErrors(PageSource source)
{
    private readonly List<PageError> _errors = [];

    public IReadOnlyList<PageError> All => _errors;

    public void Add(int line, string message)
    {
        var (path, ownLine) = line <= source.Origins.Count ? source.Origins[line - 1] : new LineOrigin(source.Path, line);
        _errors.Add(new PageError(path, ownLine, message));
    }
}
