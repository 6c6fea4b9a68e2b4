namespace Pro.DockerVersioning.Versions;

/// <summary>What is known of the commits of an alias's holder and of the version that wants it.</summary>
internal enum CommitRelation
{
    /// <summary>Nobody can say: no repository, a shallow clone, an image without labels.</summary>
    Unknown,

    /// <summary>The holder's commit is an ancestor of the version's, or the same.</summary>
    Ancestor,

    /// <summary>It is not.</summary>
    NotAncestor,
}

/// <summary>Who holds an alias now.</summary>
/// <param name="Alias">The alias: <c>latest</c>, <c>v1.2</c>, <c>v1</c>.</param>
/// <param name="Version">The version of the image that it names, the newest if there are several; null if it shows none.</param>
/// <param name="Identity">What messages call an image without a version: its id or digest.</param>
internal sealed record AliasHolder(string Alias, ProVersion? Version, string Identity);

/// <summary>The question to <see cref="AliasPolicy"/>: over one engine's images of a service, or over a registry's tags.</summary>
/// <param name="Version">The version that is being built or published.</param>
/// <param name="Existing">The versions there, with or without <paramref name="Version"/> itself.</param>
/// <param name="Holders">The holder of each alias that exists there.</param>
internal sealed record AliasRequest(
    ProVersion Version,
    IReadOnlyCollection<ProVersion> Existing,
    IReadOnlyCollection<AliasHolder> Holders)
{
    /// <summary>Which aliases are wanted besides <c>latest</c>.</summary>
    public ProAlias Aliases { get; init; }

    /// <summary>Whether <c>latest</c> goes by the rule.</summary>
    public ProLatestPolicy Latest { get; init; }

    /// <summary>
    /// Whether the holder's commit is an ancestor of the version's. Asked at most once, only for a commit's build that finds
    /// <c>latest</c> held; left out where no one can answer, and then the alias stays.
    /// </summary>
    public Func<AliasHolder, CommitRelation>? Ancestry { get; init; }
}

/// <summary>What happens to one alias.</summary>
/// <param name="Alias">The alias.</param>
/// <param name="Moves">Whether it is set to the version.</param>
/// <param name="Reason">Why it moves or stays: a part of a sentence that may follow the alias's name and a colon.</param>
internal sealed record AliasDecision(string Alias, bool Moves, string Reason)
{
    /// <summary>
    /// True if it stays although such a version may move it: something newer is there, or nobody can tell. Who publishes or builds
    /// should hear of it; that a pre-release moves nothing, everybody knows.
    /// </summary>
    public bool IsHeldBack { get; init; }

    /// <summary>True if it stays since it names what is deployed.</summary>
    public bool IsDeployed { get; init; }

    /// <summary>True if the registry doesn't let it be moved: no parameter of ours would.</summary>
    public bool IsRefused { get; init; }

    /// <summary>The warning that it was held back.</summary>
    /// <param name="place">Whose alias, and where.</param>
    public string WarningFor(string place) =>
        $"{place}, {this}.{(Alias == AliasName.Latest.ToString() && !IsRefused ? " -Latest Always moves it all the same." : null)}";

    /// <inheritdoc/>
    public override string ToString() => $"{Alias}: {Reason}";
}
