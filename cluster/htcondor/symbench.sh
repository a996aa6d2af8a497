#!/usr/bin/env bash
# The wrapper that a job of symbench.sub runs: it runs the trials of one pattern, with its own Ray on this machine.
#
#   symbench.sh SUITE PATTERN RESULTS [options of symbench run]
#
# It ends with the exit code of symbench, or with 85 after SYMBENCH_CHECKPOINT_S seconds: HTCondor then saves the folder
# RESULTS and starts the wrapper again, and the run continues with the trials that are missing in its journal.
set -euo pipefail
set -m # background processes keep the default action of SIGINT, which interrupts the run

[ $# -ge 3 ] || { echo "usage: symbench.sh SUITE PATTERN RESULTS [options of symbench run]" >&2; exit 2; }
# shellcheck source=/dev/null
. "${SYMBENCH_VENV:?the virtual environment, on a path that this machine can access}/bin/activate"

sandbox=${_CONDOR_SCRATCH_DIR:-$PWD}
export SYMBENCH_HOME=$sandbox/home HOME=${HOME:-$sandbox} MLFLOW_DISABLE_TELEMETRY=true RAY_USAGE_STATS_ENABLED=0
# Only the journal is transferred. Data sets are generated again from their recipe, with the same bytes.
mkdir -p "$sandbox/$3"
suite=$1 pattern=$2 journal=$sandbox/$3/journal.jsonl
shift 3

run=
# shellcheck disable=SC2317,SC2329
interrupt() { [ -z "$run" ] || kill -INT "$run" 2>/dev/null || true; }
trap interrupt INT TERM # an eviction sends TERM, and KILL some time later

# HTCondor sets the number of cores that the job may use (OMP_NUM_THREADS), and hides the GPUs of other jobs.
symbench run "$suite" --only "$pattern" --journal "$journal" --cpus "${OMP_NUM_THREADS:-$(nproc)}" "$@" </dev/null &
run=$!
SECONDS=0
over=
while kill -0 "$run" 2>/dev/null; do
  if [ -z "$over" ] && [ "$SECONDS" -ge "${SYMBENCH_CHECKPOINT_S:-3600}" ]; then
    over=yes
    interrupt
  fi
  sleep 1
done
code=0
wait "$run" || code=$?
[ -z "$over" ] || [ "$code" -ne 130 ] || code=85
exit "$code"
