namespace Pro.DockerVersioning.Errors;

/// <summary>What can be wrong with a build or a publication before anything is done.</summary>
internal static class ImageErrors
{
    /// <summary>-Ref without a version.</summary>
    public static ProException RefNeedsVersion(string name) => new(
        "RefNeedsVersion",
        ProErrorCategory.InvalidArgument,
        $"-Ref {name} says what to build, but no version says what to call it.",
        "Give a version too: Build-ProImage SERVICE v1.2.3 -Ref " + name + ". Without -Ref, a commit is named by its hash.",
        name);

    /// <summary>-Ref names another commit than the tag of that version.</summary>
    public static ProException RefIsNotTheTag(string version, string tagged, string name, string commit) => new(
        "RefIsNotTheTag",
        ProErrorCategory.ResourceExists,
        $"The git tag {version} is commit {ShortId.Of(tagged)}, but -Ref {name} is {ShortId.Of(commit)}: "
            + "an image of one would be called the other.",
        $"Leave -Ref out to build the tag, or choose a version that is not a tag yet.",
        version);

    /// <summary>A label of the user's that would say something else than the image is.</summary>
    public static ProException LabelReserved(string name) => new(
        "LabelReserved",
        ProErrorCategory.InvalidArgument,
        $"The label '{name}' is the module's own: it says which commit and version the image is of.",
        "Choose another name for the label.",
        name);

    /// <summary>An image of another commit has that version.</summary>
    public static ProException VersionIsAnotherCommit(string reference, string? there, string wanted, bool isTag) => new(
        "VersionIsAnotherCommit",
        ProErrorCategory.ResourceExists,
        there is null
            ? $"{reference} is on this engine already, and no label says of which commit it is."
            : $"{reference} is on this engine already, built from commit {ShortId.Of(there)}; this would be {ShortId.Of(wanted)}"
                + (isTag ? ": the git tag has moved." : "."),
        "Make a new version instead. -Force builds over it, and what was that version is then reached by its image id only.",
        reference);

    /// <summary>A version that somebody has, built again with other arguments.</summary>
    public static ProException BuiltWithOtherArguments(string reference, string use) => new(
        "VersionHasOtherArguments",
        ProErrorCategory.ResourceExists,
        $"{reference} was built with other build arguments, and was {use}: one version would be two images.",
        "Make a new version instead, or give the same build arguments. -Force builds over it.",
        reference);

    /// <summary>A version that isn't on the engine.</summary>
    public static ProException VersionNotFound(string reference, IEnumerable<string> known) => new(
        "VersionNotFound",
        ProErrorCategory.ObjectNotFound,
        $"There is no {reference} on this engine.",
        string.Join(", ", known.Take(5)) is { Length: > 0 } some
            ? $"It has {some}. Get-ProImageVersion lists all; Build-ProImage makes it."
            : "Build-ProImage makes it.",
        reference);

    /// <summary>A version is at the registry with other content.</summary>
    public static ProException PublishedOtherwise(string reference, string digest) => new(
        "PublishedOtherwise",
        ProErrorCategory.ResourceExists,
        $"The registry has {reference} already, with another content ({digest}). Others may run it.",
        "Make a new version instead. -Force overwrites it.",
        reference);

    /// <summary>A version is at the registry, and its content couldn't be compared.</summary>
    public static ProException NotCompared(string reference, string digest, ProException cause) => new(
        "PublishedNotCompared",
        cause.Category,
        $"The registry has {reference} already ({digest}). Its content could not be compared: {cause.Message} Nothing was pushed.",
        $"{cause.RecommendedAction} -Force pushes without comparing.",
        reference,
        cause);

    /// <summary>A reference whose tag is not a version.</summary>
    public static ProException ReferenceIsNoVersion(string reference) => new(
        "ReferenceIsNoVersion",
        ProErrorCategory.InvalidArgument,
        $"'{reference}' names no version: its tag is an alias or something else.",
        "Publish a version; the aliases that belong to it follow.",
        reference);

    /// <summary>An image of one registry's name, with -Registry for another.</summary>
    public static ProException NamedForAnotherRegistry(string reference, string itsRegistry, string registry, string wanted) => new(
        "NamedForAnotherRegistry",
        ProErrorCategory.InvalidArgument,
        $"{reference} is named for the registry {itsRegistry}, and -Registry says {registry}: a push goes where the name says.",
        $"Build it under the other name: Build-ProImage … -Registry {registry}. Or name it so, and publish that: "
            + $"docker tag {reference} {wanted}. Without -Registry it goes where its name says.",
        reference);

    /// <summary>An image that lost its tag: a version that is reached by its id only has no name to publish.</summary>
    public static ProException ImageWithoutTag(string service, string? version, string id) => new(
        "ImageWithoutTag",
        ProErrorCategory.InvalidOperation,
        $"The image of {service} {version} ({id}) has lost its tag: another image has that name now.",
        $"Publish the image that has the name: Publish-ProImage {service} {version}. "
            + "Or give this one a version of its own with docker tag.",
        id);

    /// <summary>-Describe together with a name for what to build.</summary>
    public static ProException DescribeAndVersion(string other) => new(
        "DescribeAndVersion",
        ProErrorCategory.InvalidArgument,
        $"-Describe names HEAD as git describe does; '{other}' names something else.",
        "Give one of them.",
        other);

    /// <summary>A name without a value.</summary>
    public static ProException ValueMissing(string parameter, string name) => new(
        "ValueMissing",
        ProErrorCategory.InvalidArgument,
        $"{parameter}: '{name}' has no value.",
        $"Give it one, if only the empty text: {parameter} @{{ '{name}' = '' }}.",
        name);
}
