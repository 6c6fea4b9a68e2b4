namespace ProShell;

/// <summary>What the shell was asked to do: run a file, run commands, or (with neither) read lines from standard input.</summary>
internal sealed record CommandLine(string? File, string? Commands, IReadOnlyList<string> Arguments)
{
    private const int UsageError = 64;
    private static readonly string[] AlwaysSo = ["-NoLogo", "-NoProfile", "-NonInteractive"];

    /// <summary>Reads the arguments, in pwsh's spelling as well.</summary>
    public static bool TryParse(IReadOnlyList<string> arguments, out CommandLine options, out string complaint)
    {
        options = new CommandLine(File: null, Commands: null, []);
        complaint = string.Empty;

        // What pwsh's jobs say is so here anyway: no banner and no profile; at the end of standard input there is nobody to ask.
        arguments = [.. arguments.SkipWhile(argument => AlwaysSo.Contains(argument, StringComparer.OrdinalIgnoreCase))];
        if (arguments.Count == 0)
        {
            return true;
        }

        var rest = arguments.Skip(1).ToArray();
        switch (arguments[0].ToUpperInvariant())
        {
            case "-C" or "-COMMAND" when rest.Length > 0:
                options = options with { Commands = string.Join(' ', rest) };
                return true;
            case "-FILE" when rest.Length > 0:
                return TryFile(rest[0], rest[1..], ref options, ref complaint);
            case "-C" or "-COMMAND" or "-FILE":
                complaint = $"{arguments[0]} needs a value.";
                return false;
            case var other when other.StartsWith('-'):
                complaint = $"There is no option {arguments[0]}.";
                return false;
            default:
                return TryFile(arguments[0], rest, ref options, ref complaint);
        }
    }

    /// <summary>Says what was wrong, and how it is used.</summary>
    /// <returns>The exit code of a wrong command line.</returns>
    public static int Explain(string complaint)
    {
        Console.Error.WriteLine($"ProShell: {complaint}");
        Console.Error.WriteLine("Usage: ProShell FILE.ps1 [ARGUMENT…] | ProShell -c COMMANDS | ProShell (reads lines from standard input)");
        return UsageError;
    }

    private static bool TryFile(string path, string[] arguments, ref CommandLine options, ref string complaint)
    {
        var full = Path.GetFullPath(path);
        if (!System.IO.File.Exists(full))
        {
            complaint = $"There is no file {path}.";
            return false;
        }

        options = new CommandLine(full, Commands: null, arguments);
        return true;
    }
}
