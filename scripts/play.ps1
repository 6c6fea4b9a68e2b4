# Types the commands of a script file at a prompt, one after another, and shows what they say: play.ps1 -Path FILE [-Prompt TEXT]
#
# Comments stand between the commands as they are in the file. A command that is meant to fail says so after it, on its line:
# `# error: why`. The exit code is 0 only if just those failed. Runs in pwsh and in ProShell alike, so it uses nothing but the
# engine's own commands (no Write-Host, no Get-Content).
[CmdletBinding()]
param(
    [Parameter(Mandatory)] [string] $Path,
    [string] $Prompt = 'PS> '
)

$ErrorActionPreference = 'Continue'
if ([Console]::IsOutputRedirected -or $env:NO_COLOR) { $PSStyle.OutputRendering = 'PlainText' }

# One variable for all that the player remembers: the commands run in this scope and may use any other name.
$tokens = $errors = $null
$tree = [System.Management.Automation.Language.Parser]::ParseFile($Path, [ref] $tokens, [ref] $errors)
if ($errors) { throw "$Path does not parse: $($errors[0])" }
$play = @{ Tree = $tree; Tokens = $tokens; Surprises = @(); Failed = $false; Number = 0 }

# Commands and the comments outside them, in the order of the file.
$play.Statements = @($play.Tree.EndBlock.Statements)
$play.Items = [System.Collections.Generic.SortedDictionary[int, object]]::new()
foreach ($statement in $play.Statements) { $play.Items[$statement.Extent.StartOffset] = $statement }
foreach ($token in $play.Tokens) {
    if ($token.Kind -ne 'Comment') { continue }
    $offset = $token.Extent.StartOffset
    if (-not ($play.Statements | Where-Object { $_.Extent.StartOffset -le $offset -and $_.Extent.EndOffset -gt $offset })) {
        $play.Items[$offset] = $token
    }
}

function Show-Text([string] $Text, [string] $Style) {
    if ($PSStyle.OutputRendering -ne 'PlainText') { $Text = $Style + $Text + $PSStyle.Reset }
    $Host.UI.WriteLine($Text)
}

$play.EndOfLast = -1
foreach ($item in $play.Items.Values) {
    if ($item -is [System.Management.Automation.Language.Token]) {
        # What follows a command on its line was shown with it.
        if ($item.Extent.StartLineNumber -eq $play.EndOfLast) { continue }
        Show-Text $item.Text $PSStyle.Foreground.Green
        continue
    }

    $play.EndOfLast = $item.Extent.EndLineNumber
    $play.Remark = $play.Tokens |
        Where-Object { $_.Kind -eq 'Comment' -and $_.Extent.StartLineNumber -eq $play.EndOfLast -and $_.Extent.StartOffset -ge $item.Extent.EndOffset }
    Show-Text ($Prompt + ($item.Extent.Text -replace '\r?\n', "`n>> ") + $(if ($play.Remark) { '   ' + $play.Remark.Text })) $PSStyle.Bold

    $play.Failed = $false
    $play.Number++
    $global:LASTEXITCODE = 0
    try {
        . ([scriptblock]::Create($item.Extent.Text)) 2>&1 | ForEach-Object {
            if ($_ -is [System.Management.Automation.ErrorRecord]) { $play.Failed = $true }
            $_
        } | Out-Default
    }
    catch {
        $play.Failed = $true
        Out-Default -InputObject $_
    }
    if ($global:LASTEXITCODE -ne 0) { $play.Failed = $true }

    if ($play.Failed -ne ($play.Remark.Text -match '^# error:')) {
        $play.Surprises += if ($play.Failed) { "failed: $($item.Extent.Text)" } else { "should have failed: $($item.Extent.Text)" }
    }
}

if ($play.Number -eq 0) { $play.Surprises += "$Path holds no command" }
foreach ($surprise in $play.Surprises) { $Host.UI.WriteErrorLine($surprise) }
exit $play.Surprises.Count
