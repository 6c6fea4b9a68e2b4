using System.Text;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Cleaning.Tasks;

/// <summary>
/// The script of a job. A scheduler gives it no profile, no variables, no console: it brings all that along. It uses no module but ours,
/// and its exit code is the only thing that a scheduler sees. Pure.
/// </summary>
internal static class CleanupScript
{
    /// <summary>What follows these words in the log is a run's exit code.</summary>
    public const string Ended = "ended with exit code ";

    /// <summary>Where this variable is set, the script only shows that it starts, and finds its module and services.</summary>
    public const string CheckVariable = "PRO_CLEANUP_CHECK";

    private const string Template = """
        # Made by Register-ProCleanupTask, and made anew by it: changes here get lost.
        $ErrorActionPreference = 'Stop'
        $log = {LOG}
        # On a full disk there is no room for the log, and room is what this makes: it goes on, and tells it elsewhere.
        $unlogged = $false
        function Write-Line([string] $Text) {
            foreach ($part in $Text.TrimEnd() -split '\r?\n') {
                $line = [DateTimeOffset]::Now.ToString('yyyy-MM-ddTHH:mm:sszzz', [cultureinfo]::InvariantCulture) + ' ' + $part
                try { [System.IO.File]::AppendAllText($log, $line + "`n") }
                catch {
                    if (-not $script:unlogged) { [Console]::Error.WriteLine("The log can't be written: $_") }
                    $script:unlogged = $true
                    [Console]::Error.WriteLine($line)
                }
            }
        }

        # A log of a megabyte becomes .1, and that .2; what was .3 goes.
        try {
            if ([System.IO.File]::Exists($log) -and [System.IO.FileInfo]::new($log).Length -gt 1MB) {
                foreach ($number in 3, 2, 1) {
                    $from = if ($number -eq 1) { $log } else { "$log.$($number - 1)" }
                    if ([System.IO.File]::Exists($from)) { [System.IO.File]::Move($from, "$log.$number", $true) }
                }
            }
        }
        catch {
            $unlogged = $true
            [Console]::Error.WriteLine("The log can't be put away: $_")
        }

        $code = 1
        try {
            if (-not $env:{CHECK}) { Write-Line 'begins' }
            if ($PSStyle) { $PSStyle.OutputRendering = 'PlainText' }
            $ProgressPreference = 'SilentlyContinue'
        {VARIABLES}
            $module = {MODULE}
            Import-Module $(if ([System.IO.File]::Exists($module)) { $module } else { 'Pro.DockerVersioning' })
            $parameters = @{
                # A path and not a pattern: "app[1]" is that folder, and not "app1".
                Path = {FOLDER}
        {PARAMETERS}
            }
            # Register-ProCleanupTask starts it once, to see whether a scheduler could, and whether it finds its services.
            # The engine may be off now.
            if ($env:{CHECK}) {
                try { Remove-ProOldImage @parameters -WhatIf *>$null }
                catch { if ($_.FullyQualifiedErrorId -notlike '{UNREACHABLE},*') { throw } }
                exit 0
            }
            # One bad line is an error in the log, and the others are done.
            $failed = $null
            $parameters.ErrorVariable = 'failed'
            Remove-ProOldImage @parameters -Confirm:$false -ErrorAction Continue -InformationAction Continue *>&1 | ForEach-Object {
                $prefix = ''
                if ($_ -is [System.Management.Automation.ErrorRecord]) { $prefix = 'error: ' }
                if ($_ -is [System.Management.Automation.WarningRecord]) { $prefix = 'warning: ' }
                Write-Line "$prefix$_"
            }
            $code = [int]($failed.Count -gt 0)
        }
        catch {
            if ($env:{CHECK}) { [Console]::Error.WriteLine("$_") }
            else { Write-Line "error: $_ $($_.ErrorDetails.RecommendedAction)" }
        }
        finally {
            if ($unlogged) { $code = 1 }
            if (-not $env:{CHECK}) { Write-Line "{ENDED}$code" }
        }

        if ($unlogged) { $code = 1 }
        if ($code -ne 0) { [Console]::Error.WriteLine({NAME} + ' failed: see ' + $log) }
        exit $code

        """;

    /// <summary>The script.</summary>
    /// <param name="task">The job.</param>
    /// <param name="module">The module's manifest.</param>
    /// <param name="variables">Environment variables that hold in the session that makes the job.</param>
    /// <param name="parameters">The parameters of Remove-ProOldImage: texts, numbers, lists of texts, true.</param>
    public static string Text(
        CleanupTask task,
        string module,
        IEnumerable<KeyValuePair<string, string>> variables,
        IEnumerable<KeyValuePair<string, object>> parameters) => Template
            .Replace("\r\n", "\n", StringComparison.Ordinal)
            .Replace("{LOG}", Quote(task.Log), StringComparison.Ordinal)
            .Replace("{VARIABLES}", Lines(variables.Select(one => $"    $env:{one.Key} = {Quote(one.Value)}")), StringComparison.Ordinal)
            .Replace("{UNREACHABLE}", EngineErrors.UnreachableId, StringComparison.Ordinal)
            .Replace("{CHECK}", CheckVariable, StringComparison.Ordinal)
            .Replace("{FOLDER}", Quote(task.Folder), StringComparison.Ordinal)
            .Replace("{MODULE}", Quote(module), StringComparison.Ordinal)
            .Replace("{PARAMETERS}", Lines(parameters.Select(one => $"        {one.Key} = {Literal(one.Value)}")), StringComparison.Ordinal)
            .Replace("{ENDED}", Ended, StringComparison.Ordinal)
            .Replace("{NAME}", Quote(task.Name), StringComparison.Ordinal);

    private static string Lines(IEnumerable<string> lines)
    {
        var text = new StringBuilder().AppendJoin('\n', lines).ToString();
        return text.Length == 0 ? "    # none" : text;
    }

    private static string Literal(object value) => value switch
    {
        bool yes => yes ? "$true" : "$false",
        int number => number.ToString(System.Globalization.CultureInfo.InvariantCulture),
        TimeSpan span => $"[timespan]{Quote(span.ToString("c", System.Globalization.CultureInfo.InvariantCulture))}",
        IEnumerable<string> texts => $"@({string.Join(", ", texts.Select(Quote))})",
        _ => Quote(value.ToString()!),
    };

    // PowerShell takes typographic quotes for quotes, too.
    private static string Quote(string text)
    {
        var quoted = new StringBuilder("'");
        foreach (var character in text)
        {
            _ = quoted.Append(character);
            if (character is '\'' or '\u2018' or '\u2019' or '\u201A' or '\u201B')
            {
                _ = quoted.Append(character);
            }
        }

        return quoted.Append('\'').ToString();
    }
}
