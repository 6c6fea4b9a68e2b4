using System.Globalization;

namespace Pro.DockerVersioning.Errors;

/// <summary>What can go wrong between us and compose.</summary>
internal static class ComposeErrors
{
    /// <summary>No compose, or none that will do.</summary>
    /// <param name="seen">What was looked at: "/usr/bin/docker (without the plugin compose)".</param>
    public static ProException NotFound(IReadOnlyList<string> seen) => new(
        "ComposeNotFound",
        ProErrorCategory.ResourceUnavailable,
        "The service belongs to a compose project, and there is neither 'docker compose' nor a docker-compose 1.27 or later on PATH" +
        (seen.Count == 0 ? "." : $". Passed over: {string.Join(", ", seen)}.") + " Nothing was touched.",
        "Install the plugin: the package docker-compose-plugin (Debian: docker-compose), or https://github.com/docker/compose/releases.");

    /// <summary>A program that is there and did not answer in time.</summary>
    public static ProException DidNotAnswer(string path, TimeSpan limit) => new(
        "ComposeDidNotAnswer",
        ProErrorCategory.OperationTimeout,
        string.Create(
            CultureInfo.InvariantCulture,
            $"The service belongs to a compose project, and '{path}' did not answer within {limit.TotalSeconds:0} s. Nothing was touched."),
        $"Try again when the machine is less busy, and see whether '{path}' answers at a prompt.",
        path);

    /// <summary>The program doesn't start.</summary>
    public static ProException NotStarted(string path, Exception inner) => new(
        "ComposeNotStarted",
        ProErrorCategory.ResourceUnavailable,
        $"'{path}' can't be started: {inner.Message}",
        "Look whether it is installed whole and may be executed.",
        path,
        inner);

    /// <summary>Compose ended with an error.</summary>
    /// <param name="command">What was run, without the project's own arguments.</param>
    /// <param name="folder">The project's folder.</param>
    /// <param name="exitCode">Compose's exit code.</param>
    /// <param name="lastLines">What it said last.</param>
    public static ProException Failed(string command, string folder, int exitCode, IReadOnlyList<string> lastLines) => new(
        "ComposeFailed",
        ProErrorCategory.InvalidOperation,
        string.Create(CultureInfo.InvariantCulture, $"'{command}' in {folder} ended with code {exitCode}.") + Tail(lastLines),
        "Correct what compose names, in its files or variables.",
        folder);

    /// <summary>Compose failed to bring a service up.</summary>
    /// <param name="compose">"docker compose" or "docker-compose".</param>
    /// <param name="service">The service.</param>
    /// <param name="exitCode">Compose's exit code.</param>
    /// <param name="lastLines">What it said last.</param>
    /// <param name="look">A command that shows what is left of the service.</param>
    public static ProException UpFailed(string compose, string service, int exitCode, IReadOnlyList<string> lastLines, string look) => new(
        "ComposeUpFailed",
        ProErrorCategory.InvalidOperation,
        string.Create(CultureInfo.InvariantCulture, $"{compose} couldn't bring {service} up (code {exitCode}).") + Tail(lastLines),
        $"Correct what compose names. What is left of the service: {look}",
        service);

    /// <summary>docker-compose 1.x on an engine that doesn't tell what it wants to know.</summary>
    public static ProException TooOldForEngine(string program, string service) => new(
        "ComposeTooOldForEngine",
        ProErrorCategory.NotImplemented,
        $"{program} can't re-create {service} on this engine, which keeps its images in containerd's store: "
            + "it would stop the container and break off (KeyError: 'ContainerConfig'). Nothing was touched.",
        "Install the plugin (package docker-compose-plugin, or Docker Desktop). If only the version changes, and not the compose file, "
            + "docker-compose 1.x will do.",
        service);

    /// <summary>Compose did not end, and did not say anything.</summary>
    public static ProException UpSilent(
        string compose, string service, TimeSpan silence, IReadOnlyList<string> lastLines, string look) => new(
        "ComposeUpSilent",
        ProErrorCategory.OperationTimeout,
        string.Create(
            CultureInfo.InvariantCulture,
            $"{compose} said nothing for {silence.TotalSeconds:0} s while it brought {service} up, and was ended.")
            + Tail(lastLines),
        $"See whether the engine answers (docker ps), and repeat it. What is left of the service: {look}",
        service);

    /// <summary>Compose says something that we don't understand.</summary>
    public static ProException NotUnderstood(string program, string command, string said) => new(
        "ComposeNotUnderstood",
        ProErrorCategory.InvalidData,
        $"{program} answered to '{command}' with what can't be understood: {(said.Length == 0 ? "nothing" : said)}.",
        "Try another version of compose.",
        program);

    /// <summary>The id of <see cref="NoLabel"/>.</summary>
    public const string NoLabelId = "ComposeLabelMissing";

    /// <summary>The id of <see cref="NotHere"/>.</summary>
    public const string NotHereId = "ComposeFilesElsewhere";

    /// <summary>A container without one of compose's labels.</summary>
    public static ProException NoLabel(string container, string label) => new(
        NoLabelId,
        ProErrorCategory.InvalidData,
        $"The container {container} belongs to a compose project but has no label {label}: its files can't be found.",
        $"-Container {container} replaces the container as it is, without the files.",
        container);

    /// <summary>The project's files are on another machine, or gone.</summary>
    public static ProException NotHere(string project, string path, string? container = null) => new(
        NotHereId,
        ProErrorCategory.ObjectNotFound,
        $"The compose project {project} was started from {path}, which isn't on this machine ({Environment.MachineName}).",
        $"-Container {(string.IsNullOrEmpty(container) ? "NAME" : container)} replaces the container as it is, without the files; "
            + "or run the command on the machine that holds them.",
        path);

    /// <summary>A named file isn't there.</summary>
    public static ProException FileMissing(string path) => new(
        "ComposeFileMissing",
        ProErrorCategory.ObjectNotFound,
        $"There is no compose file '{path}'.",
        "Give an existing file to -ComposeFile, relative to the current folder.",
        path);

    /// <summary>A user's file is a pipe, a socket or a device.</summary>
    public static ProException NotRegular(string path, string kind) => new(
        "ComposeFileNotRegular",
        ProErrorCategory.InvalidData,
        $"{path} is {kind} and not a regular file. It can't be read or edited safely. Nothing was touched.",
        "Write its content into a regular file of that name. The variables of a .env can be set in this session instead ($env:NAME = '…').",
        path);

    /// <summary>A file of the project can't be read.</summary>
    public static ProException FileUnreadable(string path, Exception inner) => new(
        "ComposeFileUnreadable",
        ProErrorCategory.PermissionDenied,
        $"{path} can't be read: {inner.Message.TrimEnd('.')}.",
        "Run the command as a user who may read it.",
        path,
        inner);

    /// <summary>A file of the user's has the name of the one that would pin an image.</summary>
    public static ProException OverrideIsTheUsers(string path, string pin) => new(
        "ComposeOverrideIsTheUsers",
        ProErrorCategory.ResourceExists,
        $"The file {path} would have to pin an image, and this module did not write it ({pin}).",
        "Rename the file, or write the image's tag as a variable or an alias into the compose file.",
        path);

    /// <summary>The files don't have the service.</summary>
    public static ProException ServiceNotFound(string service, IReadOnlyList<string> files, IReadOnlyList<string> known) => new(
        "ComposeServiceNotFound",
        ProErrorCategory.ObjectNotFound,
        $"{string.Join(", ", files)}: there is no service '{service}'" +
        (known.Count == 0 ? "." : $"; there is {string.Join(", ", known)}."),
        "Name the right files with -ComposeFile.",
        service);

    /// <summary>With the version pinned, compose still takes another image.</summary>
    /// <param name="service">The service.</param>
    /// <param name="target">What it should take.</param>
    /// <param name="rendered">What it takes; null for none.</param>
    /// <param name="written">Where the image is written, and how.</param>
    /// <param name="pin">"API_VERSION=v1.2.0"; null if no variable pins it.</param>
    /// <param name="variables">The image's variables, their values and who sets them.</param>
    public static ProException RendersOther(
        string service, string target, string? rendered, string written, string? pin, string variables) => new(
        "ComposeRendersOther",
        ProErrorCategory.InvalidOperation,
        $"Compose would run {rendered ?? "no image"} for {service} instead of {target}, even with the version pinned" +
        (pin is null ? string.Empty : $" ({pin})") + $": {written}" + (variables.Length == 0 ? "." : $", with {variables}.") +
        " Nothing was touched.",
        "Make the image's registry and name the ones that the version is kept under, in the file or by these variables.",
        service);

    /// <summary>The new file couldn't be given to the old one's owner.</summary>
    public static ProException OwnerLost(string path, string owner) => new(
        "FileOwnerLost",
        ProErrorCategory.PermissionDenied,
        $"{path} belongs to {owner}, and this user can't write a file for that owner",
        "Run the command as the file's owner, or edit the file.",
        path);

    private static string Tail(IReadOnlyList<string> lastLines) => lastLines.Count == 0
        ? string.Empty
        : "\nIt said last:\n  " + string.Join("\n  ", lastLines);
}
