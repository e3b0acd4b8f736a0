#!/usr/bin/env bash
# Norfair's MOT file of perfect detections scores worse than an empty file.
#
# Guess:  a person detected perfectly in 20 frames, with nobody else there, gives 20 rows, or a
#         few less until the track is confirmed.
# Seen:   28 rows: none in the first 7 frames, then 15 frames beyond the last detection, all with
#         the confidence -1, so nothing tells the invented rows from the others. MOTA
#         is -10 %, of an empty file 0 %. A person seen for 9 frames is written for 11,
#         of which only 2 have a detection.
# Why:    the tracker's answer is meant to be drawn; the MOT writer of the same package writes it
#         down as it is, and the score blames the detector.
# With:   norfair 2.3.0, Python 3.11. MOTA is counted by the rows: misses and false positives.
# Exit:   0 as seen, 1 behaves otherwise now, 3 could not be installed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if ! { "${PYTHON:-python3}" -m venv "$work/env" && "$work/env/bin/pip" install -qq --no-compile \
    norfair==2.3.0 filterpy==1.4.5 numpy==1.26.4 scipy==1.17.1; }; then
  echo 'INSTALL FAILED: nothing was checked' >&2
  exit 3
fi
cd "$work"
"$work/env/bin/python" -W ignore - <<'PY'
import os, sys
import numpy as np
from norfair import Detection, Tracker
from norfair.metrics import PredictionsTextFile

def frames(detected, length=40):
    """Frames of the rows written of a person who stands still and then leaves."""
    os.makedirs('S', exist_ok=True)
    open('S/seqinfo.ini', 'w').write(f'[Sequence]\nname=S\nseqLength={length}\n')
    tracker = Tracker(distance_function='iou', distance_threshold=0.7)
    out = PredictionsTextFile('S')
    for frame in range(1, length + 1):
        dets = [Detection(np.array([[10.0, 10], [40, 70]]))] if frame <= detected else []
        out.update(tracker.update(dets))
    rows = [line.split(',') for line in open('predictions/S.txt')]
    return [int(row[0]) for row in rows], {row[6] for row in rows}

ok = True
for detected, expected in ((20, (13, 15)), (9, (2, 9))):
    numbers, confidences = frames(detected)
    right = sum(frame <= detected for frame in numbers)
    invented = len(numbers) - right
    mota = 1 - (detected - right + invented) / detected
    print(f'detected in frames 1 to {detected}: expected at most {detected} rows, seen '
          f'{right} right and {invented} invented, confidences {confidences}, MOTA {mota:.0%}')
    ok &= (right, invented) == expected and confidences == {'-1'}
sys.exit(not ok)
PY
