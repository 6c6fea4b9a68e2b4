namespace Pro.DockerVersioning.Errors;

/// <summary>
/// What can be wrong with how a command is called: parameters that contradict each other, or that nobody is there to confirm.
/// </summary>
internal static class CommandErrors
{
    /// <summary>A question, and nobody who could answer.</summary>
    public static ProException NobodyToAsk(string command, string question) => new(
        "ConfirmationRequired",
        ProErrorCategory.InvalidOperation,
        $"{command} asks for confirmation, and nobody is there to answer: {question} Nothing was changed.",
        $"If you are sure, say so in the command: {command} … -Confirm:$false. With -WhatIf it only shows what it would do.",
        command);

    /// <summary>A parameter that means nothing for what was found.</summary>
    /// <param name="parameters">The parameters.</param>
    /// <param name="owner">What they are for: "a swarm's service".</param>
    /// <param name="service">The service.</param>
    /// <param name="target">What runs it.</param>
    public static ProException NotApplicable(IReadOnlyList<string> parameters, string owner, string service, string target) => new(
        "ParameterNotApplicable",
        ProErrorCategory.InvalidArgument,
        $"{string.Join(", ", parameters)}: only {owner} has this, and {service} is a {target}. Nothing was changed.",
        $"Leave out {string.Join(", ", parameters)}.",
        parameters[0]);

    /// <summary>A parameter that means nothing without another one.</summary>
    public static ProException NeedsOther(string parameter, string other) => new(
        "ParameterNotApplicable",
        ProErrorCategory.InvalidArgument,
        $"{parameter} means nothing without {other}.",
        $"Add {other}, or leave out {parameter}.",
        parameter);

    /// <summary>Two parameters that contradict each other.</summary>
    public static ProException Contradiction(string parameter, string other, string why) => new(
        "ParametersContradict",
        ProErrorCategory.InvalidArgument,
        $"{parameter} and {other} contradict each other: {why}.",
        $"Leave out {parameter} or {other}.",
        parameter);

    /// <summary>A reference of one version, and another version.</summary>
    public static ProException VersionOfAnotherReference(string version, string reference) => new(
        "ParametersContradict",
        ProErrorCategory.InvalidArgument,
        $"The version is {version}, and the reference is another one: {reference}.",
        "Leave out -Version or -Reference.",
        reference);

    /// <summary>A version that is written out and isn't here.</summary>
    public static ProException VersionNotFound(string version, IReadOnlyList<string> services, IEnumerable<string> known) => new(
        "VersionNotFound",
        ProErrorCategory.ObjectNotFound,
        $"No version {version} of {string.Join(", ", services)} is on this engine.",
        string.Join(", ", known.Take(10)) is { Length: > 0 } some
            ? $"On this engine: {some}. A pattern, as in 'v1.2.*', may find nothing."
            : "Build one with Build-ProImage, or bring one here with 'docker pull'.",
        version);
}
