using System.Globalization;

namespace Pro.DockerVersioning.Bench;

/// <summary>What the module adds to a fresh process: the import and the first listing.</summary>
internal sealed class StartBenchmark : IBenchmark
{
    private const int Count = 15;

    /// <inheritdoc/>
    public string Name => "start";

    /// <inheritdoc/>
    public string Title => "`Import-Module` and the first `Get-ProImageVersion` in a fresh process, above the bare shell's start";

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> RunAsync(ResultTable table, CancellationToken cancellationToken)
    {
        var folder = ServiceRepository.Small();
        var import = $"Import-Module '{Setup.ModuleManifest}'";
        var list = $"Get-ProImageVersion -Path '{folder}' -Registry {Setup.Registry}";
        var notes = new List<string>();
        foreach (var (name, shell) in Shells())
        {
            table.Above($"{name}: import and listing", Against(shell, $"{import}; $null = {list}", cancellationToken), 600);
            table.Above($"{name}: the import alone", Against(shell, import, cancellationToken));
            notes.Add($"{name}, compiled by the JIT: {Compiled(shell, import, list)}.");
        }

        return Task.FromResult<IReadOnlyList<string>>(notes);
    }

    private static Pairs Against(Action<string> shell, string script, CancellationToken cancellationToken) =>
        Pairs.Measure(Count, warmUp: 2, _ => shell(script), _ => shell("$null"), cancellationToken);

    private static IEnumerable<(string Name, Action<string> Run)> Shells()
    {
        yield return ("ProShell", script => Child.Run(Setup.ProShell, "-c", script));
        var pwsh = Environment.GetEnvironmentVariable("PRO_PWSH") is { Length: > 0 } path ? path : "pwsh";
        if (Exists(pwsh))
        {
            yield return ("pwsh", script => Child.Run(pwsh, "-NoLogo", "-NoProfile", "-NonInteractive", "-Command", script));
        }
    }

    /// <summary>How many methods had to be compiled, and how long that took: what ReadyToRun could take away.</summary>
    private static string Compiled(Action<string> shell, string import, string list)
    {
        var file = Path.GetTempFileName();
        const string Now = "\"$([Runtime.JitInfo]::GetCompiledMethodCount($false)) $([Runtime.JitInfo]::GetCompilationTime($false).TotalMilliseconds)\"";
        var steps = string.Create(
            CultureInfo.InvariantCulture,
            $"$a = {Now}; $a = {Now}; {import}; $b = {Now}; $null = {list}; $c = {Now}; [IO.File]::WriteAllLines('{file}', [string[]]($a, $b, $c))");
        shell(steps);
        var lines = File.ReadAllLines(file)
            .Select(line => line.Split(' ').Select(number => double.Parse(number, CultureInfo.InvariantCulture)).ToArray())
            .ToArray();
        File.Delete(file);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"import {lines[1][0] - lines[0][0]:0} methods in {lines[1][1] - lines[0][1]:0} ms, "
            + $"listing {lines[2][0] - lines[1][0]:0} in {lines[2][1] - lines[1][1]:0} ms");
    }

    private static bool Exists(string program) =>
        File.Exists(program) || (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Any(folder => File.Exists(Path.Combine(folder, program)));
}
