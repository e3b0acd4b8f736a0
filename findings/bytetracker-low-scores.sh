#!/usr/bin/env bash
# The bytetracker package uses at most as many low-score boxes as there are high-score ones.
#
# Guess:  ByteTrack's second round tries all boxes between 0.1 and the threshold. A score equal
#         to the threshold belongs to one of the two rounds.
# Seen:   low-score boxes are paired with the classes of the high-score boxes, and the longer
#         list is cut. If all people of a frame fade at once, none of them is tracked; if one of
#         two fades, both are. A score exactly at the threshold is in neither round.
# Why:    the point of ByteTrack, to bridge frames with weak detections, fails just there.
# With:   bytetracker 0.3.2, lap 0.5.13, Python 3.11. The package asks for torch only for the type
#         of its input; to spare a large download, a class of that name stands in for it, and the
#         boxes come as arrays with the method numpy() that the package calls.
# Exit:   0 as seen, 1 behaves otherwise now, 3 could not be installed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if ! { "${PYTHON:-python3}" -m venv "$work/env" && "$work/env/bin/pip" install -qq --no-compile \
    --no-deps bytetracker==0.3.2 lap==0.5.13 numpy==1.26.4 scipy==1.17.1; }; then
  echo 'INSTALL FAILED: nothing was checked' >&2
  exit 3
fi
cd "$work"
"$work/env/bin/python" - <<'PY'
import sys
import types
import numpy as np

sys.modules['torch'] = types.ModuleType('torch')
sys.modules['torch'].Tensor = type('Tensor', (), {})
from bytetracker import BYTETracker

class Boxes(np.ndarray):
    def numpy(self):
        return np.asarray(self)

def tracked(*scores):
    """How many of two people keep their ids when their scores change after three frames."""
    tracker = BYTETracker(track_thresh=0.45)
    for frame, (a, b) in enumerate([(0.9, 0.9)] * 3 + [scores]):
        rows = [[left + frame, 10, left + 30 + frame, 70, score, 0]
                for left, score in ((10.0, a), (300.0, b))]
        out = tracker.update(np.array(rows).view(Boxes), None)
    return len(out)

cases = [(0.3, 0.9), (0.3, 0.3), (0.45, 0.9)]
seen = [tracked(*scores) for scores in cases]
for scores, number in zip(cases, seen):
    print(f'scores fall from 0.9, 0.9 to {scores[0]}, {scores[1]} (threshold 0.45): '
          f'expected 2 people tracked, seen {number}')
sys.exit(seen != [2, 0, 1])
PY
