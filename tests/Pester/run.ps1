# Runs the Pester suite against the built module and ends with one line: N passed, N failed[, N skipped]
#Requires -Version 7.4
[CmdletBinding()]
param(
    # The folder of the built module. The sources are never imported.
    [string] $Module = (Join-Path $PSScriptRoot '../../out/Pro.DockerVersioning'),

    # Pester's manifest, where it isn't installed as a module.
    [string] $Pester,

    # This shell as one types it: PowerShell as a .NET tool runs in a process named dotnet.
    [string] $Shell = (Get-Process -Id $PID).Path,

    # Runs only tests whose full name contains this text.
    [string] $Filter
)

$ErrorActionPreference = 'Stop'
if ($Pester) { Import-Module $Pester } else { Import-Module Pester -MinimumVersion 5.7 }
if (-not (Test-Path (Join-Path $Module 'Pro.DockerVersioning.psd1'))) {
    throw "There is no built module in $Module. Build it first: dotnet build, or build.ps1 -Task Build."
}

$PSStyle.OutputRendering = 'PlainText'
$env:PRO_TEST_PWSH = $Shell
$env:PRO_TEST_MODULE = (Resolve-Path $Module).ProviderPath

$configuration = New-PesterConfiguration
$configuration.Run.Path = $PSScriptRoot
$configuration.Run.PassThru = $true
$configuration.Output.Verbosity = 'Normal'
$configuration.Output.RenderMode = 'Plaintext'
if ($Filter) { $configuration.Filter.FullName = "*$Filter*" }

$run = Invoke-Pester -Configuration $configuration
# A container or block that could not be set up holds tests that never ran: those are failures as well.
$failed = $run.FailedCount + $run.FailedBlocksCount + $run.FailedContainersCount
$line = "$($run.PassedCount) passed, $failed failed"
if ($run.SkippedCount + $run.NotRunCount -gt 0 -and -not $Filter) { $line += ", $($run.SkippedCount + $run.NotRunCount) skipped" }
$line
exit [int]($failed -gt 0)
