# shellcheck shell=bash
# What the scripts share. Sourced, never run. Works with bash 3.2, since macOS brings no newer one.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck disable=SC2034 # used by those who source this
module="$root/out/Pro.DockerVersioning"

say() { printf '%s\n' "$*"; }
warn() { printf 'warning: %s\n' "$*" >&2; }

# die MESSAGE [WHAT TO DO]: the one way in which a script ends badly on purpose.
die() {
    printf 'error: %s\n' "$1" >&2
    if [ $# -gt 1 ]; then printf '       %s\n' "$2" >&2; fi
    exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

# within SECONDS COMMAND…: a client that waits for a dead host must not hang the script. macOS has no `timeout`.
within() {
    local seconds=$1
    shift
    if has timeout; then timeout "$seconds" "$@"; else "$@"; fi
}

# A folder of this user's own, mode 0700, for pid files, logs and the registries' data and password.
state_folder() {
    local folder=${PRO_STATE:-}
    if [ -z "$folder" ] && [ -n "${XDG_STATE_HOME:-}" ]; then folder="$XDG_STATE_HOME/pro-docker-versioning"; fi
    if [ -z "$folder" ] && [ -n "${HOME:-}" ] && [ -w "$HOME" ]; then folder="$HOME/.local/state/pro-docker-versioning"; fi
    if [ -z "$folder" ]; then folder="${TMPDIR:-/tmp}/pro-docker-versioning-$(id -u)"; fi
    (umask 077 && mkdir -p "$folder") || die "The folder $folder can't be made." "Set PRO_STATE to a folder that you may write to."
    # In a shared /tmp anyone could have made the folder before us and wait for the password.
    [ -O "$folder" ] || die "The folder $folder belongs to another user." "Set PRO_STATE to a folder of your own."
    chmod 700 "$folder"
    (cd "$folder" && pwd)
}

require_dotnet() {
    has dotnet || die "The .NET SDK is missing (no dotnet on PATH)." "Install the .NET SDK 10: https://dotnet.microsoft.com/download"
    dotnet --list-sdks 2>/dev/null | grep -q '^1[0-9]\.' || die \
        "The .NET SDK 10 or later is needed; here is: $(dotnet --list-sdks 2>/dev/null | cut -d' ' -f1 | tr '\n' ' ')" \
        "Install it from https://dotnet.microsoft.com/download"
}

# quietly LOG COMMAND…: keeps the screen clean, and shows the whole log when the command fails.
quietly() {
    local log=$1 code=0
    shift
    "$@" >"$log" 2>&1 </dev/null || code=$?
    if [ $code -ne 0 ]; then cat "$log" >&2; fi
    return $code
}

# ---- processes ---------------------------------------------------------------------------------------------------------------

# A pid alone can be another process by now: its start time belongs to the name. Linux only, as are the processes we start.
# A process that has ended and waits for its parent to ask has no name: it does not run.
process_name() {
    local status
    status=$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) || return 1
    case "$status" in '' | Z* | X*) return 1 ;; esac
    printf '%s-%s\n' "$1" "$(printf '%s\n' "$status" | cut -d' ' -f20)"
}

# process_runs FILE: whether the process whose name stands in the file still runs.
process_runs() {
    local name
    [ -s "$1" ] || return 1
    name=$(cat "$1")
    [ "$(process_name "${name%%-*}")" = "$name" ]
}

process_id() { cut -d- -f1 "$1"; }

# end_named_process FILE WHAT LOG: asks the process to end, and waits until it has.
end_named_process() {
    local tries=0
    if process_runs "$1"; then
        kill "$(process_id "$1")" 2>/dev/null || true
        while process_runs "$1"; do
            tries=$((tries + 1))
            [ $tries -lt 300 ] || die "$2 (process $(process_id "$1")) did not end within 30 seconds of its signal." "See $3"
            sleep 0.1
        done
        say "stopped $2"
    fi
    rm -f "$1"
}

# forget_dead FILE PROGRAM: removes a pid file that a killed program has left. Another process may have that pid by now, or nobody has asked for
# the dead one's end: an engine that starts would take either for a running engine, and refuse.
forget_dead() {
    local pid
    pid=$(cat "$1" 2>/dev/null) || return 0
    if process_name "$pid" >/dev/null && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$2" ]; then return 0; fi
    rm -f "$1"
}

# The archive from which this system has its own packages of Debian; nothing if it is another system.
debian_archive() {
    {
        sed -n 's/^URIs: *\([^ ]*\).*/\1/p' /etc/apt/sources.list.d/*.sources
        sed -n 's/^deb \(\[[^]]*\] \)\?\([^ ]*\) .*/\2/p' /etc/apt/sources.list /etc/apt/sources.list.d/*.list
    } 2>/dev/null | grep -E '/debian/?$' | head -n 1 || true
}

# The shell that the user would type into: PowerShell 7.4 or later, or nothing.
find_pwsh() {
    local candidate=${PRO_PWSH:-pwsh}
    has "$candidate" || return 1
    # shellcheck disable=SC2016 # PowerShell's variable, not ours
    "$candidate" -NoLogo -NoProfile -NonInteractive -Command \
        'exit [int]($PSVersionTable.PSVersion -lt [version]"7.4")' >/dev/null 2>&1 </dev/null || return 1
    command -v "$candidate"
}
