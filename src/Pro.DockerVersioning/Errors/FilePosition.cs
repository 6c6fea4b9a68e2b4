namespace Pro.DockerVersioning.Errors;

/// <summary>A place in a file, for messages. Lines and columns count from one.</summary>
internal readonly record struct FilePosition(string File, int Line, int Column)
{
    /// <inheritdoc/>
    public override string ToString() => $"{File}, line {Line}, column {Column}";
}
