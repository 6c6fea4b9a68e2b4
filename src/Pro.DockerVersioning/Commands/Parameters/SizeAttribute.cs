using System.Management.Automation;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Commands.Parameters;

/// <summary>
/// A parameter that takes a size: 20GB as a number or as a text. PowerShell gives 20GB, (20GB) and a variable as a plain number of bytes,
/// so that a large one needs no unit; a small one is a forgotten unit.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SizeAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        var text = Typed.Text(inputData);
        return ByteSize.TryParse(text, out var bytes, out var why)
            ? bytes
            : throw new ArgumentTransformationMetadataException(
                $"'{text}' {why}. Write a number and a unit, as in 20GB: KB, MB, GB or TB, in steps of 1024.");
    }
}
