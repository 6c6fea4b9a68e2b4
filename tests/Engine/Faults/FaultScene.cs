namespace Pro.DockerVersioning.Tests.Engine.Faults;

/// <summary>
/// A service of two versions, on an engine: what is done to it, and how it is looked at. The command brings v1.0.0, v1.1.0 runs before.
/// </summary>
internal sealed record FaultScene
{
    /// <summary>The version that runs before, and must run again.</summary>
    public const string Old = "v1.1.0";

    /// <summary>The version that the command brings.</summary>
    public const string New = "v1.0.0";

    /// <summary>What the table calls it.</summary>
    public required string Name { get; init; }

    /// <summary>The command.</summary>
    public string Command { get; init; } = $"Invoke-ProRollback api {New} -Confirm:$false";

    /// <summary>The folder of the repository.</summary>
    public required string Folder { get; init; }

    /// <summary>The engine's socket.</summary>
    public string Engine { get; init; } = TestEngine.SocketPath;

    /// <summary>What DOCKER_HOST is without the proxy.</summary>
    public string? Host { get; init; } = Environment.GetEnvironmentVariable("DOCKER_HOST");

    /// <summary>Runs a command in the tests' own session.</summary>
    public required Func<string, ShellResult> Run { get; init; }

    /// <summary>The test's variables.</summary>
    public required EnvironmentScope Variables { get; init; }

    /// <summary>Takes all away, and starts <see cref="Old"/> as its operator would.</summary>
    public required Action Reset { get; init; }

    /// <summary>Asks the service which version it is; it runs whether or not something is left over.</summary>
    public required Func<string> Answer { get; init; }

    /// <summary>Throws unless that version runs, as its operator had set it up, and nothing else is there.</summary>
    public required Action<string> OnlyRuns { get; init; }

    /// <summary>Whether a call makes the new version stay, whatever happens afterwards.</summary>
    public required Func<string, bool> Commits { get; init; }

    /// <summary>Whether a call is a child's (compose's), which goes on when the command alone is killed.</summary>
    public Func<string, bool> IsOfChild { get; init; } = static _ => false;

    /// <summary>
    /// True where the command goes back by the same kind of call as it has come, and so what reached the engine doesn't tell which version
    /// must run.
    /// </summary>
    public bool ReturnsByTheSameCall { get; init; }

    /// <summary>At how many of the calls that change something the command is killed without a variable; null for each of them.</summary>
    public int? SampledKills { get; init; }

    /// <summary>
    /// True where the engine goes on by itself after a kill, and so the repair finds it done or half done: its word counts then.
    /// </summary>
    public bool MayEndEitherWay { get; init; }
}
