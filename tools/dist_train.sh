#!/usr/bin/env bash
# Train on several GPUs, or on several CPU processes where there is no GPU:
#   bash tools/dist_train.sh CONFIG GPUS [options of train.py]
# Several machines: run it on each, with NNODES, NODE_RANK, MASTER_ADDR and PORT set.
set -euo pipefail

if [ $# -lt 2 ]; then
    echo "usage: $0 CONFIG GPUS [options of train.py]" >&2
    exit 2
fi
tools=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
config=$1
processes=$2
shift 2

# shellcheck source=tools/launch.sh
source "$tools/launch.sh"
launch "$processes" "$tools/train.py" "$config" --launcher pytorch "$@"
