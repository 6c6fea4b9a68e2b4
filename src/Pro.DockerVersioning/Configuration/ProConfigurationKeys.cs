namespace Pro.DockerVersioning.Configuration;

/// <summary>The keys that <c>pro.json</c> knows. A test holds <c>pro.schema.json</c> to the same lists.</summary>
internal static class ProConfigurationKeys
{
    public const string Schema = "$schema";
    public const string Registry = "registry";
    public const string Services = "services";
    public const string Aliases = "aliases";
    public const string Protect = "protect";
    public const string Retention = "retention";
    public const string Environments = "environments";
    public const string History = "history";

    public const string Context = "context";
    public const string Dockerfile = "dockerfile";
    public const string Target = "target";
    public const string BuildArgs = "buildArgs";
    public const string Order = "order";
    public const string HealthUrl = "healthUrl";
    public const string HealthTimeout = "healthTimeout";
    public const string Image = "image";

    public const string ComposeFile = "composeFile";
    public const string Engine = "engine";

    /// <summary>The keys of the file itself.</summary>
    public static IReadOnlyList<string> OfFile { get; } =
        [Schema, Registry, Services, Aliases, Protect, Retention, Environments, History];

    /// <summary>The keys of a service.</summary>
    public static IReadOnlyList<string> OfService { get; } =
        [Context, Dockerfile, Target, BuildArgs, Order, HealthUrl, HealthTimeout, Image];

    /// <summary>The keys of an environment.</summary>
    public static IReadOnlyList<string> OfEnvironment { get; } = [ComposeFile, Engine];
}
