using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Images;

/// <summary>One version to publish.</summary>
/// <param name="Service">The service.</param>
/// <param name="Version">The version.</param>
/// <param name="Reference">Its name on the engine and at the registry.</param>
internal sealed record PublishItem(string Service, ProVersion Version, ImageReference Reference);

/// <summary>How to publish; the same for all items of one command.</summary>
/// <param name="Aliases">The aliases wanted besides latest.</param>
/// <param name="Latest">Whether latest goes by the rule.</param>
/// <param name="Force">Overwrites a version that the registry has with other content.</param>
internal sealed record PublishOptions(ProAlias Aliases, ProLatestPolicy Latest, bool Force);
