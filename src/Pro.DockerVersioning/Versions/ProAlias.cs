namespace Pro.DockerVersioning;

/// <summary>The aliases that are made besides <c>latest</c>.</summary>
[Flags]
public enum ProAlias
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary><c>v1.2</c>, the newest stable release of 1.2.</summary>
    Minor = 1,

    /// <summary><c>v1</c>, the newest stable release of 1; there is no <c>v0</c>.</summary>
    Major = 2,
}

/// <summary>Whether <c>latest</c> moves.</summary>
public enum ProLatestPolicy
{
    /// <summary>By the forward-only rule.</summary>
    Auto,

    /// <summary>Whatever it points at now.</summary>
    Always,

    /// <summary>Not at all.</summary>
    Never,
}
