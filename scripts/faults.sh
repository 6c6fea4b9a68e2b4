#!/usr/bin/env bash
# Every fault at every call of a deployment, in every flow: kill -9 before the call, 500 instead of it, the connection cut after it, no
# answer ever. Prints the table of README in Markdown; the last line alone tells, as test.sh's does.
#
#   faults.sh [--changes] [--scenario TEXT]
#
#   --changes     every fault at each call that changes something, and a sample of the calls that only ask (about an hour); else all of
#                 them (several hours)
#   --scenario    only scenarios whose test's name contains TEXT: Compose, Swarm, Start_first
#
# PRO_TEST_SEED chooses the sample. One case alone: PRO_TEST_FAULT="hang 7" (kill, refuse, reset, hang; the 7th call that changes something).
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

export PRO_TEST_ALL_FAULTS=1
scenario=''
while [ $# -gt 0 ]; do
    case "$1" in
        --changes) PRO_TEST_ALL_FAULTS=changes ;;
        --scenario)
            [ $# -ge 2 ] || die "--scenario needs a text."
            scenario=$2
            shift
            ;;
        *) die "faults.sh knows --changes and --scenario TEXT, not '$1'." ;;
    esac
    shift
done

mkdir -p "$root/TestResults"
export PRO_TEST_FAULT_TABLE="$root/TestResults/faults.md"
export PRO_TEST_FAULT_LOG="$root/TestResults/faults.log"
export PRO_TEST_SECONDS=${PRO_TEST_SECONDS:-43200}
rm -f "$PRO_TEST_FAULT_TABLE" "$PRO_TEST_FAULT_LOG"
say "each case as it ends: $PRO_TEST_FAULT_LOG"
code=0
bash "$root/scripts/test.sh" --engine --filter "FaultTests.*$scenario" || code=$?
say "| scenario | calls that change something | kill -9 | 500 | cut off | no answer | the other calls, all four |"
say "| --- | --- | --- | --- | --- | --- | --- |"
if [ -s "$PRO_TEST_FAULT_TABLE" ]; then cat "$PRO_TEST_FAULT_TABLE"; fi
exit $code
