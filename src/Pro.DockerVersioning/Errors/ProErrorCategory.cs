namespace Pro.DockerVersioning;

/// <summary>
/// What kind of error it is. The names are those of PowerShell's ErrorCategory; the commands translate by name, so that
/// nothing below them needs to know PowerShell.
/// </summary>
public enum ProErrorCategory
{
    /// <summary>Anything that fits nowhere else.</summary>
    NotSpecified,

    /// <summary>A value given by the user can't be right.</summary>
    InvalidArgument,

    /// <summary>Data read from a file, the engine or a registry isn't what its format says.</summary>
    InvalidData,

    /// <summary>The operation isn't possible in the present state.</summary>
    InvalidOperation,

    /// <summary>What was named doesn't exist.</summary>
    ObjectNotFound,

    /// <summary>What was to be made exists already, with other content.</summary>
    ResourceExists,

    /// <summary>Somebody else holds it (a lock, a running operation).</summary>
    ResourceBusy,

    /// <summary>An engine, a program or a network can't be reached.</summary>
    ResourceUnavailable,

    /// <summary>A connection failed.</summary>
    ConnectionError,

    /// <summary>Credentials are missing or wrong.</summary>
    AuthenticationError,

    /// <summary>The credentials are good, but not for this.</summary>
    PermissionDenied,

    /// <summary>The builder, engine or platform has no such feature.</summary>
    NotImplemented,

    /// <summary>It took longer than it may.</summary>
    OperationTimeout,

    /// <summary>It was stopped by the user.</summary>
    OperationStopped,

    /// <summary>Reading failed.</summary>
    ReadError,

    /// <summary>Writing failed.</summary>
    WriteError,
}
