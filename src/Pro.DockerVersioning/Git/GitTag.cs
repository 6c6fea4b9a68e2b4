namespace Pro.DockerVersioning.Git;

/// <summary>A tag and the object it leads to in the end, however many tag objects stand in between.</summary>
/// <param name="Name">Without refs/tags/.</param>
/// <param name="TargetSha">The object at the end: a commit, rarely something else.</param>
/// <param name="AnnotationSha">The tag's own object if it is annotated; null of a lightweight one.</param>
internal sealed record GitTag(string Name, string TargetSha, string? AnnotationSha);
