#!/usr/bin/env bash
# What a job of symbench.sub runs: the trials of one pattern, on a Ray of its own on this machine alone.
#
#   symbench.sh SUITE PATTERN RESULTS
#
# Ends with symbench's exit code, or with 85 once SYMBENCH_CHECKPOINT_S seconds have passed: HTCondor then keeps the
# folder RESULTS and starts this again, and the run goes on with what its journal lacks.
set -euo pipefail
set -m # background processes keep the default SIGINT, which is how the run is interrupted

[ $# -eq 3 ] || { echo "usage: symbench.sh SUITE PATTERN RESULTS" >&2; exit 2; }
# shellcheck source=/dev/null
. "${SYMBENCH_VENV:?the virtual environment, on a path that this machine reaches}/bin/activate"

sandbox=${_CONDOR_SCRATCH_DIR:-$PWD}
export SYMBENCH_HOME=$sandbox/home HOME=${HOME:-$sandbox} MLFLOW_DISABLE_TELEMETRY=true RAY_USAGE_STATS_ENABLED=0
# Only the journal travels: data sets are made again from their recipe, to the same bytes.
mkdir -p "$sandbox/$3"
journal=$sandbox/$3/journal.jsonl

run=
# shellcheck disable=SC2317,SC2329
interrupt() { [ -z "$run" ] || kill -INT "$run" 2>/dev/null || true; }
trap interrupt INT TERM # an eviction sends TERM, and KILL some time after

# HTCondor sets the number of cores that the job may use, and hides the GPUs of other jobs.
symbench run "$1" --only "$2" --journal "$journal" --cpus "${OMP_NUM_THREADS:-$(nproc)}" </dev/null &
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
