#!/usr/bin/env bash
# Measures the module beside what a user would use instead, on this machine, and prints Markdown tables.
#
#   run.sh [NAME…]     describe, list, start, build, archive, memory, clean, plan, swap, by-hand, rollback, requests; all if none is
#                      named
#
# Exit code 0 only if every limit was kept. What else the machine does falls on both sides of each pair, but not evenly: run it on a
# machine that does nothing else. PRO_PWSH names another PowerShell than the pwsh on PATH. Repositories of up to 1 GiB are made once,
# in pro-docker-versioning-bench below the temporary folder. PRO_BENCH_COMPOSE names another compose than docker-compose ("docker compose").
# PRO_BENCH_ENGINE=newest measures on an engine that scripts/engines.sh brings, instead of the one that is here.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib.sh"

require_dotnet
state=$(state_folder)
engine=()
if [ -n "${PRO_BENCH_ENGINE:-}" ]; then
    bash "$root/scripts/engines.sh" start "$PRO_BENCH_ENGINE" >&2
    # shellcheck disable=SC2016 # The variable is set in there.
    engine=(bash "$root/scripts/engines.sh" run "$PRO_BENCH_ENGINE" bash -c 'DOCKER_CONFIG=$PRO_TEST_DOCKER_CONFIG exec "$@"' -)
    export PRO_BENCH_COMPOSE=${PRO_BENCH_COMPOSE:-docker compose}
else
    bash "$root/scripts/engine.sh" start >&2
    set -a
    # shellcheck source=/dev/null
    . "$state/engine.env"
    set +a
fi

# The debugger's assemblies would be measured otherwise: Release, and nothing of an earlier build in the package.
rm -rf "$module"
quietly "$state/bench-build.log" dotnet build "$root/bench" -c Release --nologo -v q -clp:NoSummary \
    || die "The build failed (above)."

# The program itself takes away what it put onto the engine, also after Ctrl+C.
exec "${engine[@]}" "$root/bench/bin/Release/net10.0/Pro.DockerVersioning.Bench" "$@"
