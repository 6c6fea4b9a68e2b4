#!/usr/bin/env bash
# Runs every test on this machine and sums them up. The last line alone tells: N passed, N failed[, N skipped]
#
#   test.sh [--unit] [--engine] [--engines] [--all] [--filter TEXT]
#
#   --unit      only the unit tests (on this .NET and on .NET 8); needs no Docker
#   --engine    only the tests against the real engine and registries, and Pester's
#   --engines   brings other engines too (Debian or Ubuntu, as root): the newest one has all tests, and others what differs there
#   --all       also those that repeat what others show: all of compose with both generations, and a few more
#   --filter    only tests whose full name contains TEXT
#
# The engine is the one that is here, else the system's package. With CI=true it is as with --engines.
#
# Exit code 0 only if at least one test ran and none failed. A runner that ends without its report has failed. With CI=true
# a skipped test has failed too, but for those that need compose's or buildx's plugin.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

configuration=Release
unit=yes
engine=yes
engines=${CI:+yes}
filter=''
while [ $# -gt 0 ]; do
    case "$1" in
        --unit) engine='' ;;
        --engine) unit='' ;;
        --engines) engines=yes ;;
        --all) export PRO_TEST_ALL=1 PRO_TEST_SECONDS="${PRO_TEST_SECONDS:-7200}" ;;
        --filter)
            [ $# -ge 2 ] || die "--filter needs a text."
            filter=$2
            shift
            ;;
        *) die "test.sh knows --unit, --engine, --engines, --all and --filter TEXT, not '$1'." ;;
    esac
    shift
done
[ -n "$unit$engine" ] || die "--unit and --engine exclude each other." "Leave both out to run everything."

state=$(state_folder)
results="$root/TestResults"
passed=0
failed=0
skipped=0
# The last one runs on 20.10, beside the newest engine.
may_skip="Compose knows it from|PRO_TEST_DOCKER_CONFIG names no folder|No compose v2 here|No docker on PATH has buildx|Since API 1.44 two networks|Before API 1.44 a container has one MAC"

finish() {
    local line="$passed passed, $failed failed"
    if [ $skipped -gt 0 ]; then line="$line, $skipped skipped"; fi
    say "$line"
    if [ $failed -gt 0 ] || [ $passed -eq 0 ]; then exit 1; fi
    exit 0
}

# count NAME PASSED FAILED SKIPPED SECONDS
count() {
    passed=$((passed + $2))
    failed=$((failed + $3))
    skipped=$((skipped + $4))
    say "$1: $2 passed, $3 failed, $4 skipped ($5 s)"
}

# What could not run counts as a failure, so that the last line can't look good.
broken() {
    failed=$((failed + 1))
    say "$1: $2"
}

attribute() { sed -n "s/.*<assembly [^>]*[ \"]$1=\"\([0-9]*\)\".*/\1/p" "$2" | head -n 1; }

# What runs in the background, and of that the suites.
started=''
running=''

# begin NAME LOG COMMAND…: starts it. Its code and its seconds stand in NAME.code when it has ended.
begin() {
    local name=$1 log=$2
    shift 2
    rm -f "$results/$name.code"
    {
        code=0
        since=$SECONDS
        "$@" >"$log" 2>&1 </dev/null || code=$?
        say "$code $((SECONDS - since))" >"$results/$name.code"
    } &
    say $! >"$results/$name.pid"
    started="$started $name"
}

# end NAME: waits for it, and says its code and its seconds.
end() {
    # Of one that ended long ago bash may know nothing any more.
    wait "$(cat "$results/$1.pid")" 2>/dev/null || true
    ended=1
    lasted=0
    read -r ended lasted <"$results/$1.code" || true
}

# Whether a suite that was started still runs.
runs() { [ ! -f "$results/$1.code" ] && kill -0 "$(cat "$results/$1.pid")" 2>/dev/null; }

# How many suites run at once. Each mostly waits: two of them leave half of two cores idle.
at_once=4

# Waits until it is the next suite's turn. macOS's bash can't wait for whichever ends first.
take_turn() {
    local name busy
    while true; do
        busy=0
        for name in $running; do
            if runs "$name"; then busy=$((busy + 1)); fi
        done
        if [ $busy -lt $at_once ]; then return; fi
        sleep 1
    done
}

# Where suites run: the name of an engine that was brought, or nothing for the machine's own.
place=''

# begin_xunit NAME PROGRAM ARGUMENT…: starts a suite at that place, as soon as it is its turn.
begin_xunit() {
    local name=$1 program=$2
    shift 2
    take_turn
    rm -f "$results/$name.xml"
    if [ ! -x "$program" ]; then broken "$name" "$program was not built"; return; fi
    if [ -n "$filter" ]; then set -- "$@" -method "*$filter*"; fi
    if [ -z "${PRO_TEST_ALL:-}" ]; then set -- "$@" -trait- Run=all; fi
    if [ "$place" != podman ]; then set -- "$@" -trait- Engine=podman; fi
    set -- "$program" -noColor -result-xml "$results/$name.xml" "$@"
    if [ -n "$place" ]; then set -- bash "$root/scripts/engines.sh" run "$place" "$@"; fi
    begin "$name" "$results/$name.log" within "$(seconds_left)" "$@"
    running="$running $name"
}

# end_xunit NAME: waits for it. The counts come from the report, never from the screen.
end_xunit() {
    local name=$1 report="$results/$1.xml" log="$results/$1.log" code time total good bad errors left
    case " $running " in *" $name "*) ;; *) return 0 ;; esac
    end "$name"
    code=$ended
    time=$lasted
    good=$(attribute passed "$report" 2>/dev/null) || good=''
    if [ -z "$good" ]; then
        # A crash prints the frames of every thread; what it says stands between them.
        grep -Ev '^ +at ' "$log" | tail -n 40
        broken "$name" "the runner ended without a report (exit code $code); the end of its log stands above"
        return
    fi
    total=$(attribute total "$report")
    bad=$(attribute failed "$report")
    errors=$(attribute errors "$report")
    left=$(attribute skipped "$report")
    bad=$((bad + ${errors:-0}))
    if [ $bad -gt 0 ]; then
        sed -n '/\[FAIL\]/,/^    [^ ]*\[[A-Z]*\]$\|^=== /p' "$log" | sed '/^=== /d'
    elif [ "$code" -ne 0 ] && [ "$total" -gt 0 ]; then
        tail -n 40 "$log"
        bad=1
    fi
    count "$name" "$good" "$bad" "$left" "$time"
    if [ "$total" -eq 0 ] && [ -z "$filter" ]; then broken "$name" "no test was found"; fi
    if [ -n "$engine" ] && [ "${CI:-}" = true ]; then
        # Not every system has packages of compose's and buildx's plugins: what needs them may be skipped, and nothing else.
        left=$((left - $({ grep -oE "$may_skip" "$report" || true; } | wc -l)))
        if [ $left -gt 0 ]; then
            grep -A 1 '\[SKIP\]' "$log" | grep -Ev "$may_skip" || true
            broken "$name" "$left tests were skipped, which CI does not allow"
        fi
    fi
}

# What was started and still runs ends with us, however we end; and CI's engine with it.
clean_up() {
    local name children
    for name in $started; do
        if runs "$name"; then
            children=$(pgrep -P "$(cat "$results/$name.pid")" 2>/dev/null || true)
            # shellcheck disable=SC2086 # numbers, meant to be split
            kill $children "$(cat "$results/$name.pid")" 2>/dev/null || true
        fi
    done
    if [ -n "$engine" ] && [ "${CI:-}" = true ]; then
        for name in $brought; do bash "$root/scripts/engines.sh" stop "$name" >/dev/null 2>&1 || true; done
        bash "$root/scripts/engine.sh" stop >/dev/null 2>&1 || true
    fi
}

# CI ends a job after 35 minutes without a word; a runner that hangs is better named by us, in time. faults.sh takes longer.
seconds_left() {
    local left=$((${PRO_TEST_SECONDS:-1980} - SECONDS))
    if [ $left -lt 60 ]; then left=60; fi
    say $left
}

runtime_identifier() { dotnet --info | sed -n 's/^ *RID: *//p' | head -n 1; }

# PowerShell's own packages bring it as native code, NuGet's brings it as IL only: each of the suites' sessions would compile it anew,
# a second of a processor each time. The console host is made so beside the other things that are fetched, and the suites take its PowerShell.
begin_native_shell() {
    rm -rf "$results/shell"
    begin shell "$results/shell.log" dotnet publish "$root/tools/ProShell" -c $configuration -r "$(runtime_identifier)" --no-self-contained \
        -p:PublishReadyToRun=true --artifacts-path "$results/shell-build" -o "$results/shell" --nologo -v q -clp:NoSummary
}

# Once the runner is built: it takes the same PowerShell.
end_native_shell() {
    local library
    end shell
    if [ "$ended" -ne 0 ]; then
        say "PowerShell could not be made native code (TestResults/shell.log): its sessions start more slowly, all else is the same"
        return
    fi
    export PRO_TEST_SHELL="$results/shell/ProShell.dll"
    for library in "$root/tests/Engine/bin/$configuration/net10.0/runtimes/unix/lib"/*/System.Management.Automation.dll; do
        if [ -f "$library" ]; then cp -f "$results/shell/System.Management.Automation.dll" "$library"; fi
    done
}

# The build, while the engine is fetched and started.
begin_build() {
    say "building (log: TestResults/build.log)"
    # What an earlier build left in the package must not be tested as if this one had made it.
    rm -rf "$module"
    begin build "$results/build.log" dotnet build "$root/Pro.DockerVersioning.slnx" -c $configuration --nologo -v q -clp:NoSummary
}

end_build() {
    end build
    if [ "$ended" -ne 0 ]; then
        cat "$results/build.log"
        broken build "failed (above)"
        finish
    fi
}

# The oldest runtime that the module promises. The publish brings it: a machine with the SDK 10 has no .NET 8.
run_on_net8() {
    local folder="$results/net8" rid
    rid=$(runtime_identifier)
    if ! quietly "$results/publish-net8.log" dotnet publish "$root/tests/Unit" -c $configuration -f net8.0 -r "$rid" \
        --self-contained -o "$folder" --nologo -v q -clp:NoSummary; then
        broken net8 "the publish failed (above)"
        return
    fi
    begin_xunit net8 "$folder/Pro.DockerVersioning.Tests.Unit" \
        -namespace 'Pro.DockerVersioning.Tests.Versions*' -namespace 'Pro.DockerVersioning.Tests.Git*'
    end_xunit net8
    grep -q '\.NET 8\.' "$results/net8.log" 2>/dev/null || broken net8 "these tests did not run on .NET 8"
}

# PowerShell and Pester as NuGet packages, for a machine that has none. They stay beside the other state, and touch nothing else.
bring_pwsh() {
    local tool="$state/pwsh/pwsh"
    if [ ! -x "$tool" ]; then
        dotnet tool install PowerShell --version 7.6.9 --tool-path "$state/pwsh" >"$results/pwsh.log" 2>&1 </dev/null || return 1
    fi
    PRO_PWSH=$tool find_pwsh
}

bring_pester() {
    local manifest="$state/packages/nuget/pester/5.9.1/tools/Pester.psd1"
    if [ ! -f "$manifest" ]; then
        dotnet restore "$root/tests/Pester/Pester.csproj" --packages "$state/packages/nuget" >"$results/pester-restore.log" 2>&1 </dev/null || true
    fi
    [ -f "$manifest" ] && printf '%s\n' "$manifest"
}

# CI must have it.
pester_missing() {
    if [ "${CI:-}" = true ]; then broken pester "did not run, $1"; else say "pester: did not run, $1"; fi
}

run_pester() {
    local pwsh pester='' log="$results/pester.log" code=0 line started=$SECONDS
    export POWERSHELL_TELEMETRY_OPTOUT=1
    if ! pwsh=$(find_pwsh) && ! { [ -n "${PRO_BRING_PWSH:-}" ] && pwsh=$(bring_pwsh); }; then
        pester_missing "PowerShell 7.4 or later is not here (PRO_BRING_PWSH=1 brings it and Pester from NuGet)"
        return
    fi
    # shellcheck disable=SC2016 # PowerShell's variable, not ours
    if ! "$pwsh" -NoLogo -NoProfile -NonInteractive -Command \
        'exit [int](-not (Get-Module -ListAvailable Pester | Where-Object Version -GE "5.7"))' >/dev/null 2>&1 </dev/null \
        && ! pester=$(bring_pester); then
        pester_missing "Pester 5.7 or later is not here, nor to be had from NuGet (Install-Module Pester)"
        return
    fi
    set -- -Module "$module" -Filter "$filter" -Shell "$pwsh"
    if [ -n "$pester" ]; then set -- "$@" -Pester "$pester"; fi
    within "$(seconds_left)" "$pwsh" -NoLogo -NoProfile -NonInteractive -File "$root/tests/Pester/run.ps1" "$@" >"$log" 2>&1 </dev/null || code=$?
    line=$(tail -n 1 "$log" | tr -d '\r')
    if ! printf '%s\n' "$line" | grep -Eq '^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$'; then
        tail -n 40 "$log"
        broken pester "the runner ended without its last line (exit code $code); the end of its log stands above"
        return
    fi
    # shellcheck disable=SC2046 # three numbers, meant to be split
    set -- $(printf '%s\n' "$line" | tr -cd '0-9 ')
    if [ "$2" -gt 0 ] || [ $code -ne 0 ]; then cat "$log"; fi
    if [ "$2" -eq 0 ] && [ $code -ne 0 ]; then set -- "$1" 1 "${3:-0}"; fi
    count pester "$1" "$2" "${3:-0}" $((SECONDS - started))
}

# The engines that were brought, and what each of them is.
brought=''

can_bring_engines() { has apt-get && has dpkg && [ "$(uname -s)" = Linux ] && [ "$(id -u)" -eq 0 ]; }

bring_engines() {
    local name
    if ! can_bring_engines; then
        say "engines: only the one that is here (others are brought on Debian or Ubuntu, as root)"
        return
    fi
    for name in newest containerd stable podman; do
        if bash "$root/scripts/engines.sh" start "$name"; then brought="$brought $name"; else broken "engine $name" "did not start (above)"; fi
    done
    case "$brought " in *" newest "*) place=newest ;; esac
}

# What differs between engines, image stores and generations of compose, if the whole suite runs on another engine. Scheduled jobs ask the
# default socket, which is the machine's own engine; docker-compose 1.x by itself breaks off on Engine 26 and later.
only_on_old=(Engine ComposeV1Tests Engine DeployedStaysWithV1Tests Engine CleaningJobTests Engine CleaningTests)
differs_on_old=("${only_on_old[@]}" Unit ContainerApiTests Unit StopFirstSwapTests Unit StartFirstSwapTests Unit RecreatedContainerTests Unit ReplicaSwapTests
    Unit RealComposeTests Unit RealBuildTests)
on_podman=(Engine PodmanTests)
# API 1.45, and a compose that leaves env_file out of its hash.
differs_on_stable=(Unit ContainerApiTests Unit RecreatedContainerTests Unit RealComposeTests Unit StopFirstSwapTests)
differs_on_containerd=(Unit RecreatedContainerTests Unit RealBuildTests Engine ComposeDeployTests Engine ImageSupplyTests)

# begin_differences NAME PLACE SUITE CLASS…: the classes of the two suites, at that engine.
begin_differences() {
    local name=$1 main=$place ours=Pro.DockerVersioning.Tests unit_classes=() engine_classes=()
    place=$2
    shift 2
    while [ $# -gt 1 ]; do
        # A class that was renamed would be left out without a word.
        grep -rqw "class $2" "$root/tests/$1" || broken "$2" "tests/$1 has no such class; test.sh names it for $name"
        if [ "$1" = Unit ]; then unit_classes+=(-class "*.$2"); else engine_classes+=(-class "*.$2"); fi
        shift 2
    done
    if [ -n "$unit" ] && [ ${#unit_classes[@]} -gt 0 ]; then
        begin_xunit "unit-$name" "$root/tests/Unit/bin/$configuration/net10.0/$ours.Unit" "${unit_classes[@]}"
    fi
    if [ ${#engine_classes[@]} -gt 0 ]; then
        begin_xunit "engine-$name" "$root/tests/Engine/bin/$configuration/net10.0/$ours.Engine" "${engine_classes[@]}"
    fi
    place=$main
}

# The simulated engine: every fault at each call, and random schedules. A simulation sees when all threads of its process rest, so each has
# its own process. With an engine, the simulated one is held to it.
begin_simulations() {
    local simulation="$root/tests/Simulation/bin/$configuration/net10.0/Pro.DockerVersioning.Tests.Simulation" main=$place
    place=''
    if [ -n "${PRO_TEST_ALL:-}" ]; then export PRO_SIMULATION_SECONDS="${PRO_SIMULATION_SECONDS:-600}"; fi
    begin_xunit simulation "$simulation" -method '*.Start_first*' -method '*.Without_a_fault*'
    begin_xunit simulation-more "$simulation" -method '*.Stop_first*' -method '*.RandomTests.*'
    place=$main
    if [ -n "$engine" ]; then begin_xunit conformance "$simulation" -class '*.ConformanceTests'; fi
}

# What the main engine's suites leave to the machine's own engine.
left_to_old() {
    local class
    if [ -z "$place" ]; then return; fi
    for class in "${only_on_old[@]}"; do
        if [ "$class" != Engine ]; then printf '%s\n' -class- "*.$class"; fi
    done
}

require_dotnet
mkdir -p "$results"
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

begin_build
if [ -n "$engine" ]; then
    begin_native_shell
    if ! bash "$root/scripts/engine.sh" start; then
        broken engine "no Docker engine and registries to test against (above); --unit runs what needs none"
        finish
    fi
    # CI brings compose v2 and buildx as well; who has them tells where. Where they can be had, what needs them may not be skipped.
    if [ "${CI:-}" = true ] || [ -n "${PRO_BRING_PLUGINS:-}" ]; then
        if ! bash "$root/scripts/engine.sh" plugins && [ "${CI:-}" = true ] && can_bring_engines; then
            broken plugins "compose v2 or buildx could not be had (above)"
        fi
    fi
    set -a
    # shellcheck source=/dev/null
    . "$state/engine.env"
    set +a
    if [ -z "${PRO_TEST_DOCKER_CONFIG:-}" ] && [ -d "$state/plugins" ] \
        && DOCKER_CONFIG="$state/plugins" "${PRO_TEST_DOCKER:-docker}" compose version >/dev/null 2>&1; then
        export PRO_TEST_DOCKER_CONFIG="$state/plugins"
    fi
    # Programs that were unpacked, not installed. What is on PATH goes first.
    if [ -n "${PRO_TEST_TOOLS:-}" ]; then export PATH="$PATH:$PRO_TEST_TOOLS"; fi
    if [ -n "$engines" ]; then bring_engines; fi
fi
export PRO_TEST_MODULE=$module
# Most sessions live for seconds: what the runtime would learn about them, and compile anew (after 30 calm seconds, here), costs more than it
# brings.
export DOTNET_TieredPGO=0 DOTNET_TC_CallCountingDelayMs=7530

end_build

ours=Pro.DockerVersioning.Tests.Engine
runner="$root/tests/Engine/bin/$configuration/net10.0/$ours"
if [ -n "$engine" ]; then end_native_shell; fi
# One session and one set of environment variables each: what runs side by side are processes.
elsewhere=()
if [ -n "$engine" ]; then
    while IFS= read -r word; do elsewhere+=("$word"); done < <(left_to_old)
    # The longest first, so that all lanes end together.
    begin_xunit deploy-compose "$runner" -class "$ours.Deploy.Compose*" -class "$ours.Deploy.Deployed*" ${elsewhere[@]+"${elsewhere[@]}"}
    begin_xunit deploy "$runner" -namespace "$ours.Deploy" -class- "$ours.Deploy.ContainerDeployTests" \
        -class- "$ours.Deploy.Compose*" -class- "$ours.Deploy.Deployed*" ${elsewhere[@]+"${elsewhere[@]}"}
    begin_xunit deploy-container "$runner" -class "$ours.Deploy.ContainerDeployTests"
fi
if [ -n "$unit" ]; then
    run_on_net8
    begin_xunit unit "$root/tests/Unit/bin/$configuration/net10.0/Pro.DockerVersioning.Tests.Unit"
    begin_simulations
fi
if [ -n "$engine" ]; then
    begin_xunit engine "$runner" -namespace- "$ours.Deploy" -namespace- "$ours.Faults" ${elsewhere[@]+"${elsewhere[@]}"}
    begin_xunit faults-compose "$runner" -class "$ours.Faults.Compose*"
    begin_xunit faults "$runner" -namespace "$ours.Faults" -class- "$ours.Faults.Compose*" -class- "$ours.Faults.Swarm*"
    begin_xunit faults-swarm "$runner" -class "$ours.Faults.Swarm*"
    case "$brought " in *" newest "*) begin_differences old '' "${differs_on_old[@]}" ;; esac
    case "$brought " in *" containerd "*) begin_differences containerd containerd "${differs_on_containerd[@]}" ;; esac
    case "$brought " in *" stable "*) begin_differences stable stable "${differs_on_stable[@]}" ;; esac
    case "$brought " in *" podman "*) begin_differences podman podman "${on_podman[@]}" ;; esac
fi
if [ -n "$unit" ]; then
    for name in unit simulation simulation-more conformance; do end_xunit "$name"; done
fi
if [ -n "$engine" ]; then
    for name in engine faults faults-compose faults-swarm unit-old engine-old unit-containerd engine-containerd unit-stable engine-podman \
        deploy-container deploy-compose deploy; do
        end_xunit "$name"
    done
    run_pester
fi
finish
