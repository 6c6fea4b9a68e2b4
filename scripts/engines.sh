#!/usr/bin/env bash
# Brings Docker engines of other Debian releases for the tests, beside the one that is here. Debian or Ubuntu, as root.
#
#   engines.sh start NAME          installs (once, about a minute) and starts the engine with its registries
#   engines.sh run NAME COMMAND…   runs a command in the engine's network, with the variables of the tests
#   engines.sh stop NAME           ends what start has started
#
# NAME               release of Debian    seen in November 2026
#   newest           unstable             Engine 28.5, overlay2, compose 2.40, buildx 0.29
#   containerd       unstable             the same, with containerd's image store
#   stable           stable               Engine 26.1, overlay2, compose 2.26, buildx 0.13
#   podman           unstable             Podman 5.8 by its Docker-compatible API, in the root of `newest`
#
# Each engine has a root, a mount namespace and a network namespace of its own. Its published ports are on the loopback of its own network:
# what asks them is started by `run`. The folders /tmp, the home, the repository and the state folder are the machine's own.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

state=$(state_folder)

suite_of() {
    case "$1" in
        newest | containerd | podman) say sid ;;
        stable) say stable ;;
        *) die "There is no engine '$1'." "Known: newest, containerd, stable, podman." ;;
    esac
}

make_root() {
    local suite=$1 root="$state/roots/$1" mirror
    [ ! -e "$root/.done" ] || return 0
    has apt-get && [ "$(id -u)" -eq 0 ] || die "Engines of other releases need Debian or Ubuntu, as root."
    mirror=$(debian_archive)
    [ -n "$mirror" ] || die "apt's sources name no Debian archive." "The engine that is here can still be tested: bash scripts/test.sh"
    if ! has debootstrap; then
        { quietly "$state/apt.log" apt-get -qq update || true; }
        DEBIAN_FRONTEND=noninteractive quietly "$state/apt.log" apt-get -y -qq --no-install-recommends install debootstrap \
            || die "apt could not install debootstrap (above)."
    fi
    say "making a root of Debian's $suite release in $root"
    rm -rf "$root.new"
    mkdir -p "$root.new"
    # A release file of unstable can be past its date on a mirror: debootstrap checks its signature all the same.
    if ! quietly "$state/debootstrap-$suite.log" debootstrap --variant=minbase \
        --include=docker.io,docker-cli,docker-compose,docker-buildx,iptables,ca-certificates "$suite" "$root.new" "$mirror"; then
        die "The root of Debian's $suite release could not be made (above)."
    fi
    touch "$root.new/.done"
    rm -rf "$root"
    mv "$root.new" "$root"
}

# Most of what Podman needs is in the root of Docker's engine: installed there it takes seconds, a root of its own takes a minute and a half.
add_podman() {
    local settings="$root_folder/etc/containers"
    if [ ! -x "$root_folder/usr/bin/podman" ]; then
        say "adding podman to $root_folder"
        # The root may be older than the archive, and the archive's release file past its date.
        quietly "$state/apt.log" chroot "$root_folder" apt-get -qq -o Acquire::Check-Valid-Until=false update || true
        DEBIAN_FRONTEND=noninteractive quietly "$state/apt.log" chroot "$root_folder" \
            apt-get -y -qq --no-install-recommends install podman nftables || die "apt could not install podman (above)."
    fi
    mkdir -p "$settings/registries.conf.d" "$settings/containers.conf.d"
    # Podman asks every registry by TLS. The tests' registries are on loopback, without it.
    say '[[registry]]
location = "127.0.0.1"
insecure = true' >"$settings/registries.conf.d/tests.conf"
    # crun knows one kind of control groups only. Podman's own limits are higher than what a container or a virtual machine may set.
    say '[engine]
runtime = "runc"
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]' >"$settings/containers.conf.d/tests.conf"
}

runs() { process_runs "$folder/process"; }

mount_cgroups() {
    grep -q '^[^ ]* /sys/fs/cgroup[^ ]* cgroup' /proc/mounts && return 0
    if ! has cgroupfs-mount; then
        DEBIAN_FRONTEND=noninteractive quietly "$state/apt.log" apt-get -y -qq --no-install-recommends install cgroupfs-mount || true
    fi
    if has cgroupfs-mount; then cgroupfs-mount; else mount -t cgroup2 cgroup2 /sys/fs/cgroup; fi
}

# Runs in the new namespaces: lays the machine's folders into the root, makes it the root, and becomes the engine.
inside() {
    local root=$1 folder=$2 data=$3 place
    shift 3
    mount --make-rprivate /
    mount --bind "$root" "$root"
    for place in /proc /sys /dev; do mount --rbind "$place" "$root$place"; done
    for place in /tmp "$HOME" "$repository" "$state"; do
        mkdir -p "$root$place"
        mount --bind "$place" "$root$place"
    done
    # By a short path: the engine makes sockets below it, whose paths may have 107 characters.
    mkdir -p "$folder/data" "$root$data" "$root/run/lock" "$root/old"
    mount --bind "$folder/data" "$root$data"
    mount -t tmpfs tmpfs "$root/run"
    mkdir -p "$root/run/lock"
    ip link set lo up
    cd "$root"
    pivot_root . old
    umount -l /old
    exec "$@"
}

# add_plugins NAME PLUGIN…: a configuration folder of Docker's client with those plugins. Tests name the one that has compose themselves: without
# it they are on a machine that has docker-compose 1.x only.
add_plugins() {
    local config=$folder/$1 plugin
    shift
    mkdir -p "$config/cli-plugins"
    [ -e "$config/config.json" ] || say '{}' >"$config/config.json"
    for plugin in "$@"; do
        ln -sf "$root_folder/usr/libexec/docker/cli-plugins/docker-$plugin" "$config/cli-plugins/docker-$plugin"
    done
}

client() { DOCKER_HOST="unix://$folder/docker.sock" within 20 "$root_folder/usr/bin/docker" "$@"; }

start() {
    local tries=0 data=/var/lib/docker daemon
    daemon=(dockerd -H "unix://$folder/docker.sock" --data-root $data --exec-root "$folder/exec" --pidfile "$folder/docker.pid")
    case "$name" in
        containerd) daemon+=(--feature containerd-snapshotter=true) ;;
        podman)
            data=/var/lib/containers
            daemon=(podman system service --time 0 "unix://$folder/docker.sock")
            ;;
    esac
    make_root "$suite"
    if [ "$name" = podman ]; then add_podman; fi
    mkdir -p "$folder"
    exec 9>"$folder/lock"
    if has flock; then flock -w 300 9 || die "Another engines.sh has been starting $name for five minutes."; fi
    bash "$repository/scripts/engine.sh" packages
    mkdir -p "$folder/state"
    ln -sfn "$state/packages" "$folder/state/packages"
    if ! runs; then
        mount_cgroups || warn "The control groups could not be mounted; the engine may refuse to start."
        rm -rf "$folder/exec" "$folder/docker.pid" "$folder/docker.sock"
        setsid unshare --mount --net bash "$0" inside "$root_folder" "$folder" $data "${daemon[@]}" \
            >"$folder/dockerd.log" 2>&1 </dev/null 9>&- &
        process_name $! >"$folder/process"
    fi
    until client version >/dev/null 2>&1; do
        tries=$((tries + 1))
        if ! runs || [ $tries -ge 240 ]; then
            tail -n 30 "$folder/dockerd.log" >&2
            die "The engine '$name' did not come up; the end of its log stands above."
        fi
        sleep 0.25
    done
    add_plugins client compose buildx
    add_plugins builder buildx
    in_network bash "$repository/scripts/engine.sh" start
    say "engine $name: Docker $(client version --format '{{.Server.Version}}'), image store $(client info --format '{{.Driver}}'), compose $(
        DOCKER_CONFIG="$folder/client" client compose version --short), $(DOCKER_CONFIG="$folder/client" client buildx version | cut -d' ' -f1,2)"
}

# Clients and registries of this engine: in its network, with its client first on PATH and a state folder of their own.
in_network() (
    exec_in_network "$@"
)

exec_in_network() {
    exec nsenter --net="/proc/$(process_id "$folder/process")/ns/net" env DOCKER_HOST="unix://$folder/docker.sock" DOCKER_CONFIG="$folder/builder" \
        PRO_STATE="$folder/state" PRO_TEST_DOCKER_CONFIG="$folder/client" PATH="$folder/bin:$PATH" "$@"
}

run() {
    runs || die "The engine '$name' does not run." "Run: bash scripts/engines.sh start $name"
    set -a
    # shellcheck source=/dev/null
    . "$folder/state/engine.env"
    set +a
    # Programs that were unpacked, not installed. What is on PATH goes first.
    if [ -n "${PRO_TEST_TOOLS:-}" ]; then PATH="$PATH:$PRO_TEST_TOOLS"; fi
    exec_in_network "$@"
}

stop() {
    if runs; then in_network bash "$repository/scripts/engine.sh" stop || true; fi
    end_named_process "$folder/process" "engine $name" "$folder/dockerd.log"
}

repository=$root
command=${1:-}
[ -n "$command" ] || die "engines.sh knows start NAME, run NAME COMMAND and stop NAME."
shift
if [ "$command" = inside ]; then
    inside "$@"
fi
name=${1:-}
suite=$(suite_of "$name")
shift
root_folder="$state/roots/$suite"
folder="$state/engines/$name"
if [ "$command" = start ] || [ "$command" = run ]; then
    mkdir -p "$folder/bin"
    ln -sf "$root_folder/usr/bin/docker" "$folder/bin/docker"
fi
case "$command" in
    start) start ;;
    run) run "$@" ;;
    stop) stop ;;
    *) die "engines.sh knows start NAME, run NAME COMMAND and stop NAME, not '$command'." ;;
esac
