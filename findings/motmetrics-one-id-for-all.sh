#!/usr/bin/env bash
# To motmetrics, a tracker that gives everybody the same id has a MOTA of 100 % and no switch.
#
# Guess:  an id twice in one frame is refused, or the matches keep switching.
# Seen:   accepted silently. MOTA 100 %, 0 switches, 30 of 30 matched; only IDF1 falls, to 33 %.
#         The same id twice on the side of the truth ends in a KeyError instead. TrackEval
#         refuses such files.
# Why:    a loader that loses the ids (all -1, all 0) goes unseen, or even looks excellent.
# With:   motmetrics 1.4.0, Python 3.11.
# Exit:   0 as seen, 1 behaves otherwise now, 3 could not be installed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if ! { "${PYTHON:-python3}" -m venv "$work/env" && "$work/env/bin/pip" install -qq --no-compile \
    motmetrics==1.4.0 numpy==1.26.4 pandas==2.3.3; }; then
  echo 'INSTALL FAILED: nothing was checked' >&2
  exit 3
fi
cd "$work"
"$work/env/bin/python" -W ignore - <<'PY'
import sys
import motmetrics
import numpy as np

boxes = np.array([[10.0, 10, 30, 60], [200, 10, 30, 60], [400, 10, 30, 60]])
distance = motmetrics.distances.iou_matrix(boxes, boxes, max_iou=0.5)

def score(truth, tracks):
    events = motmetrics.MOTAccumulator(auto_id=True)
    try:
        for _ in range(10):
            events.update(truth, tracks, distance)
    except KeyError as error:
        return f'KeyError({error})'
    names = ['mota', 'num_switches', 'num_matches', 'idf1']
    summary = motmetrics.metrics.create().compute(events, metrics=names)
    return [round(float(value), 3) for value in summary.iloc[0]]

right = score([1, 2, 3], [1, 2, 3])
same, same_truth = score([1, 2, 3], [7, 7, 7]), score([1, 1, 1], [1, 2, 3])
print('MOTA, switches, matches, IDF1 of three people in ten frames')
print(f'one id each: expected and seen {right}')
print(f'one id for all: expected an error or switches, seen {same}')
print(f'one id for all in the truth: expected the same, seen {same_truth}')
sys.exit((right, same, same_truth) != (
    [1.0, 0, 30, 1.0], [1.0, 0, 30, 0.333], 'KeyError(1)'))
PY
