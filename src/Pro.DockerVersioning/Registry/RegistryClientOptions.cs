using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Registry;

/// <summary>What a <see cref="RegistryClient"/> may be told besides its host and login.</summary>
internal sealed record RegistryClientOptions
{
    /// <summary>True for hosts that the engine lists as insecure: plain HTTP and any certificate are taken there,
    /// as the engine does.</summary>
    public Func<string, bool> IsInsecure { get; init; } = _ => false;

    /// <summary>Where Docker keeps certificates of registries, each under its host.</summary>
    public IReadOnlyList<string> CertificateFolders { get; init; } = RegistryCertificates.DefaultFolders;

    /// <summary>Reads an environment variable: the proxies are there.</summary>
    public Func<string, string?> Environment { get; init; } = System.Environment.GetEnvironmentVariable;

    /// <summary>The clock for waiting between attempts and for the age of tokens.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>How long one request may take.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often a 429 or 5xx is tried again.</summary>
    public int Retries { get; init; } = 3;

    /// <summary>The longest wait that a Retry-After may ask for; beyond it the error says how long it would be.</summary>
    public TimeSpan LongestWait { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Gets told of waits and ways taken.</summary>
    public IProgress<Report>? Reports { get; init; }
}
