namespace Pro.DockerVersioning.Configuration;

/// <summary>Where a value comes from, the strongest first.</summary>
internal enum SettingOrigin
{
    /// <summary>A parameter of the command.</summary>
    Parameter,

    /// <summary>An environment of <c>pro.json</c> that <c>-Environment</c> chose: the user named it in this very command.</summary>
    ChosenEnvironment,

    /// <summary>An environment variable.</summary>
    EnvironmentVariable,

    /// <summary>A key of <c>pro.json</c>.</summary>
    Configuration,

    /// <summary>Nobody said anything.</summary>
    Default,
}

/// <summary>A value that remembers where it comes from.</summary>
/// <param name="Value">The value.</param>
/// <param name="Origin">What kind of place it comes from.</param>
/// <param name="Name">The place's own name: "-Registry", "REGISTRY", "registry".</param>
internal sealed record Setting<T>(T Value, SettingOrigin Origin, string Name)
{
    /// <summary>The place as a message names it: "REGISTRY (environment variable)".</summary>
    public string Source => Origin switch
    {
        SettingOrigin.Parameter => $"{Name} (parameter)",
        SettingOrigin.ChosenEnvironment => $"{Name} ({ProConfiguration.FileName}, chosen by -Environment)",
        SettingOrigin.EnvironmentVariable => $"{Name} (environment variable)",
        SettingOrigin.Configuration => $"{Name} ({ProConfiguration.FileName})",
        _ => "the default",
    };

    /// <inheritdoc/>
    public override string ToString() => $"{Value} from {Source}";
}
