using System.Management.Automation;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Commands.Parameters;

/// <summary>
/// A parameter that takes a length of time. PowerShell alone reads 60 as 6 microseconds and "60" as 60 days: here a unit is required.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class DurationAttribute : ArgumentTransformationAttribute
{
    /// <summary>Whether 0 is refused: a time that has to pass, and not one that may.</summary>
    public bool MustBePositive { get; set; }

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        var text = Typed.Text(inputData);
        if (Typed.Value(inputData) is not TimeSpan span && !DurationText.TryParse(text, out span, out var why))
        {
            throw new ArgumentTransformationMetadataException($"'{text}' {why}. Write {DurationText.Forms}.");
        }

        return span < TimeSpan.Zero
            ? throw new ArgumentTransformationMetadataException($"'{text}' is negative. Write {DurationText.Forms}.")
            : span == TimeSpan.Zero && MustBePositive
                ? throw new ArgumentTransformationMetadataException($"'{text}' is not a time at all. Write {DurationText.Forms}.")
            : span;
    }
}
