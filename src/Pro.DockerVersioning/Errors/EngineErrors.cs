using System.Net;

namespace Pro.DockerVersioning.Errors;

/// <summary>What can go wrong on the way to the Docker engine.</summary>
internal static class EngineErrors
{
    /// <summary>The engine was not reached, or its answer was lost: what was asked may be done or not.</summary>
    public const string UnreachableId = "EngineUnreachable";

    /// <summary>The engine doesn't have what was asked for.</summary>
    public const string NotFoundId = "EngineObjectNotFound";

    /// <summary>A docker context that doesn't exist.</summary>
    public static ProException ContextNotFound(string name, string path) => new(
        "DockerContextNotFound",
        ProErrorCategory.ObjectNotFound,
        $"There is no docker context '{name}' (looked for {path}).",
        "List the contexts with 'docker context ls', and set DOCKER_CONTEXT to one of them.",
        name);

    /// <summary>A docker context whose file can't be understood.</summary>
    public static ProException ContextUnreadable(string name, string path, Exception inner) => new(
        "DockerContextUnreadable",
        ProErrorCategory.InvalidData,
        $"The docker context '{name}' can't be read from {path}: {inner.Message}",
        $"Look at it with 'docker context inspect {name}', or make it again.",
        name,
        inner);

    /// <summary>An address that is not an engine's.</summary>
    public static ProException AddressInvalid(string host, string source) => new(
        "DockerHostInvalid",
        ProErrorCategory.InvalidArgument,
        $"'{host}' ({source}) is not an address of a Docker engine.",
        "Use unix:///var/run/docker.sock, npipe://./pipe/docker_engine or tcp://HOST:2376.",
        host);

    /// <summary>A named pipe, which only Windows has.</summary>
    public static ProException PipeNotHere(string host, string source) => new(
        "DockerHostPipeNotSupported",
        ProErrorCategory.InvalidArgument,
        $"'{host}' ({source}) is a named pipe, and only Windows has named pipes.",
        "Use unix:///var/run/docker.sock or tcp://HOST:2376.",
        host);

    /// <summary>An engine behind SSH.</summary>
    public static ProException SshNotSupported(string host, string source) => new(
        "DockerHostSshNotSupported",
        ProErrorCategory.NotImplemented,
        $"'{host}' ({source}): this module can't reach an engine over ssh:// itself.",
        "Open a tunnel, 'ssh -NL /tmp/engine.sock:/var/run/docker.sock USER@HOST', and set DOCKER_HOST to unix:///tmp/engine.sock.",
        host);

    /// <summary>TLS files that are missing or broken.</summary>
    public static ProException CertificatesUnreadable(string folder, string source, Exception inner) => new(
        "DockerCertificatesUnreadable",
        ProErrorCategory.AuthenticationError,
        $"The certificates of {source} can't be read from {folder}: {inner.Message}",
        "The folder needs ca.pem, cert.pem and key.pem, readable by this user. Set DOCKER_CERT_PATH to it.",
        folder,
        inner);

    /// <summary>Podman answers in the place of Docker's engine.</summary>
    public static ProException PodmanCannotDeploy(string address, string version) => new(
        "PodmanCannotDeploy",
        ProErrorCategory.NotImplemented,
        $"Podman {version} answers at {address}. Its Docker-compatible API doesn't show the HEALTHCHECK of an image, "
        + "so an unhealthy version would pass. This module lists, builds, publishes and cleans there, and doesn't deploy.",
        "Deploy on a Docker engine (set DOCKER_HOST or DOCKER_CONTEXT to it), or replace the container with 'podman' itself.",
        address);

    /// <summary>Podman keeps no build cache apart from its images.</summary>
    public static ProException PodmanHasNoBuildCache(string address, string version) => new(
        "PodmanHasNoBuildCache",
        ProErrorCategory.NotImplemented,
        $"Podman {version} answers at {address}. It keeps no build cache apart from its images.",
        "Remove what its builds have left: Remove-ProOldImage -Dangling",
        address);

    /// <summary>Nobody answers.</summary>
    public static ProException Unreachable(string address, string source, bool isLocal, string why, Exception inner) => new(
        UnreachableId,
        ProErrorCategory.ResourceUnavailable,
        $"No Docker engine answers at {address} ({source}): {why.TrimEnd('.')}.",
        isLocal
            ? OperatingSystem.IsLinux()
                ? "Start it with 'systemctl start docker', or set DOCKER_HOST to the engine that you mean."
                : "Start Docker Desktop, or set DOCKER_HOST to the engine that you mean."
            : $"Look whether the engine runs and listens there, and whether {source} is what you mean.",
        address,
        inner);

    /// <summary>The socket is there, but not for this user.</summary>
    public static ProException AccessDenied(string address, string source, Exception inner) => new(
        "EngineAccessDenied",
        ProErrorCategory.PermissionDenied,
        $"This user may not open {address} ({source}).",
        OperatingSystem.IsWindows()
            ? "Add the user to the group 'docker-users', and log on again."
            : "Add the user to the group that owns the socket ('usermod -aG docker USER'), and log on again.",
        address,
        inner);

    /// <summary>What answers is not an engine, or was interrupted.</summary>
    public static ProException AnswerUnreadable(string address, string path, Exception inner) => new(
        "EngineAnswerUnreadable",
        ProErrorCategory.InvalidData,
        $"What answers at {address} sent no JSON for '{path}': {inner.Message}",
        "Look whether a Docker engine listens there, and not a proxy in front of it that answers by itself.",
        address,
        inner);

    /// <summary>What answers sends JSON of another kind than an engine does.</summary>
    public static ProException AnswerForeign(string address, Exception? inner = null) => new(
        "EngineAnswerUnreadable",
        ProErrorCategory.InvalidData,
        $"What answers at {address} doesn't answer as a Docker engine does.",
        "Look whether a Docker engine listens there, and not a proxy in front of it that answers by itself.",
        address,
        inner);

    /// <summary>The engine answered with another object, whose id begins with the name that was asked for.</summary>
    public static ProException NotFound(string address, string kind, string name) => new(
        NotFoundId,
        ProErrorCategory.ObjectNotFound,
        $"The engine at {address} has no {kind} with the name or the whole id {name}.",
        $"List them with 'docker {kind} ls{(kind == "container" ? " -a" : "")}'.",
        name);

    /// <summary>The engine answered with an error of its own.</summary>
    public static ProException Refused(string address, HttpStatusCode status, string message, Exception inner) => new(
        status switch
        {
            HttpStatusCode.NotFound => NotFoundId,
            HttpStatusCode.Conflict => "EngineConflict",
            _ => "EngineRefused",
        },
        status switch
        {
            HttpStatusCode.NotFound => ProErrorCategory.ObjectNotFound,
            HttpStatusCode.Conflict => ProErrorCategory.ResourceExists,
            HttpStatusCode.BadRequest => ProErrorCategory.InvalidArgument,
            _ => ProErrorCategory.InvalidOperation,
        },
        $"The engine at {address} says: {message}",
        "Look into the engine's own log for more.",
        address,
        inner);
}
