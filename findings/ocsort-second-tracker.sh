#!/usr/bin/env bash
# Making a second OCSort tracker gives the first one ids that it has already given.
#
# Guess:  trackers of two videos are independent; at worst they share one counter of ids.
# Seen:   the counter belongs to the class, and making a tracker sets it back. The first tracker,
#         still running, then gives a new person the id of one who is in view: two boxes of one
#         frame have the id 1.
# Why:    cameras are added while others run. TrackEval refuses such a file, motmetrics scores it.
# With:   ocsort 0.0.2, filterpy 1.4.5, Python 3.11. The boxes come as arrays with the method
#         numpy() that the package calls on its input, a torch tensor otherwise.
# Exit:   0 as seen, 1 behaves otherwise now, 3 could not be installed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if ! { "${PYTHON:-python3}" -m venv "$work/env" && "$work/env/bin/pip" install -qq --no-compile \
    --no-deps ocsort==0.0.2 filterpy==1.4.5 lap==0.5.13 numpy==1.26.4 scipy==1.17.1; }; then
  echo 'INSTALL FAILED: nothing was checked' >&2
  exit 3
fi
cd "$work"
"$work/env/bin/python" - <<'PY'
import sys
import numpy as np
from ocsort.ocsort import OCSort

class Boxes(np.ndarray):
    def numpy(self):
        return np.asarray(self)

def boxes(frame, *lefts):
    rows = [[left + frame, 10.0, left + 30 + frame, 70, 0.9, 0] for left in lefts]
    return np.array(rows).view(Boxes)

def ids(second_tracker):
    first = OCSort(det_thresh=0.3)
    for frame in range(4):
        first.update(boxes(frame, 10), None)
    if second_tracker:
        OCSort(det_thresh=0.3)
    for frame in range(4, 8):
        out = first.update(boxes(frame, 10, 300), None)
    return sorted(int(row[4]) for row in out)

alone, beside = ids(second_tracker=False), ids(second_tracker=True)
print(f'ids of two people: expected [1, 2], seen {alone}')
print(f'with a second tracker made in between: expected [1, 2], seen {beside}')
sys.exit((alone, beside) != ([1, 2], [1, 1]))
PY
