namespace Pro.DockerVersioning;

/// <summary>How a publication ended.</summary>
public enum ProPublicationOutcome
{
    /// <summary>The version was pushed.</summary>
    Published,

    /// <summary>The registry had the same content under that version.</summary>
    AlreadyPublished,
}
