namespace Pro.DockerVersioning.Deployment.Compose.Program;

/// <summary>What a run of compose came to.</summary>
/// <param name="ExitCode">Its exit code. 0 says nothing about whether the service lives.</param>
/// <param name="Output">Its standard output.</param>
/// <param name="LastLines">The last lines of both its outputs, for errors.</param>
internal sealed record ComposeAnswer(int ExitCode, string Output, IReadOnlyList<string> LastLines)
{
    /// <summary>True if it had said nothing for too long, and was ended.</summary>
    public bool WasSilent { get; init; }

    /// <summary>What it warned of, each once.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
