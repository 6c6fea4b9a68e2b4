#!/usr/bin/env bash
# make-shop.sh FOLDER: makes a git repository of samples/shop, with a history:
#
#   v1.0.0 ── v1.1.0 ── v1.2.0-rc.1 ── v1.2.0 ── two commits more (main)
#        └─── v1.0.1 (release/1.0, made after v1.2.0: a back-port)
#
# Authors, dates and settings are fixed, so the hashes are the same on every machine. PRO_SHOP_START sets another first day: its 09:00 in
# seconds since 1970.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

[ $# -eq 1 ] || die "make-shop.sh takes one argument, the folder to make."
has git || die "git is missing." "Install git 2.28 or later."
shop=$1
source=$root/samples/shop
if [ -e "$shop" ] && [ -n "$(ls -A "$shop" 2>/dev/null)" ]; then die "The folder $shop isn't empty." "Name one that does not exist yet."; fi
mkdir -p "$shop"

# Nothing of this user's git (hooks, signing, line ends, templates, another repository) may find its way in.
unset "${!GIT_@}"
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null GIT_CONFIG_NOSYSTEM=1 TZ=UTC LC_ALL=C
export GIT_AUTHOR_NAME='Mei Lin' GIT_AUTHOR_EMAIL=mei@shop.example GIT_COMMITTER_NAME='Mei Lin' GIT_COMMITTER_EMAIL=mei@shop.example

day=0
# The first of January 2026.
start=${PRO_SHOP_START:-1767258000}
tick() {
    GIT_AUTHOR_DATE="@$((start + day * 86400)) +0000"
    day=$((day + 1))
    GIT_COMMITTER_DATE=$GIT_AUTHOR_DATE
    export GIT_AUTHOR_DATE GIT_COMMITTER_DATE
}

in_shop() { git -C "$shop" "$@"; }

commit() {
    in_shop add -A
    # The executable bit is git's to keep, also from a file system that has none.
    in_shop ls-files '*.sh' | while IFS= read -r script; do in_shop update-index --chmod=+x "$script"; done
    tick
    in_shop commit -q -m "$1"
}

release() { in_shop tag -a "$1" -m "Release $1: $2"; }

products() { printf '{ "products": [ %s ] }\n' "$1" >"$shop/apps/api/www/products.json"; }
front_page() { printf '<!doctype html><title>Shop</title><h1>%s</h1>\n' "$1" >"$shop/apps/web/www/index.html"; }

in_shop init -q
in_shop symbolic-ref HEAD refs/heads/main
in_shop config core.autocrlf false
in_shop config core.hooksPath /dev/null

cp -R "$source/." "$shop"
rm -rf "$shop/apps/worker"
products '"tea"'
front_page 'Tea'
commit 'Sell tea'
release v1.0.0 'the shop opens'

cp -R "$source/apps/worker" "$shop/apps/worker"
products '"tea", "coffee"'
commit 'Sell coffee, and let a worker pack it'
release v1.1.0 'coffee'

front_page 'Tea, coffee'
commit 'Show what we sell'
release v1.2.0-rc.1 'cocoa, to be tasted'

cp "$source/apps/api/www/products.json" "$shop/apps/api/www/products.json"
commit 'Sell cocoa'
# A lightweight tag among the annotated ones: both name a release.
in_shop tag v1.2.0

in_shop checkout -q -b release/1.0 v1.0.0
products '"green tea"'
commit 'Call the tea by its name'
release v1.0.1 'the right name'

in_shop checkout -q main
cp "$source/apps/web/www/index.html" "$shop/apps/web/www/index.html"
commit 'Show the cocoa as well'
printf '\nThe worker packs what the api sells.\n' >>"$shop/README.md"
commit 'Say what the worker does'

# From here on it is the user's repository, made with the user's own git settings.
in_shop config --unset core.hooksPath
in_shop config user.name 'Mei Lin'
in_shop config user.email mei@shop.example
say "made $shop: $(in_shop describe --tags --abbrev=12), $(in_shop rev-parse HEAD)"
