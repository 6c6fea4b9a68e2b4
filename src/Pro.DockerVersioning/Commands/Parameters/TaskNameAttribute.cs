using System.Management.Automation;
using System.Text.RegularExpressions;

namespace Pro.DockerVersioning.Commands.Parameters;

/// <summary>A parameter that takes a task's name: what every scheduler and file system takes.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed partial class TaskNameAttribute : ValidateEnumeratedArgumentsAttribute
{
    /// <inheritdoc/>
    protected override void ValidateElement(object element)
    {
        var name = element?.ToString() ?? string.Empty;
        if (!Name().IsMatch(name))
        {
            throw new ValidationMetadataException(
                $"'{name}' is not a name for a task. Use letters, digits, '-' and '_', at most 64, and a letter or digit first.");
        }
    }

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9_-]{0,63}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
