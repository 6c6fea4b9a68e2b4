namespace Pro.DockerVersioning.Tests.Engine.Faults;

/// <summary>What goes wrong between a command and the engine.</summary>
internal enum Fault
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>kill -9 of the command and all its children before the call arrives.</summary>
    Kill,

    /// <summary>kill -9 of the command alone, when a child of it (compose) asks: the child goes on.</summary>
    KillAlone,

    /// <summary>The engine answers 500 instead of doing it.</summary>
    Refuse,

    /// <summary>The engine does it, and the connection is cut before the answer.</summary>
    Reset,

    /// <summary>The engine does it, and never answers.</summary>
    Hang,
}

/// <summary>One fault at one call.</summary>
/// <param name="Fault">Which.</param>
/// <param name="At">The call, counted from one.</param>
/// <param name="AmongChanges">Whether only the calls that change something count, or only the others.</param>
internal sealed record FaultPlan(Fault Fault, int At, bool AmongChanges)
{
    /// <summary>Whether only such calls count as come after the new version was made to stay.</summary>
    public bool SinceCommit { get; init; }

    /// <summary>Everything passes.</summary>
    public static FaultPlan Nothing { get; } = new(Fault.None, 0, AmongChanges: true);

    /// <inheritdoc/>
    public override string ToString() => $"{Fault} at {At} of the calls that {(AmongChanges ? "change something" : "only ask")}";
}
