# shellcheck shell=bash
# Sourced by dist_train.sh and dist_test.sh.

# A port that is free now. One machine only: several have to agree on theirs.
free_port() {
    python -c 'import socket; s = socket.socket(); s.bind(("", 0)); print(s.getsockname()[1])'
}

# launch PROCESSES SCRIPT [ARGUMENTS]: start SCRIPT in so many processes on this machine.
launch() {
    local processes=$1 nodes=${NNODES:-1} port=${PORT:-}
    shift
    if ! [[ $processes =~ ^[1-9][0-9]*$ ]]; then
        echo "number of GPUs must be a whole number from 1, got '$processes'" >&2
        exit 2
    fi
    if [ "$nodes" -gt 1 ] && { [ -z "${NODE_RANK:-}" ] || [ -z "${MASTER_ADDR:-}" ]; }; then
        echo "NNODES=$nodes needs NODE_RANK, which of them this is (from 0)," \
            'and MASTER_ADDR, where the first one is' >&2
        exit 2
    fi
    if [ -z "$port" ]; then
        if [ "$nodes" -gt 1 ]; then port=29500; else port=$(free_port); fi
    fi
    PYTHONPATH="$(dirname "$(dirname "$1")")${PYTHONPATH:+:$PYTHONPATH}" exec torchrun \
        --nnodes "$nodes" \
        --node_rank "${NODE_RANK:-0}" \
        --master_addr "${MASTER_ADDR:-127.0.0.1}" \
        --master_port "$port" \
        --nproc_per_node "$processes" \
        "$@"
}
