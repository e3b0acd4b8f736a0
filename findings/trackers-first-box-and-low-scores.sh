#!/usr/bin/env bash
# roboflow's trackers: the first box of a track has no id, and ByteTrack lives on scores near 0.
#
# Guess:  minimum_consecutive_frames=1 reports a track from its first box on. ByteTrack's second
#         round leaves out scores below 0.1, as in the paper's code.
# Seen:   with 1, ByteTrack, SORT and OC-SORT still give the first box the id -1 (ByteTrack and
#         OC-SORT behave as with the default), while BoT-SORT of the same package gives it an id
#         at once. ByteTrack extends a track by boxes of score 0.01; BoT-SORT drops them from its
#         output altogether.
# Why:    every track misses one frame (recall, and ids of people seen once), and a detector run
#         at a low threshold keeps tracks of people who left.
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
"$work/env/bin/python" -W ignore - <<'PY'
import sys
import numpy as np
import supervision as sv
from trackers import BoTSORTTracker, ByteTrackTracker, OCSORTTracker, SORTTracker

image = np.random.default_rng(0).integers(0, 255, (480, 640, 3), dtype=np.uint8)

def ids(kind, scores, **options):
    """Of one person who walks slowly, a list for each frame."""
    tracker, out = kind(**options), []
    for frame, score in enumerate(scores):
        box = np.array([[10.0 + frame, 10, 40 + frame, 70]])
        dets = sv.Detections(xyxy=box, confidence=np.array([score]), class_id=np.array([0]))
        given = {'frame': image} if kind is BoTSORTTracker else {}
        out.append(tracker.update(dets, **given).tracker_id.tolist())
    return out

kinds = (ByteTrackTracker, SORTTracker, OCSORTTracker, BoTSORTTracker)
first = {k.__name__: ids(k, [0.9] * 3, minimum_consecutive_frames=1) for k in kinds}
for name, seen in first.items():
    print(f'{name}, three good boxes: expected [[0], [0], [0]], seen {seen}')
low = {k.__name__: ids(k, [0.9] * 3 + [0.01] * 3)[3:] for k in (ByteTrackTracker, BoTSORTTracker)}
for name, seen in low.items():
    print(f'{name}, then three of score 0.01: expected [[-1], [-1], [-1]], seen {seen}')
late = [[-1], [0], [0]]
sys.exit((list(first.values()), list(low.values())) != (
    [late, late, late, [[0], [0], [0]]], [[[0], [0], [0]], [[], [], []]]))
PY
