using System.Text.RegularExpressions;

namespace Pro.DockerVersioning.Engine.Api;

/// <summary>The labels by which compose knows its containers.</summary>
internal static partial class ComposeLabels
{
    /// <summary>Every label of compose begins so.</summary>
    public const string Prefix = "com.docker.compose.";

    /// <summary>The project's name.</summary>
    public const string Project = Prefix + "project";

    /// <summary>The service's name.</summary>
    public const string Service = Prefix + "service";

    /// <summary>Which replica it is, from 1.</summary>
    public const string Number = Prefix + "container-number";

    /// <summary>The hash of the service's configuration. Another one than the file's makes <c>up</c> re-create the container.</summary>
    public const string Hash = Prefix + "config-hash";

    /// <summary>The files, divided by commas.</summary>
    public const string Files = Prefix + "project.config_files";

    /// <summary>The project's folder.</summary>
    public const string WorkingDirectory = Prefix + "project.working_dir";

    /// <summary>What <c>--env-file</c> named; absent where <c>.env</c> is read.</summary>
    public const string EnvironmentFile = Prefix + "project.environment_file";

    /// <summary>The version of compose that made it.</summary>
    public const string Version = Prefix + "version";

    /// <summary>"True" for a container of <c>run</c>.</summary>
    public const string OneOff = Prefix + "oneoff";

    /// <summary>The image's id, from v2 on. Another one than the reference's makes <c>up</c> re-create the container.</summary>
    public const string Image = Prefix + "image";

    /// <summary>The kind of the lifecycle hook that a container of compose 5 runs.</summary>
    public const string Hook = Prefix + "hook";

    /// <summary>The container that this one was to replace: v2 writes it while it re-creates.</summary>
    public const string Replace = Prefix + "replace";

    /// <summary>What its service depended on: <c>db:service_healthy:false,api:service_started:true</c>, where true is restart.</summary>
    public const string DependsOn = Prefix + "depends_on";

    /// <summary>Whether compose restarts a container with those labels when it has updated a service.</summary>
    public static bool IsRestartedWith(IDictionary<string, string> labels, string service) =>
        (Get(labels, DependsOn) ?? "").Split(',').Any(one => one.Split(':') is [var name, _, "true"] && name == service);

    /// <summary>A label's value; null if it is absent or empty.</summary>
    public static string? Get(IDictionary<string, string>? labels, string name) =>
        labels is not null && labels.TryGetValue(name, out var value) && !string.IsNullOrWhiteSpace(value) ? value : null;

    /// <summary>Those of a container's labels that say whose it is; none if compose didn't make it.</summary>
    public static IReadOnlyDictionary<string, string> OwnerOf(IReadOnlyDictionary<string, string> labels) => labels
        .Where(label => label.Key is Project or Service or Files or WorkingDirectory)
        .ToDictionary(label => label.Key, label => label.Value, StringComparer.Ordinal);

    /// <summary>True for a container that compose keeps for a service, and not one of <c>run</c>.</summary>
    public static bool IsServiceContainer(IDictionary<string, string>? labels) =>
        Get(labels, Project) is not null && Get(labels, Service) is not null
        && !IsOneOff(labels);

    /// <summary>
    /// True for what <c>run</c> has started, and for what compose 5 starts for a lifecycle hook: no replica of a service.
    /// </summary>
    public static bool IsOneOff(IDictionary<string, string>? labels) =>
        string.Equals(Get(labels, OneOff), "True", StringComparison.OrdinalIgnoreCase) || Get(labels, Hook) is not null;

    /// <summary>
    /// True for a name that compose gives while it re-creates: from 2.x on to the new container, which then waits unstarted beside the old
    /// one, and before to the old one. Who interrupts it leaves both.
    /// </summary>
    public static bool IsInterruptedName(string name) => Interrupted().IsMatch(name);

    [GeneratedRegex(@"\A[0-9a-f]{12}_.")]
    private static partial Regex Interrupted();

    /// <summary>
    /// Compose's labels for a container that takes another one's place without compose, so that compose goes on owning it and a later
    /// <c>up</c> leaves it alone. Only compose's: the operator's and the image's are not its business.
    /// </summary>
    /// <param name="oldLabels">All labels of the container that is replaced.</param>
    /// <param name="newHash">The hash that compose renders for the new version.</param>
    /// <param name="newImageId">The new image's id, <c>sha256:…</c>.</param>
    /// <param name="files">The project's files, where the pin brings one along; else null.</param>
    public static IReadOnlyDictionary<string, string> ForNewContainer(
        IDictionary<string, string> oldLabels, string newHash, string newImageId, IReadOnlyList<string>? files = null)
    {
        var labels = oldLabels
            .Where(label => label.Key.StartsWith(Prefix, StringComparison.Ordinal) && label.Key != Replace)
            .ToDictionary(label => label.Key, label => label.Value, StringComparer.Ordinal);
        labels[Hash] = newHash;
        if (labels.ContainsKey(Image))
        {
            labels[Image] = newImageId;
        }

        if (files is not null)
        {
            labels[Files] = string.Join(',', files);
        }

        return labels;
    }
}
