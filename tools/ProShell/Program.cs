using ProShell;

return CommandLine.TryParse(args, out var options, out var complaint)
    ? Shell.Run(options)
    : CommandLine.Explain(complaint);
