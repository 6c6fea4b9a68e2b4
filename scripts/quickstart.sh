#!/usr/bin/env bash
# From nothing to versioned images before your eyes: sets up what is missing, makes a small repository in a temporary folder,
# and types the commands of samples/quickstart.ps1 there, at a prompt of PowerShell.
#
#   quickstart.sh [--keep]     --keep leaves the repository, the images and the containers for you to play with
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

keep=''
case "${1:-}" in
    '') ;;
    --keep) keep=yes ;;
    *) die "quickstart.sh knows --keep, not '$1'." ;;
esac

require_dotnet
has git || [ "$(id -u)" -eq 0 ] || die "git is missing." "Install git 2.28 or later."
state=$(state_folder)

say "== 1 of 4: the Docker engine, a registry and a base image"
bash "$root/scripts/engine.sh" start
# shellcheck source=/dev/null
. "$state/engine.env"

say "== 2 of 4: the module"
projects=("$root/src/Pro.DockerVersioning")
pwsh=$(find_pwsh) || { pwsh=''; projects+=("$root/tools/ProShell"); }
for project in "${projects[@]}"; do
    quietly "$state/build.log" dotnet build "$project" -c Release --nologo -v q -clp:NoSummary || die "The build of $project failed (above)."
done
say "built: $module"

# Its own name for every run: what an earlier one left in the registry can't be in the way.
work=$(mktemp -d "${TMPDIR:-/tmp}/pro-quickstart.XXXXXX")
suffix=$(basename "$work" | tr '[:upper:]' '[:lower:]' | tr -dc 'a-z0-9')
shop="$work/shop"
export REGISTRY="$PRO_TEST_REGISTRY/shop-${suffix#proquickstart}"

containers() { docker ps -a --format '{{.ID}} {{.Image}}' | sed -n "s|^\([0-9a-f]*\) $REGISTRY/.*|\1|p"; }
images() { docker images --format '{{.Repository}}:{{.Tag}}' | grep "^$REGISTRY/" || true; }

clean_up() {
    local item
    for item in $(containers); do docker rm -f -v "$item" >/dev/null 2>&1 || warn "The container $item is still there."; done
    for item in $(images); do docker rmi "$item" >/dev/null 2>&1 || warn "The image $item is still there."; done
    rm -rf "$work"
}
if [ -z "$keep" ]; then trap clean_up EXIT; fi
trap 'exit 130' INT TERM

say "== 3 of 4: a small repository"
bash "$root/scripts/make-shop.sh" "$shop"

say "== 4 of 4: the commands, as you would type them"
export PSModulePath="$root/out${PSModulePath:+:$PSModulePath}"
player=("$root/scripts/play.ps1" -Path "$root/samples/quickstart.ps1" -Prompt 'PS shop> ')
if [ -n "$pwsh" ]; then
    player=("$pwsh" -NoLogo -NoProfile -NonInteractive -File "${player[@]}")
else
    say "(pwsh is not here; a small host with PowerShell's own engine stands in for it)"
    player=("$root/tools/ProShell/bin/Release/net10.0/ProShell" "${player[@]}")
fi
code=0
(cd "$shop" && "${player[@]}" </dev/null) || code=$?
[ $code -eq 0 ] || die "The quick start did not go as it should (exit code $code); what was unexpected stands above."

say
say "That was it. Next:"
if [ -n "$keep" ]; then
    say "  cd $shop && export REGISTRY=$REGISTRY"
    say "  and go on there. Afterwards remove the containers and images named $REGISTRY/… and the folder $work."
else
    say "  bash scripts/quickstart.sh --keep      keeps the repository and its images, to play with"
fi
say "  Import-Module $module      then, in your own repository: Get-ProService"
say "  bash scripts/engine.sh stop            ends the registries, and the engine if this script started it"
