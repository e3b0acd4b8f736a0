# shellcheck shell=bash
# Sourced by slurm_train.sh and slurm_test.sh.

# submit PARTITION JOB_NAME SCRIPT [ARGUMENTS]: run SCRIPT in GPUS processes by srun.
submit() {
    local partition=$1 job_name=$2 root gpus=${GPUS:-8} per_node=${GPUS_PER_NODE:-8} request=()
    shift 2
    if [ "$per_node" -gt "$gpus" ]; then per_node=$gpus; fi
    if [ "$per_node" -gt 0 ]; then
        request=(--gres="gpu:$per_node" --ntasks-per-node="$per_node")
    fi
    # All processes have to agree on the port before any of them runs.
    export MASTER_PORT=${PORT:-$((20000 + RANDOM % 10000))}
    root=$(dirname "$(dirname "$1")")
    export PYTHONPATH="$root${PYTHONPATH:+:$PYTHONPATH}"
    # SRUN_ARGS holds several options, so it has to be split into words.
    # shellcheck disable=SC2086
    exec srun -p "$partition" --job-name="$job_name" "${request[@]}" --ntasks="$gpus" \
        --cpus-per-task="${CPUS_PER_TASK:-5}" --kill-on-bad-exit=1 ${SRUN_ARGS:-} \
        python -u "$@"
}
