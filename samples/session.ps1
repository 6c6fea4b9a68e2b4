Build-ProImage -All -Version v1.2.0
Get-ProImageVersion api
Invoke-ProRollback api v1.1.0 -WhatIf
Invoke-ProRollback api v1.1.0 -Confirm:$false
Deploy-ProService api v1.3.0 -Confirm:$false   # error: its health check never succeeds
Remove-ProOldImage api -Keep 2 -KeepPrerelease 0 -GracePeriod 0 -WhatIf
