# What you see is typed at a prompt in a fresh clone of a small shop; nothing is prepared but a base image and a registry.
Import-Module Pro.DockerVersioning
$env:REGISTRY
git tag --list 'v*'

# Which services are in this repository? Nothing runs yet.
Get-ProService

# All services, built from the tree that the tag v1.1.0 names, whatever lies in the working folder.
Build-ProImage -All -Version v1.1.0

# Once more: the same tree is not built twice.
Build-ProImage api v1.1.0

# What would a release candidate do? It moves no alias: latest stays where it is.
Build-ProImage api v1.2.0-rc.1 -WhatIf
Build-ProImage api v1.2.0-rc.1

# A release moves latest forward. Build it and publish it.
Build-ProImage api v1.2.0 -Push

# A back-port of an old line, made after it, leaves latest alone.
Build-ProImage api v1.0.1

# No version: what is checked out, named by its commit. It comes after v1.2.0, so latest moves on.
Build-ProImage api

# Mistakes say what to do about them.
Build-ProImage aip v1.2.0   # error: there is no such service
Build-ProImage api 1.2.0   # error: a version starts with v
Build-ProImage api v1.3.0   # error: there is no such tag yet

# Start one by hand: from now on it is the running version.
docker run --detach --publish-all "$env:REGISTRY/api:v1.2.0"
Get-ProImageVersion api
Get-ProImageVersion api -Current
Get-ProImageVersion api -Range '>=1.1 <1.2'

# Back to an older version: what, how, and what is cut. Then for real: the container that runs is kept until the older one is proven healthy.
Invoke-ProRollback api v1.1.0 -WhatIf
Invoke-ProRollback api v1.1.0 -Reason 'nobody buys cocoa' -Confirm:$false

# Forward again, to the newest stable release; all that docker run was told stays.
Deploy-ProService api -Confirm:$false

# A release that is broken: its health check never succeeds. The one before runs again, and the error says what was wrong.
git rm --quiet apps/api/www/health
git commit --quiet --message 'Tidy up'
git tag v1.3.0
Build-ProImage api v1.3.0
Deploy-ProService api v1.3.0 -Confirm:$false   # error: it never gets healthy
Get-ProImageVersion api -Current

# One word brings back what was proven here before.
Invoke-ProRollback api -Previous -Confirm:$false
Get-ProHistory api -Kind Deploy, Rollback, Restore

# What was built before can be published later, by the pipeline.
Get-ProImageVersion web -Version v1.1.0 | Publish-ProImage

# What takes the space on the engine?
Get-ProDiskUsage

# Clean up: the newest release of each service stays, and whatever else is needed, each with its reason. The candidate of web was built
# a moment ago: somebody may be about to use it, so it stays for an hour. A shorter grace period lets it go.
Build-ProImage web v1.2.0-rc.1
Remove-ProOldImage -Keep 1 -KeepPrerelease 0 -Confirm:$false
Remove-ProOldImage -Keep 1 -KeepPrerelease 0 -GracePeriod 0 -WhatIf
Remove-ProOldImage -Keep 1 -KeepPrerelease 0 -GracePeriod 0 -Confirm:$false
