using System.Globalization;
using System.Management.Automation;

namespace Pro.DockerVersioning.Commands.Parameters;

/// <summary>
/// A parameter that takes a whole number. PowerShell alone reads an empty text and 0.5 as 0, and $true as 1: with -Keep that would remove
/// what was meant to stay.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class CountAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        var text = Typed.Text(inputData).Trim();
        var digits = text.StartsWith('-') ? text[1..] : text;
        var isWhole = Typed.Value(inputData) is not (bool or char) && digits.Length > 0 && digits.All(char.IsAsciiDigit);
        var why = !isWhole ? "is not a whole number"
            : digits.Length < text.Length ? "is negative"
            : null;
        if (why is not null)
        {
            throw new ArgumentTransformationMetadataException($"'{text}' {why}. Write digits alone, as in 5.");
        }

        return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            ? count
            : throw new ArgumentTransformationMetadataException($"'{text}' is too large.");
    }
}
