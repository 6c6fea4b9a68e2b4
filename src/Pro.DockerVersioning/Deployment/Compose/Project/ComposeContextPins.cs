namespace Pro.DockerVersioning.Deployment.Compose.Project;

/// <summary>The pin and the command line of a project.</summary>
internal static class ComposeContextPins
{
    /// <summary>Keeps pins.</summary>
    public static PinWriter PinWriter(this ComposeContext site) => new(site.Client, site.Image);

    /// <summary>A command of compose on the project, as somebody can type it.</summary>
    public static string CommandLine(this ComposeContext site, string command) =>
        $"{site.Client.Program.CommandName} {string.Join(' ', site.Client.Project.Arguments.Select(Quoted))} {command}";

    private static string Quoted(string argument) =>
        argument.All(letter => char.IsAsciiLetterOrDigit(letter) || "-_./\\:".Contains(letter, StringComparison.Ordinal))
            ? argument
            : $"'{argument.Replace("'", "''", StringComparison.Ordinal)}'";
}
