# What needs the Utility cmdlets, jobs or a process of its own. The rest is shown by tests/Engine.
#Requires -Version 7.4

BeforeAll {
    $env:PRO_TEST_REGISTRY | Should -Not -BeNullOrEmpty -Because 'scripts/engine.sh gives a registry; run scripts/test.sh or build.ps1 -Task Pester'
    $script:moduleFolder = $env:PRO_TEST_MODULE
    $script:pwsh = $env:PRO_TEST_PWSH
    $script:docker = $env:PRO_TEST_DOCKER ? $env:PRO_TEST_DOCKER : 'docker'
    $script:oldRegistry = $env:REGISTRY
    $env:REGISTRY = "$env:PRO_TEST_REGISTRY/pester-$([guid]::NewGuid().ToString('N').Substring(0, 8))"

    # Two services that need no program, and one whose build fails.
    # Not in TestDrive: Pester takes away what a Describe has made there, and with it the objects of later commits.
    $script:repository = Join-Path ([IO.Path]::GetTempPath()) "pro-pester-$([guid]::NewGuid())"
    foreach ($service in 'api', 'web', 'broken') {
        $folder = New-Item -ItemType Directory -Path (Join-Path $script:repository "apps/$service")
        Set-Content -LiteralPath (Join-Path $folder 'Dockerfile') -Value ($service -eq 'broken' ?
            "FROM pro-sample/base:1`nRUN echo the reason >&2; exit 3" : "FROM scratch`nCOPY . /")
        Set-Content -LiteralPath (Join-Path $folder 'file') -Value $env:REGISTRY
    }

    Push-Location $script:repository
    git init -q -b main
    git config user.name 'Mei Lin'
    git config user.email 'mei@shop.example'
    git add -A
    git commit -q -m 'One'
    foreach ($tag in 'v1.9.0', 'v1.10.0', 'v2.0.0-rc.1') { git tag $tag }
    $LASTEXITCODE | Should -Be 0 -Because 'git makes the repository'

    # A script as a job runs it: in a process of its own, with nobody there. Gives the exit code and all that was printed.
    function Invoke-Job([string] $Commands) {
        $file = Join-Path $TestDrive "job-$([guid]::NewGuid()).ps1"
        Set-Content -LiteralPath $file -Value @(
            "`$ErrorActionPreference = 'Stop'"
            "Import-Module '$script:moduleFolder'"
            "Set-Location '$script:repository'"
            $Commands
            'exit 0')
        $output = & $script:pwsh -NoLogo -NoProfile -NonInteractive -File $file *>&1 | Out-String -Width 200
        [pscustomobject]@{ ExitCode = $LASTEXITCODE; Output = $output }
    }

    Import-Module $script:moduleFolder -Force
    $script:built = foreach ($tag in 'v1.10.0', 'v2.0.0-rc.1', 'v1.9.0') { Build-ProImage api $tag -ErrorAction Stop }
}

AfterAll {
    Pop-Location
    Remove-Item -LiteralPath $script:repository -Recurse -Force
    & $script:docker images --format '{{.Repository}}:{{.Tag}}' | Where-Object { $_.StartsWith("$env:REGISTRY/") } |
        ForEach-Object { & $script:docker rmi $_ | Out-Null }
    $env:REGISTRY = $script:oldRegistry
}

Describe 'A pipeline' {
    It 'Select-Object -First ends a list, and leaves no error behind' {
        $Error.Clear()
        $first = @(Get-ProService | Get-ProImageVersion | Select-Object -First 2)
        "$($first.Version)" | Should -Be 'v2.0.0-rc.1 v1.10.0'
        $Error | Should -BeNullOrEmpty
    }

    It 'Select-Object -First ends builds that nobody waits for' {
        $Error.Clear()
        (Build-ProImage api, web HEAD -ThrottleLimit 1 -WarningAction Ignore | Select-Object -First 1).Service | Should -Not -BeNullOrEmpty
        $Error | Should -BeNullOrEmpty
        @(Get-ProService).Count | Should -Be 3
    }

    It 'Sort-Object, Group-Object and Measure-Object know versions' {
        "$(($script:built | Sort-Object Version).Version)" | Should -Be 'v1.9.0 v1.10.0 v2.0.0-rc.1'
        "$((Get-ProImageVersion api -Version 'v*' | Sort-Object Version -Descending).Version)" | Should -Be 'v2.0.0-rc.1 v1.10.0 v1.9.0'
        "$((Get-ProImageVersion api -Version 'v*' | Measure-Object Version -Maximum).Maximum)" | Should -Be 'v2.0.0-rc.1'
        (Get-ProImageVersion api -Version 'v*' | Group-Object IsPrerelease | Sort-Object Count | ForEach-Object Count) | Should -Be 1, 2
    }

    It 'Where-Object compares versions with -gt' {
        $all = Get-ProImageVersion api -Version 'v*'
        $limit = ($all | Where-Object { "$($_.Version)" -eq 'v1.9.0' }).Version
        "$(($all | Where-Object { $_.Version -gt $limit }).Version)" | Should -Be 'v2.0.0-rc.1 v1.10.0'
    }

    It 'Goes from services to the registry' {
        $published = Get-ProService [aw]* | Build-ProImage -Version v1.10.0 | Publish-ProImage
        ($published.Service | Sort-Object) -join ' ' | Should -Be 'api web'
        $published.Outcome | Should -Be 'Published', 'Published'
    }

    It 'Becomes JSON that says what a person would want to read' {
        $build = $script:built[0] | ConvertTo-Json -Depth 2 -EnumsAsStrings | ConvertFrom-Json
        $build.Outcome | Should -Be 'Built'
        $build.Aliases | Should -Contain 'latest'
        $version = Get-ProImageVersion api -Version v1.10.0 | ConvertTo-Json -Depth 2 -EnumsAsStrings | ConvertFrom-Json
        $version.Reference | Should -Be "$env:REGISTRY/api:v1.10.0"
        $version.IsCurrent | Should -BeFalse
    }

    It '-ErrorVariable and -OutVariable work over several services' {
        Build-ProImage broken, web v1.9.0 -ErrorVariable bad -OutVariable good -ErrorAction SilentlyContinue | Out-Null
        $good.Service | Should -Be 'web'
        $bad.Count | Should -Be 1
        $bad[0].FullyQualifiedErrorId | Should -BeLike 'BuildStepFailed,*'
        $bad[0].ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
    }
}

Describe 'Cleaning' {
    BeforeAll {
        # What other tests have built of it would be newer.
        & $script:docker images --format '{{.Repository}}:{{.Tag}}' | Where-Object { $_.StartsWith("$env:REGISTRY/web:") } |
            ForEach-Object { & $script:docker rmi $_ | Out-Null }

        # Releases that share all but a file; the newest stays, and what an alias points at.
        foreach ($tag in 'v1.1.0', 'v1.2.0', 'v1.3.0') {
            git tag $tag
            Build-ProImage web $tag -ErrorAction Stop | Out-Null
        }

        function Get-Left { "$((Get-ProImageVersion web -Version 'v1.[123].0').Version)" }
    }

    It 'What is young stays, by the pipeline and by count' {
        $results = @(Get-ProImageVersion web -Version 'v1.[123].0' | Select-Object -Skip 1 | Remove-ProOldImage -Confirm:$false)
        "$($results.Action)" | Should -Be 'Kept Kept'
        $results.Reason | Should -Match 'within the grace period of 1 hour'
        Get-Left | Should -Be 'v1.3.0 v1.2.0 v1.1.0'
    }

    It 'Shows the plan, asks nobody, changes nothing with -WhatIf' {
        Remove-ProOldImage web 1 -KeepCommit 9 -GracePeriod 0 -WhatIf | Should -BeNullOrEmpty
        Get-Left | Should -Be 'v1.3.0 v1.2.0 v1.1.0'
    }

    It 'Removes what the pipeline names, and the table says why' {
        $PSStyle.OutputRendering = 'PlainText'
        $text = Get-ProImageVersion web -Version 'v1.[123].0' | Select-Object -Last 1 |
            Remove-ProOldImage -GracePeriod 0 -Confirm:$false | Format-Table | Out-String -Width 180
        $text | Should -Match '(?m)^Removed +web +v1\.1\.0 .*asked for by name'
        Get-Left | Should -Be 'v1.3.0 v1.2.0'
    }

    It 'Goes into the history, and results become JSON' {
        $entry = Get-ProHistory -Kind Clean | Select-Object -First 1
        "$($entry.Version) $($entry.Outcome)" | Should -Be 'v1.1.0 Removed'
        $json = Remove-ProOldImage web 1 -KeepCommit 9 -Protect v1.2.* -GracePeriod 0 -Confirm:$false |
            Where-Object { "$($_.Version)" -eq 'v1.2.0' } | ConvertTo-Json -EnumsAsStrings | ConvertFrom-Json
        "$($json.Action): $($json.Reason)" | Should -Be "Kept: protected by 'v1.2.*'"
    }

    It 'Tells what takes the space' {
        $usage = @(Get-ProDiskUsage)
        ($usage | Where-Object Name -EQ 'web').Count | Should -BeGreaterThan 0
        ($usage | Where-Object Kind -NE 'Disk' | Measure-Object Share -Sum).Sum | Should -BeGreaterThan 0.99
    }

    It 'Takes no answer from a redirected input' {
        $file = Join-Path $TestDrive 'asked.ps1'
        Set-Content -LiteralPath $file -Value @(
            "Import-Module '$script:moduleFolder'"
            "Set-Location '$script:repository'"
            'try { Remove-ProOldImage web 1 -KeepCommit 9 -GracePeriod 0 } catch { "$($_.FullyQualifiedErrorId) $($_.ErrorDetails.RecommendedAction)" }')
        $output = 'y' | & $script:pwsh -NoLogo -NoProfile -File $file *>&1 | Out-String -Width 400
        $output | Should -Match '^ConfirmationRequired,.*-Confirm:\$false'
        Get-Left | Should -Be 'v1.3.0 v1.2.0'
    }

    It 'As a job ends with 0, and with 1 where nobody answers the prompt' {
        $job = Invoke-Job 'Remove-ProOldImage web 1 -KeepCommit 9 -GracePeriod 0'
        $job.ExitCode | Should -Be 1 -Because $job.Output
        Get-Left | Should -Be 'v1.3.0 v1.2.0'
        $job = Invoke-Job 'Remove-ProOldImage web 1 -KeepCommit 9 -GracePeriod 0 -Confirm:$false'
        $job.ExitCode | Should -Be 0 -Because $job.Output
        $job.Output | Should -Match 'Removed'
        Get-Left | Should -Be 'v1.3.0'
    }
}

Describe 'Deploying and rolling back' {
    BeforeAll {
        # The container is started as an operator would, by a version that runs; a later one ends at once.
        $script:runner = "$($env:REGISTRY.Split('/')[-1])-runner"
        $folder = New-Item -ItemType Directory -Path (Join-Path $script:repository 'apps/runner')
        foreach ($version in 'v3.0.0', 'v3.1.0', 'v3.2.0') {
            $command = $version -eq 'v3.2.0' ? '"false"' : '"sleep", "1000"'
            Set-Content -LiteralPath (Join-Path $folder 'Dockerfile') -Value "FROM pro-sample/base:1`nSTOPSIGNAL SIGKILL`nCMD [$command]"
            git add -A
            git commit -q -m $version
            git tag $version
            Build-ProImage runner $version -ErrorAction Stop | Out-Null
        }

        & $script:docker run -d --name $script:runner --restart always "$env:REGISTRY/runner:v3.1.0" | Out-Null
        function Get-Running { "$((Get-ProService runner).CurrentVersion)" }
    }

    AfterAll { & $script:docker rm -f $script:runner | Out-Null }

    It 'Shows the plan with -WhatIf and changes nothing' {
        Get-ProImageVersion runner | Select-Object -Last 1 | Invoke-ProRollback -WhatIf | Should -BeNullOrEmpty
        Get-Running | Should -Be 'v3.1.0'
    }

    It 'Rolls back to what the pipeline names, and the view says what happened' {
        $PSStyle.OutputRendering = 'PlainText'
        $text = Get-ProImageVersion runner | Select-Object -Last 1 | Invoke-ProRollback -Confirm:$false -Reason complaints | Out-String -Width 180
        $text | Should -Match 'v3\.1\.0 -> v3\.0\.0'
        $text | Should -Match 'Outcome +: Succeeded'
        Get-Running | Should -Be 'v3.0.0'
        (Get-ProHistory runner | Select-Object -First 1).Reason | Should -Be 'complaints'
    }

    It 'Deploys what a build gives' {
        $result = Build-ProImage runner v3.1.0 | Deploy-ProService -Confirm:$false
        "$($result.Outcome) $($result.From) $($result.Version)" | Should -Be 'Succeeded v3.0.0 v3.1.0'
        Get-Running | Should -Be 'v3.1.0'
    }

    It 'As a job ends with 1 where a version was not kept, and with 0 where it was' {
        $job = Invoke-Job 'Deploy-ProService runner v3.2.0 -Confirm:$false'
        $job.ExitCode | Should -Be 1 -Because $job.Output
        $job.Output | Should -Match 'v3\.2\.0 was not kept'
        Get-Running | Should -Be 'v3.1.0'
        $job = Invoke-Job 'Invoke-ProRollback runner -Previous -Confirm:$false'
        $job.ExitCode | Should -Be 0 -Because $job.Output
        Get-Running | Should -Be 'v3.0.0'
    }

    It 'As a job without a version ends with 1 and lists them' {
        $job = Invoke-Job 'Invoke-ProRollback runner'
        $job.ExitCode | Should -Be 1 -Because $job.Output
        $job.Output | Should -Match 'v3\.1\.0'
        Get-Running | Should -Be 'v3.0.0'
    }
}

Describe 'The views' {
    BeforeAll { $PSStyle.OutputRendering = 'PlainText' }

    It 'Show <Name> without an escape sequence' -ForEach @(
        @{ Name = 'services'; Commands = { Get-ProService }; Pattern = 'api +apps/api' }
        @{ Name = 'versions'; Commands = { Get-ProImageVersion api -Version 'v1.*' }; Pattern = 'v1\.10\.0 .*latest' }
        @{ Name = 'builds'; Commands = { Build-ProImage api v1.10.0 }; Pattern = 'api +v1\.10\.0 +AlreadyBuilt' }
        @{ Name = 'publications'; Commands = { Publish-ProImage api v1.9.0 }; Pattern = 'api +v1\.9\.0 +(Already)?Published' }
    ) {
        $text = & $Commands | Format-Table | Out-String -Width 180
        $text | Should -Match $Pattern
        $text | Should -Not -Match "`e"
    }

    It 'An error shows its sentence and its remedy' {
        $text = & { Build-ProImage aip -ErrorAction Continue } 2>&1 | Out-String -Width 200
        $text | Should -Match 'There is no service "aip"'
        $text | Should -Match 'Did you mean "api"\?'
    }
}

Describe 'A job' {
    It 'Ends with 0 when all went well' {
        $job = Invoke-Job 'Build-ProImage api v1.10.0 | Publish-ProImage'
        $job.ExitCode | Should -Be 0 -Because $job.Output
    }

    It 'Ends with 1 at <Name>, and says why' -ForEach @(
        @{ Name = 'a failed build'; Commands = 'Build-ProImage broken v1.9.0'; Says = 'the reason' }
        @{ Name = 'one failed build of several'; Commands = 'Build-ProImage -All -Version v1.9.0'; Says = 'the reason' }
        @{ Name = 'an unknown service'; Commands = 'Get-ProImageVersion aip'; Says = 'aip' }
        @{ Name = 'a missing tag'; Commands = 'Build-ProImage api v7.0.0'; Says = 'git tag -a v7.0.0' }
        @{ Name = 'a registry out of reach'; Commands = "`$env:REGISTRY = '127.0.0.1:1/pro'; Build-ProImage api v1.9.0 -Push"; Says = '127.0.0.1:1' }
        @{ Name = 'an engine out of reach'; Commands = "`$env:DOCKER_HOST = 'unix:///nowhere.sock'; Get-ProImageVersion"; Says = '/nowhere.sock' }
    ) {
        $job = Invoke-Job $Commands
        $job.ExitCode | Should -Be 1 -Because $job.Output
        $job.Output | Should -Match ([regex]::Escape($Says))
    }

    AfterAll {
        & $script:docker rmi '127.0.0.1:1/pro/api:v1.9.0' '127.0.0.1:1/pro/api:latest' 2>&1 | Out-Null
    }

    It 'With nobody there a prompt is an error, not a hang' {
        $job = Invoke-Job 'Build-ProImage web v1.9.0 -Force -Confirm'
        $job.ExitCode | Should -Be 1 -Because $job.Output
    }

    It 'In the background keeps its objects and its progress' {
        $job = Start-Job {
            Import-Module $using:moduleFolder
            Set-Location $using:repository
            Build-ProImage web v1.9.0 -NoCache
        }
        $build = $job | Receive-Job -Wait
        $build.Service | Should -Be 'web'
        $job.State | Should -Be 'Completed'
        $progress = $job.ChildJobs[0].Progress
        @($progress | Where-Object RecordType -EQ 'Processing').Count | Should -BeGreaterThan 0
        $progress[-1].RecordType | Should -Be 'Completed'
        Remove-Job $job
    }
}
