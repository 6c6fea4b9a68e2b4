namespace Pro.DockerVersioning.Errors;

/// <summary>The errors of configuration: pro.json, environment variables, compose files, the catalogue of services.</summary>
internal static class ConfigurationErrors
{
    public const string ComposeFileOutsideId = "ComposeFileOutside";

    public const string VariableRequiredId = "ComposeVariableRequired";

    public const string UnknownServiceId = "ServiceNotFound";

    private const string SeeSchema = "The keys and their values are described in pro.schema.json, beside the module.";
    private const string CorrectFile = "Correct the file at that place.";

    public static ProException CannotRead(string path, Exception inner) => new(
        "ConfigurationUnreadable", ProErrorCategory.ReadError, $"{path} can't be read: {inner.Message}",
        "Check that the file may be read by the user who runs this.", path, inner);

    public static ProException NotUtf8(string path, Exception inner) => new(
        "ConfigurationNotUtf8", ProErrorCategory.InvalidData, $"{path} isn't UTF-8 text.",
        "Save the file again as UTF-8.", path, inner);

    public static ProException FileTooLarge(string path, long length, long limit) => new(
        "ConfigurationTooLarge", ProErrorCategory.InvalidData, $"{path} has {length} bytes; more than {limit} is not a configuration.",
        "Name the right file.", path);

    public static ProException BrokenJson(FilePosition at, Exception inner) => new(
        "ConfigurationBroken", ProErrorCategory.InvalidData, $"{at}: this isn't JSON: {WithoutPosition(inner.Message)}",
        "Correct the file at that place. Comments and commas at the end of lists are allowed.", at.File, inner);

    public static ProException DuplicateKey(string key, FilePosition at, FilePosition first) => new(
        "ConfigurationDuplicateKey", ProErrorCategory.InvalidData,
        $"{at}: the key \"{key}\" stands twice; the first time in line {first.Line}.", "Take one of the two away.", key);

    public static ProException UnknownKey(string key, FilePosition at, IReadOnlyList<string> known, string? nearest) => new(
        "ConfigurationUnknownKey", ProErrorCategory.InvalidData, $"{at}: the key \"{key}\" is unknown.",
        $"{DidYouMean(nearest)}Known here: {string.Join(", ", known)}.", key);

    public static ProException WrongValue(string key, string shown, string wanted, FilePosition at) => new(
        "ConfigurationWrongValue", ProErrorCategory.InvalidData, $"{at}: \"{key}\" must be {wanted}, not {shown}.", SeeSchema, key);

    public static ProException WrongImage(string key, string text, string? right, FilePosition at) => new(
        "ConfigurationWrongValue", ProErrorCategory.InvalidData,
        $"{at}: \"{key}\" must be the image's name below the registry, like \"api\" or \"shop/api\", not \"{text}\".",
        (right is null ? "Write small letters, digits and single separators. " : $"Write \"{right}\". ")
            + "Leave the registry and the tag away: the version is the tag.", key);

    public static ProException EmptyJson(FilePosition at) => new(
        "ConfigurationBroken", ProErrorCategory.InvalidData, $"{at}: the file is empty.", "Write {} into it, or remove the file.", at.File);

    public static ProException PathOutside(string key, string path, FilePosition at) => new(
        "ConfigurationPathOutside", ProErrorCategory.InvalidData,
        $"{at}: the path \"{path}\" of \"{key}\" leads outside of the repository.",
        "Write a path relative to the repository's root, like apps/api.", path);

    public static ProException NotABoolean(string variable, string value) => new(
        "EnvironmentVariableNotABoolean", ProErrorCategory.InvalidArgument,
        $"The environment variable {variable} is \"{value}\"; Docker takes 1, 0, true or false.",
        $"Set it right: $env:{variable} = '1', or take it away: Remove-Item Env:{variable}", variable);

    public static ProException RegistryMissing() => new(
        "RegistryMissing", ProErrorCategory.InvalidArgument, "No registry is set, so images have no name.",
        "Give -Registry registry.example.com/pro, or set $env:REGISTRY = 'registry.example.com/pro', "
        + "or write \"registry\": \"registry.example.com/pro\" into pro.json at the repository's root.");

    public static ProException BadRegistry(string registry, string source, string reason, string action) => new(
        "RegistryInvalid", ProErrorCategory.InvalidArgument,
        $"\"{registry}\" of {source} can't begin an image's name: {reason}.", action, registry);

    public static ProException UnknownEnvironment(string name, IReadOnlyCollection<string> known, string? nearest)
    {
        var action = known.Count == 0
            ? "Declare it in pro.json: \"environments\": { \"" + name + "\": { \"composeFile\": \"docker-compose.yml\" } }"
            : $"{DidYouMean(nearest)}Known: {string.Join(", ", known)}.";
        return new("EnvironmentNotFound", ProErrorCategory.ObjectNotFound, $"pro.json has no environment \"{name}\".", action, name);
    }

    public static ProException NotTrusted(IEnumerable<string> values, string root) => new(
        "RepositoryNotTrusted", ProErrorCategory.PermissionDenied,
        $"pro.json of {root} names what needs your approval first: {string.Join("; ", values)}. No login was sent, and nothing was run.",
        "If you know the author and the values, add -TrustRepository. The approval is kept for this repository and these values.", root);

    public static ProException TrustNotKept(string file, Exception inner) => new(
        "TrustNotKept", ProErrorCategory.WriteError, $"The approval can't be written to {file}: {inner.Message}",
        "Look whether the user may write there.", file, inner);

    public static ProException BrokenYaml(FilePosition at, string reason, Exception inner) => new(
        "ComposeFileBroken", ProErrorCategory.InvalidData, $"{at}: this isn't YAML: {reason}.", CorrectFile, at.File, inner);

    public static ProException WrongCompose(FilePosition at, string what) => new(
        "ComposeFileWrong", ProErrorCategory.InvalidData, $"{at}: {what}.", CorrectFile, at.File);

    public static ProException ComposeFileNotFound(string file, string tree) => new(
        "ComposeFileNotFound", ProErrorCategory.ObjectNotFound, $"The compose file {file} isn't in {tree}.",
        "Name another one with -ComposeFile or $env:COMPOSE_FILE; a version is built with the files that it holds itself.", file);

    public static ProException NamedFileNotFound(string file, string key, FilePosition at, string tree) => new(
        "ComposeFileNotFound", ProErrorCategory.ObjectNotFound, $"{at}: the file {file} of \"{key}\" isn't in {tree}.",
        $"Correct the path in \"{key}\", or add the file to the repository and commit it.", file);

    public static ProException EnvFileNotFound(string file, string where) => new(
        "EnvFileNotFound", ProErrorCategory.ObjectNotFound, $"The file {file} of COMPOSE_ENV_FILES is {where}.",
        "Name another one, or take the variable away: Remove-Item Env:COMPOSE_ENV_FILES", file);

    public static ProException ComposeFileOutside(string file, string source, string root) => new(
        ComposeFileOutsideId, ProErrorCategory.InvalidArgument,
        $"The compose file {file} of {source} lies outside of the repository {root}.",
        "Name one inside of the repository: a version holds the files that it is built with.", file);

    public static ProException OutsideOfRepository(string path, FilePosition at) => new(
        "ComposePathOutside", ProErrorCategory.InvalidData, $"{at}: {path} isn't a file of this repository.",
        "Bring the file into the repository, or declare the services in pro.json.", path);

    public static ProException IncludeConflict(string service, FilePosition first, FilePosition second) => new(
        "ComposeIncludeConflict", ProErrorCategory.InvalidData,
        $"{second}: the included service {service} is declared already ({first}).", "Rename one, or take it away.", service);

    public static ProException BadInterpolation(string text, FilePosition at) => new(
        "ComposeInterpolationInvalid", ProErrorCategory.InvalidData, $"{at}: \"{text}\" isn't a valid use of a variable.",
        "Write ${NAME}, ${NAME:-default} or ${NAME:?message}; a dollar that is meant is written $$.", text);

    public static ProException VariableRequired(string name, string message, FilePosition at)
    {
        var why = message.Length == 0 ? string.Empty : $": {message}";
        return new(
            VariableRequiredId, ProErrorCategory.InvalidArgument, $"{at}: the variable {name} must be set{why}.",
            $"Set it: $env:{name} = '…', or write it into the .env beside the compose file.", name);
    }

    public static ProException BadEnvLine(string line, FilePosition at) => new(
        "EnvFileWrong", ProErrorCategory.InvalidData, $"{at}: this isn't NAME=VALUE: {NameOnly(line)}",
        "Correct the line; a value with blanks or quotes in it is put into quotes.", at.File);

    public static ProException OpenQuote(FilePosition at) => new(
        "EnvFileWrong", ProErrorCategory.InvalidData, $"{at}: the quote that opens in this value isn't closed.",
        "Close the quote.", at.File);

    public static ProException ServiceRefused(
        string service, string source, IEnumerable<string> reasons, IReadOnlyList<string> parameters, IReadOnlyList<string> onlyInCompose)
    {
        string[] ways =
        [
            .. parameters.Count > 0 ? [$"give {string.Join(" and ", parameters)}"] : Array.Empty<string>(),
            .. onlyInCompose.Count > 0
                ? [$"take {string.Join(" and ", onlyInCompose)} out of the compose file, or move it to a file that only other builds read"]
                : Array.Empty<string>(),
        ];
        var remedy = string.Join(", and ", ways);
        return new(
            "ServiceNotBuildable", ProErrorCategory.NotImplemented,
            $"The service {service} of {source} can't be built as it is declared: {string.Join("; ", reasons)}.",
            ways.Length == 0 ? "Change the declaration, or declare the service in pro.json."
                : onlyInCompose.Count == 0 ? $"{char.ToUpperInvariant(remedy[0])}{remedy[1..]}, or change the declaration."
                : $"{char.ToUpperInvariant(remedy[0])}{remedy[1..]}.",
            service);
    }

    public static ProException ContextNotFound(string service, string context, string source, string tree) => new(
        "ServiceContextNotFound", ProErrorCategory.ObjectNotFound,
        $"The context {context} of the service {service} ({source}) is not a folder of {tree}.",
        "Correct the context, or build a version that has it; -WorkingTree builds what is on disk.", service);

    public static ProException DockerfileNotFound(string service, string dockerfile, string source, string tree) => new(
        "DockerfileNotFound", ProErrorCategory.ObjectNotFound,
        $"The Dockerfile {dockerfile} of the service {service} ({source}) isn't in {tree}.",
        "Commit it, or name another one in pro.json or the compose file; -WorkingTree builds what is on disk.", service);

    public static ProException ServiceWithoutContext(string service, FilePosition at, IReadOnlyList<string> folders)
    {
        var why = folders.Count == 0
            ? "neither apps, services, src nor the root has a folder of that name with a Dockerfile"
            : $"it could be {string.Join(" or ", folders)}";
        return new(
            "ServiceWithoutContext", ProErrorCategory.InvalidData, $"{at}: nothing says where the service {service} lives: {why}.",
            "Add \"context\" or \"dockerfile\" to it.", service);
    }

    public static ProException ServiceWithoutBuild(string service, FilePosition at) => new(
        "ServiceWithoutBuild", ProErrorCategory.InvalidOperation,
        $"{at}: the service {service} has no \"build\", so there is nothing to build. It can be listed, deployed, rolled back and cleaned.",
        "Add \"build\" to it, or declare its context in pro.json.", service);

    public static ProException NothingToBuild(string place) => new(
        "NoServiceToBuild", ProErrorCategory.ObjectNotFound,
        $"No service of {place} is built: each has only an image, or an inactive profile.",
        "Name the service to build one of an inactive profile, or add \"build\" to it.");

    public static ProException UnknownService(string service, IReadOnlyList<string> known, string? nearest) => new(
        UnknownServiceId, ProErrorCategory.ObjectNotFound, $"There is no service \"{service}\".",
        $"{DidYouMean(nearest)}Known: {string.Join(", ", known)}.", service);

    public static ProException NoServices(string place) => new(
        "NoServices", ProErrorCategory.ObjectNotFound, $"No service is declared in {place}.",
        "Declare services in pro.json (\"services\"), or in compose.yaml or docker-compose.yml, "
        + "with \"build\" or with an \"image\" below the registry. "
        + "Or put a Dockerfile into apps/NAME, services/NAME, src/NAME, NAME, docker or the root itself.");

    private static string DidYouMean(string? nearest) => nearest is null ? string.Empty : $"Did you mean \"{nearest}\"? ";

    /// <summary>System.Text.Json counts lines from zero, and we say the place ourselves.</summary>
    private static string WithoutPosition(string message)
    {
        var end = message.IndexOf(" LineNumber:", StringComparison.Ordinal) is var index and >= 0 ? message[..index] : message;
        return end.Replace(", when isFinalBlock is true", string.Empty, StringComparison.Ordinal);
    }

    /// <summary>A .env holds secrets: of a line that can't be read only what stands before = or : is shown.</summary>
    private static string NameOnly(string line) =>
        line.AsSpan().IndexOfAny('=', ':') is var index and >= 0 ? line[..index] + "=…" : "a line without a name";
}
