#!/usr/bin/env bash
# In TrackEval, truth flagged "not considered" still makes false positives; and 0.9 is such a flag.
#
# Guess:  a person whose flag in column 7 of gt.txt is 0 is "don't care": neither a miss nor a
#         false positive. 0.9, a confidence that some tools write there, counts as considered.
# Seen:   only the four distractor classes forgive a box over them. A pedestrian (or a car) with
#         flag 0 leaves the truth, and the tracker's box over him is a false positive. The flag
#         is cut to a whole number, so 0.9 is 0: perfect tracks get MOTA 0 and only false
#         positives, without a word. visiontrack-mot forgives all of these boxes, though it
#         says to do as TrackEval does.
# Why:    exported truth with confidences in column 7 scores every tracker at zero.
# With:   trackeval 1.3.0, visiontrack-mot 0.3.0, Python 3.11.
# Exit:   0 as seen, 1 behaves otherwise now, 3 could not be installed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if ! { "${PYTHON:-python3}" -m venv "$work/env" &&
  "$work/env/bin/pip" install -qq --no-compile --no-deps \
    trackeval==1.3.0 visiontrack-mot==0.3.0 numpy==2.4.6 scipy==1.17.1 tabulate==0.10.0 \
    pycocotools==2.0.11; }; then
  echo 'INSTALL FAILED: nothing was checked' >&2
  exit 3
fi
cd "$work"
"$work/env/bin/python" - <<'PY'
import contextlib, io, os, sys
import numpy as np
import trackeval
from visiontrack.eval.mot17 import preprocess_frame

os.makedirs('gt/S/gt')
os.makedirs('tracks/T/data')
open('tracks/T/data/S.txt', 'w').write('1,1,10,10,30,60,1\n1,2,300,10,30,60,1\n')
boxes = np.array([[10.0, 10, 40, 70], [300, 10, 330, 70]])

def false_positives(flag, kind):
    """By both, of perfect tracks of one such box and one ordinary person."""
    open('gt/S/gt/gt.txt', 'w').write(
        f'1,1,10,10,30,60,{flag},{kind},1\n1,2,300,10,30,60,1,1,1\n')
    with contextlib.redirect_stdout(io.StringIO()):
        data = trackeval.datasets.MotChallenge2DBox({
            'GT_FOLDER': 'gt', 'TRACKERS_FOLDER': 'tracks', 'SKIP_SPLIT_FOL': True,
            'SEQ_INFO': {'S': 1}})
        data = data.get_preprocessed_seq_data(data.get_raw_seq_data('T', 'S'), 'pedestrian')
        clear = trackeval.metrics.CLEAR().eval_sequence(data)
    ids = np.array([1, 2])
    kept = preprocess_frame(
        boxes, ids, np.array([kind, 1]), np.array([flag, 1.0]), boxes, ids)
    return int(clear['CLR_FP']), len(kept[2]) - len(kept[0])

cases = {'pedestrian, flag 0': (0, 1), 'pedestrian, flag 0.9': (0.9, 1),
         'car, flag 0': (0, 3), 'distractor, flag 0': (0, 8)}
seen = {name: false_positives(*case) for name, case in cases.items()}
for name, (first, second) in seen.items():
    print(f'{name}: expected 0 false positives, seen TrackEval {first}, visiontrack {second}')
sys.exit(list(seen.values()) != [(1, 0), (1, 0), (1, 0), (0, 0)])
PY
