#Requires -Version 7.4
<#
.SYNOPSIS
The part of engine.sh that Windows needs: a running Docker Desktop, two registries as containers, and the base image.

.DESCRIPTION
Gives name and value of the environment variables that the tests read. -Stop takes the containers away again.
#>
[CmdletBinding()]
param([switch] $Stop)

$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $false
$label = 'pro-engine=registry'
$user = 'pro-tests'

function Invoke-Docker {
    $output = docker @args 2>&1
    if ($LASTEXITCODE -ne 0) { throw "docker $($args[0]) failed: $($output -join ' ')" }
    $output | Where-Object { $_ -is [string] }
}

# Alive already, or made anew. The address is the port that Docker chose.
function Start-Registry([string] $Name, [string[]] $Options, [int] $ExpectedStatus, [string] $PasswordFile) {
    $address = $null
    if (-not (Invoke-Docker ps -q --filter "name=^$Name$")) {
        docker rm -f -v $Name 2>&1 | Out-Null
        Invoke-Docker create --name $Name --label $label -e REGISTRY_STORAGE_DELETE_ENABLED=true -p 127.0.0.1::5000 @Options registry:2 | Out-Null
        if ($PasswordFile) { Invoke-Docker cp $PasswordFile "${Name}:/htpasswd" | Out-Null }
        Invoke-Docker start $Name | Out-Null
    }

    $address = @(Invoke-Docker port $Name 5000/tcp)[0]
    foreach ($attempt in 1..100) {
        try {
            if ((Invoke-WebRequest "http://$address/v2/" -SkipHttpErrorCheck -TimeoutSec 5).StatusCode -eq $ExpectedStatus) { return $address }
        }
        catch [System.Net.Http.HttpRequestException] { Write-Debug "attempt $attempt`: $_" }
        Start-Sleep -Milliseconds 100
    }

    throw "The registry container $Name does not answer. See: docker logs $Name"
}

if (-not (Get-Command docker -ErrorAction Ignore)) { throw 'docker is missing. Install Docker Desktop: https://docs.docker.com/desktop/' }
docker version --format '{{.Server.Version}}' 2>&1 | Out-Null
if ($LASTEXITCODE -ne 0) { throw 'No Docker engine answers. Start Docker Desktop.' }

if ($Stop) {
    Invoke-Docker ps -aq --filter "label=$label" | ForEach-Object { Invoke-Docker rm -f -v $_ | Out-Null }
    return
}

# The password lives as long as the container that was made with it; the container's label-free environment keeps it for us.
$private = 'pro-engine-private'
$password = docker inspect --format '{{range .Config.Env}}{{println .}}{{end}}' $private 2>$null |
    Where-Object { $_ -like 'PRO_PASSWORD=*' } | ForEach-Object { $_.Substring('PRO_PASSWORD='.Length) }
$passwordFile = $null
if (-not $password -or -not (Invoke-Docker ps -q --filter "name=^$private$")) {
    $password = [guid]::NewGuid().ToString('N')
    $passwordFile = New-TemporaryFile
    docker rm -f -v $private 2>&1 | Out-Null
    # bcrypt is the only hash that the registry accepts; Apache's image is what the registry's own guide makes it with.
    Invoke-Docker run --rm --entrypoint htpasswd httpd:2 -Bbn $user $password | Set-Content -LiteralPath $passwordFile
}

try {
    $open = Start-Registry pro-engine-open @() 200
    $closed = Start-Registry $private @(
        '-e', 'REGISTRY_AUTH=htpasswd', '-e', 'REGISTRY_AUTH_HTPASSWD_REALM=pro-tests', '-e', 'REGISTRY_AUTH_HTPASSWD_PATH=/htpasswd',
        '-e', "PRO_PASSWORD=$password") 401 $passwordFile
}
finally {
    if ($passwordFile) { Remove-Item -LiteralPath $passwordFile }
}

docker image inspect pro-sample/base:1 2>&1 | Out-Null
if ($LASTEXITCODE -ne 0) {
    Invoke-Docker pull busybox:stable | Out-Null
    Invoke-Docker tag busybox:stable pro-sample/base:1
}

[ordered]@{
    PRO_TEST_DOCKER            = (Get-Command docker).Source
    PRO_TEST_REGISTRY          = $open
    PRO_TEST_PRIVATE_REGISTRY  = $closed
    PRO_TEST_PRIVATE_USER      = $user
    PRO_TEST_PRIVATE_PASSWORD  = $password
}.GetEnumerator() | ForEach-Object { [pscustomobject]@{ Name = $_.Key; Value = $_.Value } }
