using Docker.DotNet.Models;
using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Configuration.Compose;
using Pro.DockerVersioning.Deployment.Compose.Program;
using Pro.DockerVersioning.Deployment.Strategies;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Deployment.Compose.Project;

/// <summary>Compose, the project and what pins the service's image: all that is read before anything is done.</summary>
/// <param name="Client">Compose on the project.</param>
/// <param name="Image">What pins the image.</param>
internal sealed record ComposeContext(ComposeClient Client, ImagePin Image)
{
    /// <summary>The service's name in the project.</summary>
    public string Service => Image.Service;

    /// <summary>The order that the compose file names; null if it names none.</summary>
    public UpdateOrder? Order { get; private init; }

    /// <summary>The service as its files have it, variables and all.</summary>
    public required ComposeMapping Written { get; init; }

    /// <summary>The project's files.</summary>
    public required ProjectFiles Files { get; init; }

    /// <summary>Opens the project of a container.</summary>
    /// <exception cref="ProException">Compose is missing, or the files are elsewhere or wrong.</exception>
    public static Task<ComposeContext> OpenAsync(
        EngineConnection engine, DeploymentRequest request, ServiceTarget target, CancellationToken cancellationToken)
    {
        var labels = target.Labels.ToDictionary(label => label.Key, label => label.Value, StringComparer.Ordinal);
        var name = target.Containers.Concat(target.Leftovers).Select(container => container.Name).FirstOrDefault() ?? target.Name;
        var project = RunningComposeProject.FromContainer(name, labels);
        return OpenAsync(engine, request, project, labels[ComposeLabels.Service], cancellationToken);
    }

    /// <summary>
    /// Opens the project of a container; null if its files can't be found here and the container was named: it is replaced as it is then.
    /// So it is with a stack tool, which keeps the files to itself.
    /// </summary>
    /// <exception cref="ProException">Compose is missing, or the files are wrong; or they are elsewhere, and no container was named.</exception>
    public static async Task<ComposeContext?> TryOpenAsync(
        EngineConnection engine, DeploymentRequest request, ServiceTarget target, CancellationToken cancellationToken)
    {
        try
        {
            return await OpenAsync(engine, request, target, cancellationToken).ConfigureAwait(false);
        }
        catch (ProException elsewhere) when (elsewhere.Id is ComposeErrors.NotHereId or ComposeErrors.NoLabelId && request.Filter.Container is not null)
        {
            return null;
        }
    }

    /// <summary>Opens a project by its files.</summary>
    /// <exception cref="ProException">Compose is missing, or the files are wrong.</exception>
    public static Task<ComposeContext> OpenAsync(
        EngineConnection engine, DeploymentRequest request, IReadOnlyList<string> files, CancellationToken cancellationToken) =>
        OpenAsync(
            engine, request, RunningComposeProject.FromFiles(files, request.Child.WorkingDirectory), request.Service.Name, cancellationToken);

    private static async Task<ComposeContext> OpenAsync(
        EngineConnection engine, DeploymentRequest request, RunningComposeProject project, string service, CancellationToken cancellationToken)
    {
        var program = await ComposeProbe.ChooseAsync(request.Child, project.MadeBy, cancellationToken).ConfigureAwait(false);
        var client = new ComposeClient(program, project, request.Child, engine.Endpoint);

        // Before compose is asked anything: it would wait for ever for a pipe that nobody fills.
        var variables = client.ReadVariables();
        var files = ProjectFiles.Load(project, variables);
        files.EnsureRegular(project);
        if (project.Name.Length == 0)
        {
            project = project with { Name = await client.NameAsync(cancellationToken).ConfigureAwait(false) };
            client = client.For(project);
        }

        var containers = await engine.CallAsync(api => api.Containers.ListContainersAsync(
            new ContainersListParameters { All = true }, cancellationToken)).ConfigureAwait(false);
        var neighbours = ImagePin.Neighbours(project, containers.Select(container => container.Labels ?? new Dictionary<string, string>()));
        var written = files.Find(project, service);
        var image = ImagePin.Analyse(project, service, request.Repository, variables, neighbours);
        return new ComposeContext(image.Project == project ? client : client.For(image.Project), image)
        {
            Written = written.Node,
            Files = files,
            Order = written.Order,
        };
    }
}
