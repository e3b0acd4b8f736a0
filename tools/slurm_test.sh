#!/usr/bin/env bash
# Test on a Slurm cluster:
#   [GPUS=8] [GPUS_PER_NODE=8] [CPUS_PER_TASK=5] [PORT=...] [SRUN_ARGS="..."] \
#       bash tools/slurm_test.sh PARTITION JOB_NAME CONFIG [CHECKPOINT] [options of test.py]
# GPUS is the number of processes; GPUS_PER_NODE=0 asks for none and tests on CPUs.
set -euo pipefail

if [ $# -lt 3 ]; then
    echo "usage: $0 PARTITION JOB_NAME CONFIG [CHECKPOINT] [options of test.py]" >&2
    exit 2
fi
tools=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
partition=$1
job_name=$2
shift 2

# shellcheck source=tools/slurm.sh
source "$tools/slurm.sh"
submit "$partition" "$job_name" "$tools/test.py" "$@" --launcher slurm
