#!/usr/bin/env bash
# Makes the session that README shows: types samples/session.ps1 in a fresh sample repository, on an engine of its own.
#
#   cast.sh     writes docs/session.svg, and prints the same as plain text
#
# Needs Debian or Ubuntu as root, as engines.sh does, and pwsh. Only the registry's address is replaced in the output.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

columns=118
state=$(state_folder)

if [ "${1:-}" != inside ]; then
    pwsh=$(find_pwsh) || die "pwsh is missing." "dotnet tool install --global PowerShell"
    [ -f "$module/Pro.DockerVersioning.psd1" ] || die "The module is not built." "dotnet build"
    # An engine with an empty store: the output must not show what else is on this machine.
    mkdir -p "$state/roots"
    PRO_STATE="$state/cast"
    export PRO_STATE
    (umask 077 && mkdir -p "$PRO_STATE")
    ln -sfn "$state/roots" "$PRO_STATE/roots"
    if [ -d "$state/packages" ]; then ln -sfn "$state/packages" "$PRO_STATE/packages"; fi
    work=$(mktemp -d "${TMPDIR:-/tmp}/pro-cast.XXXXXX")
    trap 'bash "$root/scripts/engines.sh" stop newest >&2 || true; rm -rf "$work" "$PRO_STATE/engines"' EXIT
    bash "$root/scripts/engines.sh" start newest >&2
    PRO_PWSH=$pwsh bash "$root/scripts/engines.sh" run newest bash "$0" inside "$work" >&2
    "$pwsh" -NoLogo -NoProfile -NonInteractive -File "$root/scripts/ansi-to-svg.ps1" -Path "$work/session" -Columns $columns \
        -Destination "$root/docs/session.svg"
    exit 0
fi

work=$2
shop=$work/shop
# An empty history, too.
export XDG_STATE_HOME="$work/history" REGISTRY="$PRO_TEST_REGISTRY/shop" PSModulePath="$root/out" POWERSHELL_TELEMETRY_OPTOUT=1
# Ten days ago: the ages are those of a repository that is worked on.
PRO_SHOP_START=$(($(date +%s) - 10 * 86400)) bash "$root/scripts/make-shop.sh" "$shop"
cd "$shop"
# The version whose health check never succeeds.
git rm -q apps/api/www/health
yesterday="@$(($(date +%s) - 86400)) +0000"
GIT_AUTHOR_DATE=$yesterday GIT_COMMITTER_DATE=$yesterday git commit -q -m 'Tidy up'
git tag v1.3.0

prepare='$null = foreach ($version in "v1.0.0", "v1.1.0", "v1.2.0-rc.1", "v1.3.0") { Build-ProImage api $version }'
"$PRO_PWSH" -NoLogo -NoProfile -NonInteractive -Command "\$ErrorActionPreference = 'Stop'; Import-Module Pro.DockerVersioning; $prepare"
"$PRO_PWSH" -NoLogo -NoProfile -NonInteractive -Command 'Import-Module Pro.DockerVersioning; $null = Build-ProImage api v1.2.0'
docker run --detach --name shop-api --publish 8080:8080 "$REGISTRY/api:v1.2.0" >/dev/null

# Without a terminal PowerShell prints no colours.
typed="\$ProgressPreference = 'SilentlyContinue'; & '$root/scripts/play.ps1' -Path '$root/samples/session.ps1' -Prompt 'PS shop> '"
export typed
# shellcheck disable=SC2016 # expanded by the inner shell
player='stty cols '$columns' rows 60; exec "$PRO_PWSH" -NoLogo -NoProfile -Command "$typed"'
code=0
TERM=xterm-256color script -qec "$player" "$work/typed" >/dev/null </dev/null || code=$?
# `script` adds a first and a last line of its own.
sed -e '1{/^Script started/d}' -e '/^Script done/d' -e 's/\r//g' -e "s|$REGISTRY|registry.example.com/shop|g" "$work/typed" >"$work/session"
[ $code -eq 0 ] || { cat "$work/session" >&2; die "The session did not go as it should (above)."; }
docker rm -f shop-api >/dev/null
