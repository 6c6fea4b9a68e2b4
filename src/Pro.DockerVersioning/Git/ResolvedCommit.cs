namespace Pro.DockerVersioning.Git;

/// <summary>What a version means in a repository: one commit, and the name its image gets.</summary>
/// <param name="Sha">The commit's full hash, 40 digits.</param>
/// <param name="Time">When it was committed (the committer's time, with its offset).</param>
/// <param name="Tag">The git tag that was asked for by its exact name, or null.</param>
/// <param name="Version">The version: the tag, the checked describe text with 12 digits, or the hash cut to 12.</param>
internal sealed record ResolvedCommit(string Sha, DateTimeOffset Time, string? Tag, string Version);
