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
internal sealed record ComposeContext(ComposeClient Client, ImagePin Image, ProjectFiles Files, UpdateOrder? Order)
{
    public string Service => Image.Service;

    /// <summary>The service as its files have it, variables and all.</summary>
    public ComposeMapping Written => Files.Find(Service).Node;

    public PinWriter PinWriter() => new(Client, Image);

    /// <summary>A command of compose on the project, as somebody can type it.</summary>
    public string CommandLine(string command) =>
        $"{Client.Program.CommandName} {string.Join(' ', Client.Project.Arguments.Select(Quoted))} {command}";

    /// <summary>
    /// What to say if a container was started without compose, whose lifecycle hooks the engine doesn't know; null if its service has none.
    /// Without a rendered project its files say it.
    /// </summary>
    public string? HookWarning(ComposeMapping? rendered, string service)
    {
        var node = rendered is null ? Files.Find(service).Node : RenderedService.Of(rendered, service);
        return node is null || RenderedService.StartHooks(node) is not { Count: > 0 } hooks ? null
            : $"{service} was started again without its lifecycle hook {string.Join(" and ", hooks)}, which only compose runs. "
                + "If it is needed, let compose start the service anew: "
                + CommandLine($"up --detach --no-deps --force-recreate {service}");
    }

    private static string Quoted(string argument) =>
        argument.All(letter => char.IsAsciiLetterOrDigit(letter) || "-_./\\:".Contains(letter, StringComparison.Ordinal))
            ? argument
            : $"'{argument.Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary>Opens the project of a container.</summary>
    /// <exception cref="ProException">Compose is missing, or the files are elsewhere or wrong.</exception>
    public static Task<ComposeContext> OpenAsync(
        EngineConnection engine, DeploymentRequest request, ServiceTarget target, CancellationToken cancellationToken)
    {
        var labels = new Dictionary<string, string>(target.Labels);
        var name = target.Containers.Concat(target.Leftovers).Select(container => container.Name).FirstOrDefault() ?? target.Name;
        var project = RunningComposeProject.FromContainer(name, labels);
        return OpenAsync(engine, request, project, labels[ComposeLabels.Service], cancellationToken);
    }

    /// <summary>
    /// Opens the project of a container; null if its files can't be found here and the container was named: it is replaced as it is then.
    /// So it is with a stack tool, which keeps the files to itself.
    /// </summary>
    /// <exception cref="ProException">Compose is missing, or the files are wrong, or elsewhere without a named container.</exception>
    public static async Task<ComposeContext?> TryOpenAsync(
        EngineConnection engine, DeploymentRequest request, ServiceTarget target, CancellationToken cancellationToken)
    {
        try
        {
            return await OpenAsync(engine, request, target, cancellationToken).ConfigureAwait(false);
        }
        catch (ProException elsewhere)
            when (elsewhere.Id is ComposeErrors.NotHereId or ComposeErrors.NoLabelId && request.Filter.Container is not null)
        {
            return null;
        }
    }

    /// <summary>Opens a project by its files.</summary>
    /// <exception cref="ProException">Compose is missing, or the files are wrong.</exception>
    public static Task<ComposeContext> OpenAsync(
        EngineConnection engine, DeploymentRequest request, IReadOnlyList<string> files, CancellationToken cancellationToken) =>
        OpenAsync(
            engine,
            request,
            RunningComposeProject.FromFiles(files, request.Child.WorkingDirectory),
            request.Service.Name,
            cancellationToken);

    private static async Task<ComposeContext> OpenAsync(
        EngineConnection engine,
        DeploymentRequest request,
        RunningComposeProject project,
        string service,
        CancellationToken cancellationToken)
    {
        var program = await ComposeProbe.ChooseAsync(request.Child, project.MadeBy, cancellationToken).ConfigureAwait(false);
        var client = new ComposeClient(program, project, request.Child, engine.Endpoint);

        // Before compose is asked anything: it would wait for ever for a pipe that nobody fills.
        var variables = client.ReadVariables();
        var files = new ProjectFiles(project, variables);
        files.EnsureRegular();
        if (project.Name.Length == 0)
        {
            project = project with { Name = await client.NameAsync(cancellationToken).ConfigureAwait(false) };
            client = client.For(project);
        }

        var containers = await engine.CallAsync(api => api.Containers.ListContainersAsync(
            new ContainersListParameters { All = true }, cancellationToken)).ConfigureAwait(false);
        var neighbours = ImagePin.Neighbours(project, containers.Select(container => container.Labels ?? new Dictionary<string, string>()));
        var order = files.Find(service).Order;
        var image = new ImagePin(project, service, request.Repository, variables, neighbours);
        return new ComposeContext(image.Project == project ? client : client.For(image.Project), image, files, order);
    }
}
