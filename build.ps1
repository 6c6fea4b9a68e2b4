#Requires -Version 7.4
<#
.SYNOPSIS
Builds, tests, packages and installs Pro.DockerVersioning.

.DESCRIPTION
Thin: the work is done by dotnet and by the scripts in scripts/. On Windows, which can't run those, the tests' registries are
containers of registry:2, so Docker Desktop and a way to Docker Hub are needed there.

The exit code is 0 only if the task went well.

.EXAMPLE
pwsh build.ps1 -Task Test -Filter Rollback
#>
[CmdletBinding()]
param(
    # Build: the module into out/. Test: every suite. Pester: that suite alone. Analyze: the PowerShell sources.
    # Package: a zip in out/. Install: into your module folder. Quickstart: the guided tour.
    [Parameter(Position = 0)]
    [ValidateSet('Build', 'Test', 'Pester', 'Analyze', 'Package', 'Install', 'Quickstart')]
    [string] $Task = 'Build',

    # Test and Pester: only tests whose full name contains this text.
    [string] $Filter,

    # Test: leaves out whatever needs Docker.
    [switch] $UnitOnly,

    # Quickstart: keeps the repository and its images.
    [switch] $Keep,

    # Install: another folder than your own module folder.
    [string] $Destination
)

$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $false
Set-StrictMode -Version 3.0

$root = $PSScriptRoot
$moduleName = 'Pro.DockerVersioning'
$module = Join-Path $root 'out' $moduleName
$shell = (Get-Process -Id $PID).Path

# Runs a program and ends this script with its exit code when that isn't 0.
function Invoke-Program([string] $Program, [string[]] $Arguments) {
    & $Program @Arguments | Out-Host
    if ($LASTEXITCODE -ne 0) { exit $LASTEXITCODE }
}

function Assert-Command([string] $Name, [string] $Remedy) {
    if (-not (Get-Command $Name -ErrorAction Ignore)) { throw "$Name is missing. $Remedy" }
}

function Get-ModuleVersion { (Import-PowerShellDataFile (Join-Path $root "$moduleName.psd1")).ModuleVersion }

function Invoke-Build([string] $Project = "$moduleName.slnx") {
    Assert-Command dotnet 'Install the .NET SDK 10: https://dotnet.microsoft.com/download'
    Invoke-Program dotnet @('build', (Join-Path $root $Project), '-c', 'Release', '--nologo', '-v', 'q', '-clp:NoSummary')
}

# Takes the addresses of the registries over into this session, as the tests expect them.
function Start-Engine {
    if ($IsWindows) {
        & (Join-Path $root 'scripts' 'engine.ps1') | ForEach-Object { Set-Item -LiteralPath "env:$($_.Name)" -Value $_.Value }
        return
    }

    $state = bash -c '. "$1/scripts/lib.sh" && state_folder' bash $root
    Invoke-Program bash @((Join-Path $root 'scripts' 'engine.sh'), 'start')
    foreach ($line in Get-Content -LiteralPath (Join-Path $state 'engine.env')) {
        $name, $value = $line -split '=', 2
        Set-Item -LiteralPath "env:$name" -Value $value.Trim("'")
    }
}

function Invoke-Suite([string] $Program) {
    $arguments = @('-noColor')
    if ($Filter) { $arguments += '-method', "*$Filter*" }
    & $Program @arguments | Out-Host
    if ($LASTEXITCODE -ne 0) { throw "$([System.IO.Path]::GetFileNameWithoutExtension($Program)) ended with exit code $LASTEXITCODE." }
}

function Invoke-PesterSuite {
    $arguments = @('-NoLogo', '-NoProfile', '-NonInteractive', '-File', (Join-Path $root 'tests' 'Pester' 'run.ps1'), '-Module', $module)
    if ($Filter) { $arguments += '-Filter', $Filter }
    Invoke-Program $shell $arguments
}

function Invoke-Test {
    if (-not $IsWindows) {
        $arguments = @((Join-Path $root 'scripts' 'test.sh'))
        if ($UnitOnly) { $arguments += '--unit' }
        if ($Filter) { $arguments += '--filter', $Filter }
        # The suites run in the same PowerShell as this one.
        $env:PRO_PWSH = $shell
        Invoke-Program bash $arguments
        return
    }

    Invoke-Build
    Invoke-Suite (Join-Path $root 'tests/Unit/bin/Release/net10.0/Pro.DockerVersioning.Tests.Unit.exe')
    if (-not $UnitOnly) {
        Start-Engine
        Invoke-Suite (Join-Path $root 'tests/Engine/bin/Release/net10.0/Pro.DockerVersioning.Tests.Engine.exe')
        Invoke-PesterSuite
    }
}

function Invoke-Analyze {
    if (-not (Get-Module -ListAvailable PSScriptAnalyzer)) { throw 'PSScriptAnalyzer is missing. Install-Module PSScriptAnalyzer' }
    $found = git -C $root ls-files '*.ps1' '*.psm1' '*.psd1' |
        ForEach-Object { Invoke-ScriptAnalyzer -Path (Join-Path $root $_) -Settings (Join-Path $root 'scripts' 'PSScriptAnalyzerSettings.psd1') }
    $found | Format-Table -AutoSize ScriptName, Line, Severity, RuleName, Message -Wrap | Out-Host
    if ($found) { throw "PSScriptAnalyzer found $(@($found).Count) things to mend." }
}

function Invoke-Package {
    if (Test-Path $module) { Remove-Item -LiteralPath $module -Recurse -Force }
    Invoke-Build 'src/Pro.DockerVersioning'
    # With it in the folder the import succeeds and brings no command at all.
    if (Get-ChildItem $module -Recurse -Filter 'System.Management.Automation*.dll') { throw "System.Management.Automation slipped into $module." }
    Test-ModuleManifest (Join-Path $module "$moduleName.psd1") | Out-Null
}

function Invoke-Install {
    Invoke-Package
    $folder = $Destination
    if (-not $folder) {
        $folder = $IsWindows ?
            (Join-Path ([Environment]::GetFolderPath('MyDocuments')) 'PowerShell' 'Modules') :
            (Join-Path $HOME '.local' 'share' 'powershell' 'Modules')
    }

    $target = Join-Path $folder $moduleName (Get-ModuleVersion)
    if (Test-Path $target) { Remove-Item -LiteralPath $target -Recurse -Force }
    New-Item -ItemType Directory -Path $target | Out-Null
    Copy-Item -Path (Join-Path $module '*') -Destination $target -Recurse
    "installed: $target"
}

function Invoke-Quickstart {
    if (-not $IsWindows) {
        $env:PRO_PWSH = $shell
        Invoke-Program bash (@((Join-Path $root 'scripts' 'quickstart.sh')) + @($Keep ? '--keep' : @()))
        return
    }

    Start-Engine
    Invoke-Build 'src/Pro.DockerVersioning'
    $work = New-Item -ItemType Directory -Path (Join-Path ([System.IO.Path]::GetTempPath()) "pro-quickstart-$(Get-Random)")
    $env:REGISTRY = "$env:PRO_TEST_REGISTRY/shop-$(Get-Random)"
    $env:PSModulePath = (Join-Path $root 'out') + ';' + $env:PSModulePath
    # Git for Windows brings the bash that makes the repository.
    $gitBash = Join-Path (Split-Path (Split-Path (Get-Command git).Source)) 'bin' 'bash.exe'
    Invoke-Program $gitBash @('scripts/make-shop.sh', (Join-Path $work 'shop').Replace('\', '/'))
    Push-Location (Join-Path $work 'shop')
    try {
        Invoke-Program $shell @('-NoLogo', '-NoProfile', '-NonInteractive', '-File', (Join-Path $root 'scripts' 'play.ps1'),
            '-Path', (Join-Path $root 'samples' 'quickstart.ps1'), '-Prompt', 'PS shop> ')
    }
    finally {
        Pop-Location
        if (-not $Keep) {
            docker ps -a --format '{{.ID}} {{.Image}}' | Where-Object { $_.Contains(" $env:REGISTRY/") } |
                ForEach-Object { docker rm -f -v $_.Split(' ')[0] | Out-Null }
            docker images --format '{{.Repository}}:{{.Tag}}' | Where-Object { $_.StartsWith("$env:REGISTRY/") } |
                ForEach-Object { docker rmi $_ | Out-Null }
            Remove-Item -LiteralPath $work -Recurse -Force
        }
    }
}

Push-Location $root
try {
    switch ($Task) {
        'Build' { Invoke-Build }
        'Test' { Invoke-Test }
        'Pester' { Invoke-Build; Start-Engine; Invoke-PesterSuite }
        'Analyze' { Invoke-Analyze }
        'Package' {
            Invoke-Package
            $archive = Join-Path $root 'out' "$moduleName-$(Get-ModuleVersion).zip"
            Compress-Archive -Path $module -DestinationPath $archive -Force
            "packaged: $archive"
        }
        'Install' { Invoke-Install }
        'Quickstart' { Invoke-Quickstart }
    }
}
finally {
    Pop-Location
}

exit 0
