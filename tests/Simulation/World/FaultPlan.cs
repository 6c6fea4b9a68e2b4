namespace Pro.DockerVersioning.Tests.Simulation.World;

/// <summary>How a call goes wrong.</summary>
public enum Fault
{
    /// <summary>Whoever asks dies before the engine gets the call.</summary>
    KillBefore,

    /// <summary>The engine does it, and whoever asked is dead.</summary>
    KillAfter,

    /// <summary>The engine answers 500, and does nothing.</summary>
    Refuse,

    /// <summary>The connection breaks before the engine gets the call.</summary>
    CutBefore,

    /// <summary>The engine does it, and its answer is lost.</summary>
    CutAfter,

    /// <summary>The engine does nothing, and never answers.</summary>
    Silence,

    /// <summary>The engine is restarted while it does it.</summary>
    EngineRestart,
}

/// <summary>What goes wrong, and at which of an operator's calls; the first is 1.</summary>
public sealed record FaultPlan(Fault Fault, int At)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Fault} at call {At}";
}
