namespace Pro.DockerVersioning.Bench;

/// <summary>One measurement: ours beside what a user would use instead.</summary>
internal interface IBenchmark
{
    /// <summary>Its name on the command line.</summary>
    string Name { get; }

    /// <summary>What it measures.</summary>
    string Title { get; }

    /// <summary>Measures, writes the table's rows as they come, and leaves nothing on the engine.</summary>
    /// <returns>Notes that stand below the table.</returns>
    Task<IReadOnlyList<string>> RunAsync(ResultTable table, CancellationToken cancellationToken);
}
