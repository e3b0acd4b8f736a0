#!/usr/bin/env bash
# Test on several GPUs, or on several CPU processes where there is no GPU:
#   bash tools/dist_test.sh CONFIG CHECKPOINT GPUS [options of test.py]
#   bash tools/dist_test.sh CONFIG GPUS --reid CHECKPOINT [options of test.py]
# Several machines: run it on each, with NNODES, NODE_RANK, MASTER_ADDR and PORT set.
set -euo pipefail

usage() {
    echo "usage: $0 CONFIG [CHECKPOINT] GPUS [options of test.py]" >&2
    exit 2
}

[ $# -ge 2 ] || usage
tools=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
arguments=("$1")
shift
if ! [[ $1 =~ ^[0-9]+$ ]]; then
    arguments+=("$1")
    shift
fi
[ $# -ge 1 ] || usage
processes=$1
shift

# shellcheck source=tools/launch.sh
source "$tools/launch.sh"
launch "$processes" "$tools/test.py" "${arguments[@]}" --launcher pytorch "$@"
