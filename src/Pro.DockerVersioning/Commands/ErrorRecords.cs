using System.Management.Automation;

namespace Pro.DockerVersioning.Commands;

/// <summary>Translates our errors into PowerShell's, once.</summary>
internal static class ErrorRecords
{
    /// <summary>The record of an error, with its id, category, target and what to do.</summary>
    public static ErrorRecord From(ProException error) =>
        new(error, error.Id, Enum.Parse<ErrorCategory>(error.Category.ToString()), error.Target)
        {
            // PowerShell shows the recommendation on a line of its own.
            ErrorDetails = new ErrorDetails(error.Message)
            {
                RecommendedAction = error.RecommendedAction,
            },
        };
}
