using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Configuration.Compose;

/// <summary>
/// The variables of a compose project: the process's environment first (an empty one counts as set), then those that the including
/// project knows, then <c>.env</c>. One that is missing is told once.
/// </summary>
internal sealed class ComposeVariables
{
    private readonly Func<string, string?> _environment;
    private readonly IReadOnlyDictionary<string, string> _file;
    private readonly IProgress<Report>? _reports;
    private readonly string _searched;
    private readonly HashSet<string> _told;

    /// <summary>The variables of a project.</summary>
    /// <param name="environment">The process's environment; null for what isn't set.</param>
    /// <param name="file">The content of .env.</param>
    /// <param name="searched">Where the .env was looked for, for the warning: ".env of the tree of v1.2.3".</param>
    /// <param name="reports">Takes the warnings.</param>
    public ComposeVariables(
        Func<string, string?> environment, IReadOnlyDictionary<string, string> file, string searched, IProgress<Report>? reports)
    {
        _environment = environment;
        _file = file;
        _searched = searched;
        _reports = reports;
        _told = new HashSet<string>(StringComparer.Ordinal);
    }

    private ComposeVariables(ComposeVariables outer, IReadOnlyDictionary<string, string> file, string searched)
        : this(outer.Find, file, searched, outer._reports) => _told = outer._told;

    /// <summary>The variables of an included project.</summary>
    public ComposeVariables Include(IReadOnlyDictionary<string, string> file, string searched) => new(this, file, searched);

    /// <summary>The project's name, which compose gives to <c>COMPOSE_PROJECT_NAME</c> if nobody sets it; null until it is known.</summary>
    public string? ProjectName { get; set; }

    /// <summary>A variable's value; null if nobody sets it.</summary>
    public string? Find(string name) => _environment(name) ?? _file.GetValueOrDefault(name)
        ?? (name == ProEnvironmentVariables.ComposeProjectName ? ProjectName : null);

    /// <summary>Says, once a variable, that an empty text stands in for it.</summary>
    public void TellMissing(string name, FilePosition at)
    {
        if (_told.Add(name))
        {
            _reports?.Report(new WarningReport(
                $"The variable {name} ({at}) is set neither in the environment nor in {_searched}. It becomes an empty text."));
        }
    }
}
