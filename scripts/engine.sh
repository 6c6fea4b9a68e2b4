#!/usr/bin/env bash
# Finds, or installs and starts, what the quick start and the tests need: a Docker engine, two registries on loopback
# (an open one and one that asks for a login) and the image pro-sample/base:1.
#
#   engine.sh [start]   idempotent; what was found stands in STATE/engine.env afterwards
#   engine.sh stop      ends only what this script started
#   engine.sh status    tells what runs
#   engine.sh plugins   compose v2 and buildx for the tests that need them, unpacked, not installed
#   engine.sh packages  only fetches the packages that start would unpack
#
# STATE is $PRO_STATE, $XDG_STATE_HOME/pro-docker-versioning or ~/.local/state/pro-docker-versioning.
# PRO_REGISTRY=container takes registry:2 from Docker Hub where the docker-registry program would be taken.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

state=$(state_folder)
engine_env="$state/engine.env"
base_image=pro-sample/base:1
docker=''

# ---- processes ---------------------------------------------------------------------------------------------------------------

ours_runs() { process_runs "$state/$1.process"; }

# launch NAME COMMAND…: a daemon with its own session, log and process file. Nothing of our terminal or pipes stays open in it.
launch() {
    local name=$1 pid
    shift
    # Descriptor 9 is the lock; a daemon that kept it would lock everyone out for as long as it lives.
    setsid "$@" >"$state/$name.log" 2>&1 </dev/null 9>&- &
    pid=$!
    process_name "$pid" >"$state/$name.process" || true
}

end_process() { end_named_process "$state/$1.process" "$1" "$state/$1.log"; }

# Two at once would both install and both start.
take_lock() {
    exec 9>"$state/lock"
    if has flock; then flock -w 600 9 || die "Another engine.sh has been at work for ten minutes." "See: lslocks | grep $state"; fi
}

# ---- packages ----------------------------------------------------------------------------------------------------------------

is_debian() { has apt-get && has dpkg && [ "$(uname -s)" = Linux ]; }

apt_updated=''
apt_update() {
    [ -z "$apt_updated" ] || return 0
    apt_updated=yes
    # One unreachable extra source must not stop what the others can serve.
    quietly "$state/apt.log" apt-get -qq update || warn "apt-get update reported errors (above); going on with what it has."
}

available() { [ -n "$(apt-cache madison "$1" 2>/dev/null)" ]; }
installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

install_packages() {
    local package missing=()
    for package in "$@"; do installed "$package" || missing+=("$package"); done
    [ ${#missing[@]} -gt 0 ] || return 0
    say "installing ${missing[*]} with apt"
    DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 quietly "$state/apt.log" \
        apt-get -y -qq --no-install-recommends -o Dpkg::Options::=--force-confold install "${missing[@]}" \
        || die "apt could not install ${missing[*]} (its output stands above)." "Install them by hand, then run this again."
}

# Takes one program out of a package without installing it: installing docker-registry would start a service on port 5000,
# and busybox-static would drive out busybox, on which a system's boot may depend. apt checks the signature as always.
unpack() {
    local package=$1 folder="$state/packages/$1"
    [ ! -e "$folder/.done" ] || return 0
    is_debian || return 1
    if ! available "$package"; then
        [ "$(id -u)" -eq 0 ] && apt_update
        available "$package" || return 1
    fi
    say "unpacking $package from apt into $folder"
    # apt's own user can't write into our folder, of which it warns: root does it instead.
    download_into "$folder" "$package" -o APT::Sandbox::User=root
}

# download_into FOLDER PACKAGE [OPTION…]: the package's files, and a mark that they are all there.
download_into() {
    local folder=$1 package=$2
    shift 2
    rm -rf "$folder"
    mkdir -p "$folder"
    (cd "$folder" && quietly "$state/apt.log" apt-get -qq "$@" download "$package") || return 1
    dpkg-deb -x "$folder"/*.deb "$folder" || return 1
    rm -f "$folder"/*.deb
    touch "$folder/.done"
}

# ---- plugins -----------------------------------------------------------------------------------------------------------------

plugins="$state/plugins"

# Docker's client finds its plugins in its own configuration folder first: this one is for tests, which name it by DOCKER_CONFIG.
plugin_works() { DOCKER_CONFIG="$plugins" "$docker" "$1" version >/dev/null 2>&1; }

# The packages of Debian's current stable release, whose plugins run on the one before too. apt checks the signature as always, with lists
# of its own: nothing that this machine has installed or will install is touched.
unpack_from_stable() {
    local package=$1 folder="$state/packages/stable-$1" apt="$state/stable" keys=/usr/share/keyrings/debian-archive-keyring.gpg options mirror
    [ ! -e "$folder/.done" ] || return 0
    is_debian && [ -r $keys ] || return 1
    mirror=$(debian_archive)
    [ -n "$mirror" ] || return 1
    mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
    say "deb [signed-by=$keys] $mirror ${PRO_DEBIAN_STABLE:-stable} main" >"$apt/sources.list"
    options=(-o Dir::Etc::SourceList="$apt/sources.list" -o Dir::Etc::SourceParts=- -o Dir::State::Lists="$apt/lists"
        -o Dir::Cache="$apt/cache" -o APT::Sandbox::User="$(id -un)")
    say "unpacking $package of Debian's stable release into $folder"
    quietly "$state/apt.log" apt-get -qq "${options[@]}" update || return 1
    download_into "$folder" "$package" "${options[@]}"
}

# plugin_from FOLDER NAME: takes the plugin out of an unpacked package.
plugin_from() {
    ln -sf "$state/packages/$1/usr/libexec/docker/cli-plugins/docker-$2" "$plugins/cli-plugins/docker-$2"
    plugin_works "$2"
}

# ensure_plugin NAME PACKAGE: what the client has already, else the package of this system, else Debian's stable one.
ensure_plugin() {
    if ! plugin_works "$1" \
        && ! { unpack "$2" && plugin_from "$2" "$1"; } \
        && ! { unpack_from_stable "docker-$1" && plugin_from "stable-docker-$1" "$1"; }; then
        rm -f "$plugins/cli-plugins/docker-$1"
        warn "docker $1 is not to be had here: the tests that need it are skipped."
        return 1
    fi
    say "$1: $(DOCKER_CONFIG="$plugins" "$docker" "$1" version | head -n 1)"
}

ensure_plugins() {
    local missing=0
    take_lock
    find_engine >/dev/null || die "No Docker engine answers." "Run: bash scripts/engine.sh start"
    mkdir -p "$plugins/cli-plugins"
    [ -e "$plugins/config.json" ] || say '{}' >"$plugins/config.json"
    # Ubuntu's name for the one, everybody's for the other.
    ensure_plugin compose docker-compose-v2 || missing=1
    ensure_plugin buildx docker-buildx || missing=1
    return $missing
}

# ---- engine ------------------------------------------------------------------------------------------------------------------

clients() {
    type -aP docker 2>/dev/null || true
    if [ -x /usr/bin/docker ]; then say /usr/bin/docker; fi
}

# The client decides where the engine is, by DOCKER_HOST, its context or the default socket.
answers() { within 20 "$1" version --format '{{.Server.Version}}' 2>"$state/client.log"; }

find_engine() {
    local client version
    while IFS= read -r client; do
        if version=$(answers "$client") && [ -n "$version" ]; then
            docker=$client
            say "engine: Docker $version$(if ours_runs dockerd; then say ', started by this script'; fi)"
            return 0
        fi
    done <<CLIENTS
$(clients)
CLIENTS
    return 1
}

how_to_get_docker() {
    case "$(uname -s)" in
        Darwin) say "Install Docker Desktop (https://docs.docker.com/desktop/) and start it." ;;
        MINGW* | MSYS* | CYGWIN*) say "Install Docker Desktop (https://docs.docker.com/desktop/) and run: pwsh build.ps1 -Task Test" ;;
        *) say "Install Docker (https://docs.docker.com/engine/install/) and start it, or run this as root on Debian or Ubuntu." ;;
    esac
}

install_engine() {
    local wanted=(ca-certificates git) package
    say "no engine answers; this is Debian or Ubuntu, and you are root: getting one"
    apt_update
    if ! has dockerd; then
        for package in docker.io docker-buildx cgroupfs-mount; do
            if available "$package"; then wanted+=("$package"); fi
        done
    fi
    # Debian 13 put the client into a package of its own.
    if ! has docker && available docker-cli; then wanted+=(docker-cli); fi
    if ! has docker-compose; then
        for package in docker-compose-v2 docker-compose; do
            if available "$package"; then wanted+=("$package"); break; fi
        done
    fi
    install_packages "${wanted[@]}"
}

mount_cgroups() {
    grep -q '^[^ ]* /sys/fs/cgroup[^ ]* cgroup' /proc/mounts && return 0
    say "mounting the control groups that an engine needs"
    if has cgroupfs-mount; then cgroupfs-mount; else mount -t cgroup2 cgroup2 /sys/fs/cgroup; fi
}

start_engine() {
    local tries=0
    mount_cgroups || warn "The control groups could not be mounted; the engine may refuse to start."
    say "starting dockerd (log: $state/dockerd.log)"
    forget_dead "$state/dockerd.pid" dockerd
    forget_dead /var/run/docker/containerd/containerd.pid containerd
    launch dockerd dockerd --pidfile "$state/dockerd.pid"
    until find_engine; do
        tries=$((tries + 1))
        if ! ours_runs dockerd || [ $tries -ge 120 ]; then
            tail -n 30 "$state/dockerd.log" >&2
            end_process dockerd
            die "dockerd did not come up; the end of its log stands above." "$(how_to_get_docker)"
        fi
        sleep 0.5
    done
}

ensure_engine() {
    find_engine && return 0
    if [ -n "${DOCKER_HOST:-}${DOCKER_CONTEXT:-}" ] && [ -n "$(clients)" ]; then
        die "No Docker engine answers at ${DOCKER_HOST:-context $DOCKER_CONTEXT}: $(tail -n 1 "$state/client.log" 2>/dev/null)" \
            "Start that engine, or unset DOCKER_HOST and DOCKER_CONTEXT."
    fi
    if grep -qi 'permission denied' "$state/client.log" 2>/dev/null; then
        die "A Docker engine runs, but you may not use it (permission denied on its socket)." \
            "Run: sudo usermod -aG docker $(id -un), and log in again."
    fi
    if ! is_debian || [ "$(id -u)" -ne 0 ]; then
        die "No running Docker engine was found." "$(how_to_get_docker)"
    fi
    install_engine
    # Under systemd the package has already started it.
    find_engine || start_engine
}

# A client that can build with BuildKit: one with buildx, or one before 23, which has BuildKit built in.
buildkit_client() {
    local client version
    while IFS= read -r client; do
        version=$("$client" version --format '{{.Client.Version}}' 2>/dev/null) || continue
        if [ "${version%%.*}" -lt 23 ] 2>/dev/null || "$client" buildx version >/dev/null 2>&1; then
            printf '%s\n' "$client"
            return 0
        fi
    done <<CLIENTS
$(clients)
CLIENTS
    return 1
}

# ---- registries --------------------------------------------------------------------------------------------------------------

registry_program() {
    [ "${PRO_REGISTRY:-}" != container ] || return 1
    [ "$(uname -s)" = Linux ] || return 1
    if has docker-registry; then command -v docker-registry; return 0; fi
    unpack docker-registry >&2 || return 1
    printf '%s\n' "$state/packages/docker-registry/usr/bin/docker-registry"
}

# bcrypt is the only hash that the registry accepts. htpasswd may be missing, while Debian's perl is always there and can do it.
password_line() {
    if has htpasswd; then
        printf '%s\n' "$2" | htpasswd -niBC 5 "$1" | head -n 1
        return
    fi
    # The password goes by the environment: arguments are everyone's to read.
    PASSWORD=$2 perl -e '
        my @set = ("a".."z", "A".."Z", 0..9);
        my $salt = join "", map { $set[rand @set] } 1..21;
        my $hash = crypt($ENV{PASSWORD}, "\$2y\$05\$${salt}u") // "";
        exit 1 unless $hash =~ /^\$2y\$/;
        print "$ARGV[0]:$hash\n";' "$1" \
        || die "No program here can make a bcrypt password for the private registry." "Install htpasswd (package apache2-utils)."
}

random_word() { LC_ALL=C tr -dc 'a-z0-9' </dev/urandom 2>/dev/null | head -c "$1" || true; }

# The login is made once and kept, 0600, beside the registries that use it.
ensure_login() {
    local file="$state/login"
    if [ ! -s "$file" ]; then (umask 077 && printf '%s\n%s\n' "pro-$(random_word 6)" "$(random_word 24)" >"$file"); fi
    private_user=$(sed -n 1p "$file")
    private_password=$(sed -n 2p "$file")
    if [ ! -s "$state/htpasswd" ]; then
        (umask 077 && password_line "$private_user" "$private_password" >"$state/htpasswd.new")
        mv "$state/htpasswd.new" "$state/htpasswd"
    fi
}

registry_config() {
    local name=$1 address=$2
    printf '%s\n' 'version: 0.1' 'log: { level: info, fields: { service: registry } }' \
        "storage: { filesystem: { rootdirectory: \"$state/$name-data\" }, delete: { enabled: true } }" \
        "http: { addr: \"$address\" }"
    if [ "$name" = private ]; then
        printf '%s\n' "auth: { htpasswd: { realm: pro-tests, path: \"$state/htpasswd\" } }"
    fi
}

# 200 of an open registry, 401 of one that asks for a login. Spoken by hand: a fresh machine has no curl.
registry_status() {
    local line=''
    exec 3<>"/dev/tcp/${1%:*}/${1#*:}" || return 1
    printf 'GET /v2/ HTTP/1.0\r\nHost: %s\r\n\r\n' "$1" >&3 || true
    IFS= read -r -t 5 line <&3 || true
    exec 3>&-
    line=${line#* }
    printf '%s\n' "${line%% *}"
}

registry_answers() {
    local status
    status=$(registry_status "$2" 2>/dev/null) || return 1
    case "$1:$status" in open:200 | private:401) return 0 ;; *) return 1 ;; esac
}

start_registry_process() {
    local name=$1 address=$2 program=$3 tries=0 actual=''
    registry_config "$name" "$address" >"$state/$name.yml"
    launch "$name" "$program" serve "$state/$name.yml"
    # Asked for port 0, the kernel chooses a free one, and the log says which. Nobody can take it in between.
    while [ $tries -lt 100 ]; do
        actual=$(sed -n 's/.*listening on \(127\.0\.0\.1:[0-9]*\).*/\1/p' "$state/$name.log" | head -n 1)
        if [ -n "$actual" ] && registry_answers "$name" "$actual"; then
            printf '%s\n' "$actual" >"$state/$name.address"
            return 0
        fi
        ours_runs "$name" || return 1
        tries=$((tries + 1))
        sleep 0.1
    done
    return 1
}

# Where Debian's program can't be had: the official image, as a container of ours.
start_registry_container() {
    local name=$1 container="pro-engine-$1" port tries=0 log="$state/$1.log"
    "$docker" rm -f -v "$container" >/dev/null 2>&1 || true
    set -- -e REGISTRY_STORAGE_DELETE_ENABLED=true -p 127.0.0.1::5000
    if [ "$name" = private ]; then
        set -- "$@" -e REGISTRY_AUTH=htpasswd -e REGISTRY_AUTH_HTPASSWD_REALM=pro-tests -e REGISTRY_AUTH_HTPASSWD_PATH=/htpasswd
    fi
    quietly "$log" "$docker" create --name "$container" --label pro-engine=registry "$@" registry:2 \
        || die "The registry container could not be made (above)." "Can this machine reach Docker Hub?"
    # Copied, not mounted: the engine may run in another machine (Docker Desktop's).
    if [ "$name" = private ]; then "$docker" cp "$state/htpasswd" "$container:/htpasswd" >/dev/null; fi
    quietly "$log" "$docker" start "$container" || die "The registry container $container did not start (above)."
    port=$("$docker" port "$container" 5000/tcp | sed -n 's/^127\.0\.0\.1://p' | head -n 1)
    until registry_answers "$name" "127.0.0.1:$port"; do
        tries=$((tries + 1))
        [ $tries -lt 100 ] || die "The registry container $container does not answer." "See: docker logs $container"
        sleep 0.1
    done
    printf '%s\n' "127.0.0.1:$port" >"$state/$name.address"
}

ensure_registry() {
    local name=$1 program address=''
    if [ -s "$state/$name.address" ]; then address=$(cat "$state/$name.address"); fi
    if [ -n "$address" ] && registry_answers "$name" "$address"; then
        say "$name registry: $address"
        return 0
    fi
    if program=$(registry_program); then
        end_process "$name"
        # The same address as last time, if it is still free: images on the engine are named after it.
        start_registry_process "$name" "${address:-127.0.0.1:0}" "$program" || {
            end_process "$name"
            start_registry_process "$name" 127.0.0.1:0 "$program"
        } || {
            tail -n 20 "$state/$name.log" >&2
            die "The $name registry did not start; the end of its log stands above."
        }
    else
        start_registry_container "$name"
    fi
    say "$name registry: $(cat "$state/$name.address"), started by this script"
}

# ---- base image --------------------------------------------------------------------------------------------------------------

static_busybox() {
    local candidate
    for candidate in /bin/busybox "$state/packages/busybox-static/bin/busybox" "$state/packages/busybox-static/usr/bin/busybox"; do
        if [ -x "$candidate" ] && ! LC_ALL=C ldd "$candidate" 2>/dev/null | grep -q '=>'; then printf '%s\n' "$candidate"; return 0; fi
    done
    return 1
}

# Made here from busybox, so that neither tests nor quick start depend on Docker Hub.
import_base_image() {
    local busybox=$1 folder applet
    folder=$(mktemp -d "$state/base.XXXXXX")
    mkdir -p "$folder/bin" "$folder/etc" "$folder/root" "$folder/tmp" "$folder/srv"
    chmod 1777 "$folder/tmp"
    cp "$busybox" "$folder/bin/busybox"
    chmod 755 "$folder/bin/busybox"
    for applet in $("$busybox" --list); do
        if [ "$applet" != busybox ]; then ln -s busybox "$folder/bin/$applet"; fi
    done
    say 'root:x:0:0:root:/root:/bin/sh' >"$folder/etc/passwd"
    say 'root:x:0:' >"$folder/etc/group"
    tar -C "$folder" --owner=0 --group=0 --numeric-owner -cf - . \
        | "$docker" import --change 'ENV PATH=/bin' --change 'CMD ["sh"]' - "$base_image" >/dev/null \
        || { rm -rf "$folder"; die "The engine did not take the base image (above)."; }
    rm -rf "$folder"
}

ensure_base_image() {
    local busybox=''
    if "$docker" image inspect "$base_image" >/dev/null 2>&1; then
        say "base image: $base_image"
        return 0
    fi
    if [ "$(uname -s)" = Linux ]; then
        busybox=$(static_busybox) || { unpack busybox-static && busybox=$(static_busybox); } || busybox=''
    fi
    if [ -n "$busybox" ]; then
        import_base_image "$busybox"
    else
        quietly "$state/pull.log" "$docker" pull busybox:stable \
            || die "The image busybox:stable could not be pulled (above)." "Can this machine reach Docker Hub?"
        "$docker" tag busybox:stable "$base_image"
    fi
    say "base image: $base_image, made by this script"
}

# ---- commands ----------------------------------------------------------------------------------------------------------------

write_env() {
    local buildkit busybox='' registry tools=''
    # The base image may be there already, and busybox not.
    if [ "$(uname -s)" = Linux ]; then
        busybox=$(static_busybox) || { unpack busybox-static >&2 && busybox=$(static_busybox); } || busybox=''
    fi
    # Tests start registries of their own, by name.
    if registry=$(registry_program) && ! has docker-registry; then tools=$(dirname "$registry"); fi
    buildkit=$(buildkit_client) || { buildkit=''; warn "No docker client here can build with BuildKit; install docker-buildx."; }
    (
        umask 077
        printf "%s='%s'\n" \
            PRO_TEST_DOCKER "$buildkit" \
            PRO_TEST_BUSYBOX "$busybox" \
            PRO_TEST_TOOLS "$tools" \
            PRO_TEST_REGISTRY "$(cat "$state/open.address")" \
            PRO_TEST_PRIVATE_REGISTRY "$(cat "$state/private.address")" \
            PRO_TEST_PRIVATE_USER "$private_user" \
            PRO_TEST_PRIVATE_PASSWORD "$private_password" >"$engine_env.new"
    )
    mv "$engine_env.new" "$engine_env"
    say "written: $engine_env"
}

# For an engine in a network of its own, from which apt reaches nobody.
fetch_packages() {
    take_lock
    registry_program >/dev/null || die "The program docker-registry is not to be had here."
    static_busybox >/dev/null || unpack busybox-static || die "A static busybox is not to be had here."
}

start() {
    take_lock
    ensure_engine
    case "${DOCKER_HOST:-}" in
        tcp://* | ssh://* | http://* | https://*)
            warn "The engine is at $DOCKER_HOST. A registry on this machine's loopback is out of its reach unless it runs here too." ;;
    esac
    ensure_login
    ensure_registry open
    ensure_registry private
    ensure_base_image
    write_env
}

stop() {
    local name container
    for name in open private; do end_process "$name"; done
    if find_engine >/dev/null; then
        for container in $("$docker" ps -aq --filter label=pro-engine=registry); do
            "$docker" rm -f -v "$container" >/dev/null
            say "stopped registry container $container"
        done
    fi
    end_process dockerd
    rm -f "$engine_env"
}

status() {
    local name address
    if ! find_engine; then say "engine: none"; fi
    for name in open private; do
        address=$(cat "$state/$name.address" 2>/dev/null) || address=''
        if [ -n "$address" ] && registry_answers "$name" "$address"; then say "$name registry: $address"; else say "$name registry: none"; fi
    done
    if [ -n "$docker" ] && "$docker" image inspect "$base_image" >/dev/null 2>&1; then
        say "base image: $base_image"
    else
        say "base image: none"
    fi
}

case "${1:-start}" in
    start) start ;;
    stop) stop ;;
    status) status ;;
    plugins) ensure_plugins ;;
    packages) fetch_packages ;;
    *) die "engine.sh knows start, stop, status, plugins and packages, not '$1'." ;;
esac
