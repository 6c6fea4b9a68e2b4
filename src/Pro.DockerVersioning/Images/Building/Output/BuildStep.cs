using System.Globalization;
using System.Text.RegularExpressions;

namespace Pro.DockerVersioning.Images.Building.Output;

/// <summary>A step of a build: "[base 2/5] RUN apk add curl".</summary>
/// <param name="Name">As the builder writes it.</param>
/// <param name="Instruction">Without the brackets: "RUN apk add curl".</param>
internal sealed partial record BuildStep(string Name, string Instruction)
{
    /// <summary>The stage's name (or "stage-1"), where the builder tells it.</summary>
    public string? Stage { get; init; }

    /// <summary>The platform, in a build for several.</summary>
    public string? Platform { get; init; }

    /// <summary>Which step of its stage it is, from 1; null for BuildKit's own steps.</summary>
    public int? Number { get; init; }

    /// <summary>How many steps its stage has.</summary>
    public int? Total { get; init; }

    /// <summary>True for what BuildKit does for itself: loading the context, asking for a base image.</summary>
    public bool IsInternal { get; init; }

    /// <summary>True for COPY and ADD that take files out of the context, not out of another stage or image.</summary>
    public bool CopiesFromContext =>
        (Instruction.StartsWith("COPY ", StringComparison.OrdinalIgnoreCase)
            || Instruction.StartsWith("ADD ", StringComparison.OrdinalIgnoreCase))
        && !Instruction.Contains("--from=", StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// Reads BuildKit's own form: <c>[linux/amd64 base 2/5] RUN x</c>, <c>[internal] load y</c>, <c>exporting to image</c>.
    /// </summary>
    public static BuildStep FromBuildKit(string name)
    {
        var match = Bracketed().Match(name);
        if (!match.Success)
        {
            return new BuildStep(name, name) { IsInternal = true };
        }

        var instruction = name[match.Length..];
        if (!match.Groups["number"].Success)
        {
            return new BuildStep(name, instruction) { IsInternal = true };
        }

        var words = match.Groups["words"].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return new BuildStep(name, instruction)
        {
            Number = int.Parse(match.Groups["number"].Value, CultureInfo.InvariantCulture),
            Total = int.Parse(match.Groups["total"].Value, CultureInfo.InvariantCulture),
            Platform = words.FirstOrDefault(word => word.Contains('/', StringComparison.Ordinal)),
            Stage = words.FirstOrDefault(word => !word.Contains('/', StringComparison.Ordinal)),
        };
    }

    /// <summary>
    /// Reads the classic builder's form, <c>Step 3/7 : RUN x</c>, and Podman's, <c>[1/2] STEP 3/7: RUN x</c>; null for any other line.
    /// </summary>
    public static BuildStep? FromClassic(string line)
    {
        var match = Classic().Match(line);
        return match.Success
            ? new BuildStep(line, line[match.Length..])
            {
                Number = int.Parse(match.Groups["number"].Value, CultureInfo.InvariantCulture),
                Total = int.Parse(match.Groups["total"].Value, CultureInfo.InvariantCulture),
            }
            : null;
    }

    /// <inheritdoc/>
    public override string ToString() =>
        Number is null
            ? Name
            : string.Create(CultureInfo.InvariantCulture, $"[{(Stage is null ? "" : Stage + " ")}{Number}/{Total}] {Instruction}");

    [GeneratedRegex(@"\A\[(?<words>[^\]]*?)(?:\s*\b(?<number>[0-9]{1,6})/(?<total>[0-9]{1,6}))?\]\s+", RegexOptions.ExplicitCapture)]
    private static partial Regex Bracketed();

    [GeneratedRegex(@"\A(?:\[[0-9/]{1,13}\] )?(?:Step|STEP) (?<number>[0-9]{1,6})/(?<total>[0-9]{1,6}) ?: ", RegexOptions.ExplicitCapture)]
    private static partial Regex Classic();
}
