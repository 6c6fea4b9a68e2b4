# The loader goes into the session's own load context, the module and its dependencies into the module's:
# other versions of the same libraries, brought by another module, stay out of the way.
$loader = 'Pro.DockerVersioning.Loader.LoadContext' -as [type]
$isReload = $null -ne $loader
if (-not $isReload) {
    # Assembly.LoadFrom and not Add-Type: it needs no other module, and works in a bare host.
    $loaderPath = [System.IO.Path]::Combine($PSScriptRoot, 'Pro.DockerVersioning.Loader.dll')
    $loader = [System.Reflection.Assembly]::LoadFrom($loaderPath).GetType('Pro.DockerVersioning.Loader.LoadContext', $true)
}

# .NET keeps what a session has loaded: another folder's module would run the code of the first one.
$loadedFrom = [System.IO.Path]::GetDirectoryName($loader.Assembly.Location)
if ($loadedFrom -ne $PSScriptRoot) {
    throw "Pro.DockerVersioning is loaded already, from $loadedFrom, and a session can't load another one, from $PSScriptRoot. Restart PowerShell, and import that one first."
}

$importModule = Get-Command -Name Import-Module -Module Microsoft.PowerShell.Core
$inner = & $importModule -Assembly $loader::Initialize() -PassThru:$isReload

if ($inner) {
    # On a re-import PowerShell takes the cached nested module and exports nothing of it:
    # https://github.com/PowerShell/PowerShell/issues/20710
    $export = [System.Management.Automation.PSModuleInfo].GetMethod(
        'AddExportedCmdlet', [System.Reflection.BindingFlags]'Instance, NonPublic')
    foreach ($cmdlet in $inner.ExportedCmdlets.Values) {
        $export.Invoke($ExecutionContext.SessionState.Module, @(, $cmdlet))
    }
}
