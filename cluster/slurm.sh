#!/usr/bin/env bash
#SBATCH --job-name=symbench
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=16
#SBATCH --mem=0
#SBATCH --exclusive
#SBATCH --time=12:00:00
#SBATCH --signal=B:INT@300
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=symbench-%j.log

# Runs a suite on the nodes of one Slurm job: Ray starts on each node, runs the suite, and ends with the job.
#
#   sbatch cluster/slurm.sh suites/cms.yaml
#   sbatch --nodes=8 --partition=gpu --gpus-per-node=4 cluster/slurm.sh suites/toptag.yaml --only 'top-tagging/*'
#
# Ask for GPUs only if entries of the suite request them (`symbench plan SUITE` shows it): trials without a request
# compute on CPUs, and the GPUs would be idle.
#
# The arguments after the suite are passed to `symbench run`, also --plugin FILE and --data-root FOLDER. Submit from a folder that all nodes share: results are
# stored in its .symbench (or in $SYMBENCH_HOME). Before the time limit, at a preemption and at
# `scancel --signal=INT --batch`, the run is interrupted, its journal is closed, and the job is put back into the queue.
# The requeued job continues with the trials that are missing.
#
#   SYMBENCH_VENV      the virtual environment, on a shared path            (default: .venv here)
#   SYMBENCH_ENV       a file of `export NAME=value` lines, mode 600, for MLFLOW_TRACKING_URI and its
#                      password                                             (default: ~/.config/symbench/env)
#   SYMBENCH_REQUEUES  how often an interrupted job goes back to the queue  (default: 20)
#
# --exclusive is required: `ray symmetric-run` ends with `ray stop`, which ends all your Ray processes on the node.

set -euo pipefail
set -m # background processes keep the default action of SIGINT, which interrupts the run

[ $# -ge 1 ] || { echo "usage: sbatch slurm.sh SUITE [options of symbench run]" >&2; exit 2; }
: "${SLURM_JOB_ID:?this script is for sbatch}"
secrets=${SYMBENCH_ENV:-$HOME/.config/symbench/env}
# shellcheck source=/dev/null
if [ -r "$secrets" ]; then . "$secrets"; fi
# shellcheck source=/dev/null
. "${SYMBENCH_VENV:-.venv}/bin/activate"
export SYMBENCH_HOME=${SYMBENCH_HOME:-$PWD/.symbench}

# Ray's sockets need a short path, and each job on a node needs its own.
scratch=${TMPDIR:-/tmp}
[ ${#scratch} -le 20 ] || scratch=/tmp
export SYMBENCH_SCRATCH=$scratch/sb-$SLURM_JOB_ID
nodes=${SLURM_JOB_NUM_NODES:?}
each_node=(srun --nodes="$nodes" --ntasks="$nodes" --ntasks-per-node=1)
(umask 077 && "${each_node[@]}" mkdir -p "$SYMBENCH_SCRATCH")

# The nodes share the token and the exit code in a folder that only this user can read.
state=$SYMBENCH_HOME/slurm/$SLURM_JOB_ID
export SYMBENCH_STATE=$state
(umask 077 && mkdir -p "$state" && python -c 'import secrets; print(secrets.token_hex(32), end="")' >"$state/token")
rm -f "$state/exit" "$SYMBENCH_SCRATCH/stop"
export RAY_AUTH_MODE=token RAY_AUTH_TOKEN_PATH=$state/token

# The batch script runs on the first node of the job. This node becomes Ray's head and uses ports that are free now.
first=$(scontrol show hostnames "${SLURM_JOB_NODELIST:?}" | head -n 1)
read -r host port dashboard_port client_port < <(python - "$first" <<'PY'
import socket, sys
host = socket.gethostbyname(sys.argv[1])
free = [socket.create_server((host, 0)) for _ in range(3)]
print(host, *(listener.getsockname()[1] for listener in free))
PY
)
address=$host:$port
export RAY_ADDRESS=$address                         # never `auto`, which may be the Ray of another job
export RAY_SYMMETRIC_RUN_CLUSTER_WAIT_TIMEOUT=300   # seconds for all nodes to join
export RAY_USAGE_STATS_ENABLED=0 MLFLOW_DISABLE_TELEMETRY=true

# Runs the suite on the head, and interrupts it as soon as the file `stop` appears. Writes the exit code to a file, because
# `ray symmetric-run` ends with 0 even if Ray did not start.
# shellcheck disable=SC2317,SC2329
drive() {
  set -m
  symbench run "$@" &
  local run=$! code=0
  while kill -0 "$run" 2>/dev/null; do
    if [ -e "$SYMBENCH_SCRATCH/stop" ]; then
      rm -f "$SYMBENCH_SCRATCH/stop"
      kill -INT "$run"
    fi
    sleep 1
  done
  wait "$run" || code=$?
  echo "$code" >"$SYMBENCH_STATE/exit"
  return "$code"
}

step=
# shellcheck disable=SC2317,SC2329
interrupt() {
  echo "slurm.sh: interrupted; stopping the run" >&2
  touch "$SYMBENCH_SCRATCH/stop" "$state/interrupted"
}
# shellcheck disable=SC2317,SC2329
clean_up() {
  trap - EXIT
  if [ -n "$step" ] && kill -0 "$step" 2>/dev/null; then
    kill -TERM "$step"
    wait "$step" || true
  fi
  "${each_node[@]}" rm -rf "$SYMBENCH_SCRATCH" || true
  rm -f "$state/token"
}
trap interrupt INT TERM
trap clean_up EXIT

# One task on each node; the loss of a node does not end the others. Ray chooses the ports that are not given here. Its
# dashboard is on the loopback of the head.
"${each_node[@]}" --cpus-per-task="${SLURM_CPUS_PER_TASK:-1}" --wait=0 --kill-on-bad-exit=0 \
  ray symmetric-run --address "$address" --min-nodes "$nodes" \
  --num-cpus "${SLURM_CPUS_PER_TASK:-1}" --num-gpus "${SLURM_GPUS_ON_NODE:-0}" \
  --temp-dir "$SYMBENCH_SCRATCH/ray" --dashboard-port "$dashboard_port" \
  --ray-client-server-port "$client_port" --dashboard-agent-listen-port 0 --min-worker-port 0 --max-worker-port 0 -- \
  bash -c "$(declare -f drive); drive \"\$@\"" drive "$@" --address "$address" </dev/null &
step=$!
while kill -0 "$step" 2>/dev/null; do wait "$step" || true; done # a trapped signal interrupts `wait`
step=

code=3 # if there is no file, the suite never ran
[ -e "$state/exit" ] && code=$(cat "$state/exit")
if [ -e "$state/interrupted" ]; then
  rm -f "$state/interrupted"
  if [ "${SLURM_RESTART_COUNT:-0}" -lt "${SYMBENCH_REQUEUES:-20}" ]; then
    clean_up
    scontrol requeue "$SLURM_JOB_ID"
  fi
fi
echo "slurm.sh: symbench ended with $code"
exit "$code"
