namespace Pro.DockerVersioning.Engine.Api;

/// <summary>Small facts that an engine or a swarm keeps: objects with labels, of which the first one made under a name counts.</summary>
internal interface ILabelStore
{
    /// <summary>What such an object is called in a command: <c>docker volume</c>, <c>docker config</c>.</summary>
    string Kind { get; }

    /// <summary>Makes an object, unless there is one under that name.</summary>
    /// <returns>The object that is there now, by whomever.</returns>
    /// <exception cref="ProException">The engine refuses.</exception>
    Task<LabelledObject> CreateAsync(string name, IDictionary<string, string> labels, CancellationToken cancellationToken);

    /// <summary>Removes an object; one that is gone already is fine.</summary>
    /// <exception cref="ProException">The engine refuses.</exception>
    Task RemoveAsync(string name, CancellationToken cancellationToken);

    /// <summary>All objects whose names begin in one of these ways.</summary>
    /// <exception cref="ProException">The engine refuses.</exception>
    Task<IReadOnlyList<LabelledObject>> ListAsync(IReadOnlyList<string> prefixes, CancellationToken cancellationToken);
}

/// <summary>An object with labels.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Labels">Its labels.</param>
internal sealed record LabelledObject(string Name, IReadOnlyDictionary<string, string> Labels)
{
    /// <summary>Whether its name begins in one of these ways. Pure.</summary>
    public bool IsOneOf(IReadOnlyList<string> prefixes) => prefixes.Any(prefix => Name.StartsWith(prefix, StringComparison.Ordinal));

    /// <summary>Reads what Docker.DotNet gives. Pure.</summary>
    public static LabelledObject Of(string name, IDictionary<string, string>? labels) =>
        new(name, labels?.AsReadOnly() ?? (IReadOnlyDictionary<string, string>)new Dictionary<string, string>());
}
