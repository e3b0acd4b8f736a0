#!/usr/bin/env bash
# The evaluator of roboflow's trackers scores truth without classes as truth without people.
#
# Guess:  truth whose class column is -1 (MOT15, and most home-made truth) is compared as a whole,
#         or refused.
# Seen:   every row is dropped, as no row is of class 1. Truth scored against itself gets MOTA 0,
#         HOTA 0, IDF1 0 and one false positive for each box. With six columns the class is taken
#         for 1 and the scores are 1. A frame 0 is left out silently (4 of 5 boxes count).
# Why:    the package's own files (`trackers track` writes -1) cannot serve as pseudo-truth, and a
#         zero looks like a bad tracker. TrackEval raises an error for the class and for frame 0.
# With:   trackers 2.6.1, Python 3.11.
# Exit:   0 as seen, 1 behaves otherwise now, 3 could not be installed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if ! { "${PYTHON:-python3}" -m venv "$work/env" && "$work/env/bin/pip" install -qq --no-compile \
    trackers==2.6.1 supervision==0.31.2 numpy==2.4.6 scipy==1.17.1; }; then
  echo 'INSTALL FAILED: nothing was checked' >&2
  exit 3
fi
cd "$work"
"$work/env/bin/python" - <<'PY'
import sys
from trackers.eval import evaluate_mot_sequence

def against_itself(ending, first=1):
    open('S.txt', 'w').write(
        ''.join(f'{frame},1,10,10,30,60{ending}\n' for frame in range(first, first + 5)))
    result = evaluate_mot_sequence('S.txt', 'S.txt', metrics=['CLEAR', 'HOTA', 'Identity'])
    clear = result.CLEAR
    return (clear.MOTA, result.HOTA.HOTA, result.Identity.IDF1, clear.CLR_TP, clear.CLR_FP)

cases = {'class 1': (',1,1,1',), 'six columns': ('',), 'class -1': (',1,-1,-1,-1',),
         'class 1, frames from 0': (',1,1,1', 0)}
seen = {case: against_itself(*arguments) for case, arguments in cases.items()}
for case, values in seen.items():
    print(f'{case}: expected MOTA, HOTA, IDF1, TP, FP (1, 1, 1, 5, 0), seen {values}')
sys.exit(list(seen.values()) != [
    (1, 1, 1, 5, 0), (1, 1, 1, 5, 0), (0, 0, 0, 0, 5), (1, 1, 1, 4, 0)])
PY
