#!/usr/bin/env bash
# motrackers returns lost tracks again and again as rows of the frame in which they were last seen.
#
# Guess:  update() returns the tracks of the frame at hand, in rows that say so.
# Seen:   the centroid and IoU trackers repeat the last row of a lost track, old frame number
#         included, until it is given up. Written down as they come, the rows of frame 2 are
#         there four times. The SORT tracker of the same package does otherwise: it invents a
#         row for the frame at hand.
# Why:    the rows are in MOT format and meant to be written; scorers refuse an id twice in a
#         frame, or count false positives.
# With:   motrackers 0.1.1, Python 3.11.
# Exit:   0 as seen, 1 behaves otherwise now, 3 could not be installed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if ! { "${PYTHON:-python3}" -m venv "$work/env" && "$work/env/bin/pip" install -qq --no-compile \
    motrackers==0.1.1 numpy==2.4.6 scipy==1.17.1 opencv-python-headless==4.11.0.86; }; then
  echo 'INSTALL FAILED: nothing was checked' >&2
  exit 3
fi
cd "$work"
"$work/env/bin/python" - <<'PY'
import sys
import numpy as np
from motrackers import SORT, CentroidTracker, IOUTracker

def frames(kind):
    """Frame numbers of all rows of a person who leaves after frame 2; another one stays."""
    tracker, rows = kind(max_lost=3), []
    for frame in range(1, 7):
        boxes = [[10.0 + frame, 10, 30, 60], [300, 10, 30, 60]][: 2 if frame <= 2 else 1]
        rows += tracker.update(np.array(boxes), np.full(len(boxes), 0.9), np.ones(len(boxes), int))
    return [int(row[0]) for row in rows if row[2] > 200]

seen = {kind.__name__: frames(kind) for kind in (CentroidTracker, IOUTracker, SORT)}
for name, numbers in seen.items():
    print(f'{name}: expected rows of frames [1, 2], seen {numbers}')
sys.exit(list(seen.values()) != [[1, 2, 2, 2, 2], [1, 2, 2, 2, 2], [1, 2, 3, 4, 5]])
PY
