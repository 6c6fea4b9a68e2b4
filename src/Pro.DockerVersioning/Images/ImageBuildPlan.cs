using Pro.DockerVersioning.Configuration.Catalog;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Git;
using Pro.DockerVersioning.Git.Context;
using Pro.DockerVersioning.Images.Building;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Images;

/// <summary>What a build of one service will do: the same plan for -WhatIf and for the run.</summary>
internal sealed record ImageBuildPlan
{
    /// <summary>The service.</summary>
    public required ServiceDefinition Service { get; init; }

    /// <summary>The version that the image gets.</summary>
    public required ProVersion Version { get; init; }

    /// <summary>The commit.</summary>
    public required ResolvedCommit Commit { get; init; }

    /// <summary>The files' tree: a commit's, or the disk's.</summary>
    public required ISourceTree Tree { get; init; }

    /// <summary>What is built, in words: "the tree of v1.2.3".</summary>
    public string Source => Tree.Description;

    /// <summary>The image's name with the version's tag.</summary>
    public required ImageReference Reference { get; init; }

    /// <summary>The files.</summary>
    public required BuildContext Context { get; init; }

    /// <summary>The identity of all that goes in.</summary>
    public required string Inputs { get; init; }

    /// <summary>What the builder gets.</summary>
    public required BuildRequest Request { get; init; }

    /// <summary>Aliases wanted, and how latest goes.</summary>
    public required ImageBuildOptions Options { get; init; }

    /// <summary>What happens to each alias, judged over this engine's images.</summary>
    public required IReadOnlyList<AliasDecision> Aliases { get; init; }

    /// <summary>The id of the image that is the same already; null if there is something to build.</summary>
    public string? AlreadyBuilt { get; init; }

    /// <summary>The image of this version that was built with other arguments, and would be replaced; null if there is none.</summary>
    public EngineImage? OtherArguments { get; init; }

    /// <summary>The tags that -Describe passed over, since they aren't versions.</summary>
    public IReadOnlyList<string> PassedOver { get; init; } = [];

    /// <summary>What the user should know before: uncommitted files that stay out.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>True if the builder itself pushes, since the engine can't hold an image of several platforms.</summary>
    public bool IsPushedByBuilder => Options.Platforms.Count > 1;

    /// <summary>The same plan, where the builder can carry it out: -WhatIf must not promise what the run refuses.</summary>
    /// <exception cref="ProException">It wants what the builder can't do, or a secret that isn't there.</exception>
    public ImageBuildPlan CheckedFor(IImageBuilder builder)
    {
        if (AlreadyBuilt is null)
        {
            builder.Check(Request);
        }

        return this;
    }

    /// <summary>The plan in lines, each with its reason.</summary>
    public IEnumerable<string> Describe(string builder)
    {
        yield return AlreadyBuilt is { } id
            ? $"{Reference} is built already from {Source} with the same inputs ({ShortId.Of(id)}); -Force builds it again"
            : $"build {Reference} from {Source} (commit {ShortId.Of(Commit.Sha)}, {Context.Entries.Count} entries "
                + $"of {(Service.Context.Length == 0 ? "the root" : Service.Context)}) with {builder}";

        if (PassedOver.Count > 0)
        {
            yield return $"{Version} is named by the nearest tag that is a version. Passed over: {string.Join(", ", PassedOver.Take(10))}"
                + (PassedOver.Count > 10 ? " …" : string.Empty);
        }

        // An image of several platforms is tagged at its registry only.
        foreach (var alias in IsPushedByBuilder ? [] : Aliases)
        {
            yield return alias.ToString();
        }

        if (Options.Push)
        {
            yield return $"push {Reference} and the aliases that belong to it at the registry";
        }
    }
}
