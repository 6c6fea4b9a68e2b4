using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Services.Containers;

namespace Pro.DockerVersioning.Services.Deployment;

/// <summary>An order that somebody typed holds, or the plan is refused; one that a file names is a wish, and a warning says why it isn't kept.</summary>
internal static class TypedOrder
{
    /// <summary>Refuses a plan that doesn't keep it.</summary>
    /// <exception cref="ProException"><c>OrderNotPossible</c>.</exception>
    public static void ThrowIfOrderIsNotKept(this DeploymentRequest request, SwapChoice choice)
    {
        if (request.Order == UpdateOrder.StartFirst && choice.Order != UpdateOrder.StartFirst)
        {
            throw DeploymentErrors.OrderNotPossible(request.Service.Name, choice.Warnings);
        }
    }
}
