# The built module in pwsh, as a user types it. What needs Select-Object, Sort-Object or Format-Table is shown here, since
# PowerShell's engine from NuGet has none of them.
#Requires -Version 7.4

BeforeDiscovery {
    $manifest = Import-PowerShellDataFile (Join-Path $env:PRO_TEST_MODULE 'Pro.DockerVersioning.psd1')
    $commands = $manifest.CmdletsToExport | ForEach-Object { @{ Command = $_ } }
}

BeforeAll {
    $script:moduleFolder = $env:PRO_TEST_MODULE
    $script:pwsh = $env:PRO_TEST_PWSH

    # Runs commands in a fresh process, as a job or a newly opened window would. Gives the exit code and all that was printed.
    function Invoke-Fresh([string] $Commands) {
        $file = Join-Path $TestDrive "fresh-$([guid]::NewGuid()).ps1"
        Set-Content -LiteralPath $file -Value @(
            "`$PSStyle.OutputRendering = 'PlainText'"
            "Import-Module '$script:moduleFolder'"
            $Commands)
        $output = & $script:pwsh -NoLogo -NoProfile -NonInteractive -File $file *>&1 | Out-String -Width 200
        [pscustomobject]@{ ExitCode = $LASTEXITCODE; Output = $output }
    }

    Import-Module $script:moduleFolder -Force
}

Describe 'The package' {
    It 'Brings no System.Management.Automation, which would hide all commands' {
        Get-ChildItem $script:moduleFolder -Recurse -Filter 'System.Management.Automation*.dll' | Should -BeNullOrEmpty
    }

    It 'Has a manifest that PowerShell accepts' {
        (Test-ModuleManifest (Join-Path $script:moduleFolder 'Pro.DockerVersioning.psd1')).Name | Should -Be 'Pro.DockerVersioning'
    }
}

Describe 'The import' {
    It 'Brings <Command>' -ForEach $commands {
        $found = Get-Command -Module Pro.DockerVersioning -Name $Command -ErrorAction SilentlyContinue
        $found.CommandType | Should -Be 'Cmdlet'
    }

    It 'Brings nothing that the manifest does not name' {
        $names = (Get-Command -Module Pro.DockerVersioning).Name
        $names | Should -Not -BeNullOrEmpty
        $names | Where-Object { $_ -notin $manifest.CmdletsToExport } | Should -BeNullOrEmpty
    } -ForEach @{ manifest = $manifest }

    It 'Can be repeated with -Force in one session' {
        $fresh = Invoke-Fresh @"
Import-Module '$script:moduleFolder' -Force
Import-Module '$script:moduleFolder' -Force
`$ErrorActionPreference = 'Stop'
'commands: ' + @(Get-Command -Module Pro.DockerVersioning).Count
(Get-Command Get-ProService).Name
"@
        $fresh.ExitCode | Should -Be 0 -Because $fresh.Output
        $fresh.Output | Should -Match "commands: $(@($manifest.CmdletsToExport).Count)\b"
    } -ForEach @{ manifest = $manifest }

    It 'Leaves its dependencies out of the session' {
        $fresh = Invoke-Fresh @'
Get-Command Get-ProService -ErrorAction Stop | Out-Null
[System.Runtime.Loader.AssemblyLoadContext]::Default.Assemblies.GetName().Name |
    Where-Object { $_ -match '^(Docker\.DotNet|LibGit2Sharp|Semver|YamlDotNet|CliWrap)' }
exit 0
'@
        $fresh.ExitCode | Should -Be 0 -Because $fresh.Output
        $fresh.Output.Trim() | Should -BeNullOrEmpty
    }
}

Describe 'Versions of a service on this engine' {
    BeforeAll {
        $env:PRO_TEST_REGISTRY | Should -Not -BeNullOrEmpty -Because 'scripts/engine.sh gives a registry; run scripts/test.sh or build.ps1 -Task Pester'
        $script:oldRegistry = $env:REGISTRY
        $script:docker = $env:PRO_TEST_DOCKER ? $env:PRO_TEST_DOCKER : 'docker'
        $env:REGISTRY = "$env:PRO_TEST_REGISTRY/pester-$([guid]::NewGuid().ToString('N').Substring(0, 8))"
        $script:shop = Join-Path $TestDrive 'shop'
        bash (Join-Path $PSScriptRoot '../../scripts/make-shop.sh') $script:shop | Out-Null
        $LASTEXITCODE | Should -Be 0 -Because 'make-shop.sh makes the repository'
        Push-Location $script:shop
        # Not in their order, so that a list in the right order is no accident.
        $script:built = 'v1.1.0', 'v1.2.0', 'v1.0.0', 'v1.2.0-rc.1' | ForEach-Object { Build-ProImage api $_ -ErrorAction Stop }
    }

    AfterAll {
        Pop-Location
        & $script:docker images --format '{{.Repository}}:{{.Tag}}' | Where-Object { $_.StartsWith("$env:REGISTRY/") } |
            ForEach-Object { & $script:docker rmi $_ | Out-Null }
        $env:REGISTRY = $script:oldRegistry
    }

    It 'A build says service, version and reference' {
        $script:built[0].Service | Should -Be 'api'
        "$($script:built[0].Version)" | Should -Be 'v1.1.0'
        $script:built[0].Reference | Should -Be "$env:REGISTRY/api:v1.1.0"
    }

    It 'Lists the newest first' {
        (Get-ProImageVersion api).Version | ForEach-Object { "$_" } | Should -Be 'v1.2.0', 'v1.2.0-rc.1', 'v1.1.0', 'v1.0.0'
    }

    It 'Sort-Object Version sorts by SemVer: a candidate before its release' {
        Get-ProImageVersion api | Sort-Object Version | ForEach-Object { "$($_.Version)" } |
            Should -Be 'v1.0.0', 'v1.1.0', 'v1.2.0-rc.1', 'v1.2.0'
    }

    It 'Select-Object -First stops it cleanly, and the session goes on' {
        $Error.Clear()
        "$((Get-ProImageVersion api | Select-Object -First 1).Version)" | Should -Be 'v1.2.0'
        $Error | Should -BeNullOrEmpty
        @(Get-ProImageVersion api).Count | Should -Be 4
    }

    It 'Where-Object compares versions' {
        (Get-ProImageVersion api -Range '>=1.1 <1.2').Version | ForEach-Object { "$_" } | Should -Be 'v1.1.0'
        (Get-ProImageVersion api -Stable).Version | ForEach-Object { "$_" } | Should -Be 'v1.2.0', 'v1.1.0', 'v1.0.0'
    }

    It 'Format-Table shows a line for each version, latest beside the newest release' {
        $lines = (Get-ProImageVersion api | Format-Table | Out-String -Width 160) -split '\r?\n' | Where-Object { $_ -match '\bv1\.' }
        $lines.Count | Should -Be 4
        @($lines -match '\blatest\b') | Should -HaveCount 1
        ($lines -match '\blatest\b')[0] | Should -Match '\bv1\.2\.0\b'
    }

    It 'The table holds no escape sequence where colour is off' {
        $PSStyle.OutputRendering = 'PlainText'
        (Get-ProImageVersion api | Format-Table | Out-String -Width 160) | Should -Not -Match "`e"
    }

    It 'Becomes JSON and CSV with plain values' {
        $json = Get-ProImageVersion api | Select-Object -First 1 Service, Version, Reference, Tag | ConvertTo-Json -Depth 1 | ConvertFrom-Json
        $json.Reference | Should -Be "$env:REGISTRY/api:v1.2.0"
        (Get-ProImageVersion api | ConvertTo-Csv)[1] | Should -Match 'v1\.2\.0'
    }

    It '-WhatIf tells commit, tags and why latest stays, and builds nothing' {
        $fresh = Invoke-Fresh "Set-Location '$script:shop'; Build-ProImage api v1.0.1 -WhatIf"
        $fresh.Output | Should -Match 'What if:'
        $fresh.Output | Should -Match ([regex]::Escape("$env:REGISTRY/api:v1.0.1"))
        $fresh.Output | Should -Match 'd6fc987'
        $fresh.Output | Should -Match 'latest'
        (Get-ProImageVersion api).Version | ForEach-Object { "$_" } | Should -Not -Contain 'v1.0.1'
    }

    It 'Goes through the pipeline from build to registry' {
        $published = Get-ProImageVersion api -Version v1.2.0 | Publish-ProImage -ErrorAction Stop
        $published.Service | Should -Be 'api'
        $tags = (Invoke-RestMethod "http://$env:PRO_TEST_REGISTRY/v2/$($env:REGISTRY.Split('/')[1])/api/tags/list").tags
        $tags | Should -Contain 'v1.2.0'
        $tags | Should -Contain 'latest'
        $tags | Should -Not -Contain 'v1.1.0'
    }

    It 'A wrong service ends a job with exit code 1 and the services that there are' {
        $fresh = Invoke-Fresh "`$ErrorActionPreference = 'Stop'; Set-Location '$script:shop'; Build-ProImage aip v1.2.0; exit 0"
        $fresh.ExitCode | Should -Be 1
        $fresh.Output | Should -Match '\baip\b'
        $fresh.Output | Should -Match '\bapi\b'
        $fresh.Output | Should -Match '\bworker\b'
    }

    It 'A good job ends with exit code 0' {
        $fresh = Invoke-Fresh "`$ErrorActionPreference = 'Stop'; Set-Location '$script:shop'; Build-ProImage api v1.2.0; exit 0"
        $fresh.ExitCode | Should -Be 0 -Because $fresh.Output
    }
}
