@{
    RootModule             = 'Pro.DockerVersioning.psm1'
    ModuleVersion          = '0.1.0'
    GUID                   = '0c6d1f0e-7a8e-4b59-9a35-3d1f6f3f2b71'
    Author                 = 'Pro.DockerVersioning maintainers'
    CompanyName            = 'Pro.DockerVersioning maintainers'
    Copyright              = '(c) 2026 Pro.DockerVersioning maintainers. MIT licence.'
    Description            = 'From a git tag to a running container and back: build versioned images, list and publish them, deploy and roll back proven, clean up.'
    PowerShellVersion      = '7.4'
    CompatiblePSEditions   = @('Core')
    FormatsToProcess       = @('Pro.DockerVersioning.Format.ps1xml')
    FunctionsToExport      = @()
    CmdletsToExport        = @(
        'Build-ProImage'
        'Clear-ProBuildCache'
        'Deploy-ProService'
        'Get-ProCleanupTask'
        'Get-ProDiskUsage'
        'Get-ProHistory'
        'Get-ProImageVersion'
        'Get-ProService'
        'Invoke-ProRollback'
        'Publish-ProImage'
        'Register-ProCleanupTask'
        'Remove-ProOldImage'
        'Repair-ProService'
        'Unregister-ProCleanupTask'
    )
    VariablesToExport      = @()
    AliasesToExport        = @()
    PrivateData            = @{
        PSData = @{
            Tags         = @('Docker', 'SemVer', 'Git', 'Container', 'Deployment', 'PSEdition_Core', 'Windows', 'Linux', 'MacOS')
            LicenseUri   = 'https://opensource.org/licenses/MIT'
            ReleaseNotes = 'See CHANGELOG.md.'
        }
    }
}
