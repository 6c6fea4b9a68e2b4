using Pro.DockerVersioning.Configuration.Compose;
using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Deployment.Compose.Program;
using Pro.DockerVersioning.Deployment.Strategies;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Deployment.Compose.Project;

/// <summary>
/// Which project is meant if one compose file was started under several names (production and staging side by side). Whether one of them
/// is stopped at the moment says nothing of what somebody wants.
/// </summary>
internal static class MeantProject
{
    /// <summary>The targets without those of projects that aren't meant.</summary>
    /// <exception cref="ProException">Nothing says which is meant, or the one that is named is not there.</exception>
    public static IReadOnlyList<ServiceTarget> Among(IReadOnlyList<ServiceTarget> targets, DeploymentRequest request)
    {
        if (request.Filter.Container is not null)
        {
            return targets;
        }

        var others = new HashSet<string>(StringComparer.Ordinal);
        foreach (var twins in targets.Where(one => one.Kind == ServiceTargetKind.Compose).GroupBy(Files)
            .Where(group => group.Key.Length > 0 && group.Select(Project).Distinct().Count() > 1
                && (request.Filter.ComposeFile is null || group.Any(request.Filter.Accepts))))
        {
            var name = NameOf(twins.First(), request);
            if (!twins.Any(one => Is(Project(one), name)))
            {
                throw ContainerTargets.Several(request.Service.Name, [.. twins]);
            }

            others.UnionWith(twins.Where(one => !Is(Project(one), name)).Select(one => one.TargetId));
        }

        var meant = targets.Where(one => !others.Contains(one.TargetId)).ToList();
        return Exported(request) is { } exported
            && meant is [{ Kind: ServiceTargetKind.Compose } only] && !Is(Project(only), exported)
            ? throw DeploymentErrors.OtherComposeProject(
                request.Service.Name, only.ToString(), exported, only.Containers.Concat(only.Leftovers).FirstOrDefault()?.Name)
            : meant;
    }

    private static string? Exported(DeploymentRequest request) =>
        request.Child.Get(ProEnvironmentVariables.ComposeProjectName) is { Length: > 0 } name ? name : null;

    /// <summary>What the session, the project's <c>.env</c> or its file says; a folder's name says nothing of what is meant.</summary>
    private static string? NameOf(ServiceTarget target, DeploymentRequest request)
    {
        if (Exported(request) is { } exported)
        {
            return exported;
        }

        if (RunningComposeProject.TryFromContainer(new Dictionary<string, string>(target.Labels)) is not { } project)
        {
            return null;
        }

        try
        {
            var variables = ProjectVariables.Load(project, request.Child, new ComposeProgram("", [], "", new System.Version(2, 0)));
            return variables.Find(ProEnvironmentVariables.ComposeProjectName) is { Length: > 0 } set ? set
                : project.Files
                    .SelectMany(file => ComposeYaml.ReadFile(file, variables.Find))
                    .Select(document => document["name"])
                    .OfType<ComposeScalar>().LastOrDefault() is { } name ? ComposeInterpolation.Expand(name) : null;
        }
        catch (ProException)
        {
            // Told when the project is opened.
            return null;
        }
    }

    private static bool Is(string project, string? name) => string.Equals(project, name, StringComparison.OrdinalIgnoreCase);

    private static string Project(ServiceTarget target) => target.Labels.GetValueOrDefault(ComposeLabels.Project, "");

    private static string Files(ServiceTarget target)
    {
        var labels = target.Labels;
        return labels.GetValueOrDefault(ComposeLabels.Files, "") is not { Length: > 0 } files ? ""
            : $"{labels.GetValueOrDefault(ComposeLabels.WorkingDirectory)}|{files.Split(',')[0]}|"
                + labels.GetValueOrDefault(ComposeLabels.Service);
    }
}
