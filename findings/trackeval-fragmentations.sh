#!/usr/bin/env bash
# In TrackEval, perfect tracks have fragmentations, and a missed frame may have none.
#
# Guess:  truth scored against itself has Frag 0; a person missed in the middle has Frag 1.
# Seen:   Frag counts every new match of a person who was not matched in the frame before,
#         also where the truth itself has a gap (a person behind a car): Frag 1 without any
#         miss. But a frame in which truth or tracks have no box at all is skipped and leaves
#         "the frame before" as it was, so the same gap counts 0 if nobody else is there, and a
#         missed frame counts 0 until some unrelated false positive is added to it.
#         motmetrics counts 0 for the gap in the truth and 1 for the missed frame, always.
# Why:    Frag of two trackers differs by boxes that have nothing to do with it.
# With:   trackeval 1.3.0, motmetrics 1.4.0, Python 3.11.
# Exit:   0 as seen, 1 behaves otherwise now, 3 could not be installed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if ! { "${PYTHON:-python3}" -m venv "$work/env" &&
  "$work/env/bin/pip" install -qq --no-compile --no-deps \
    trackeval==1.3.0 motmetrics==1.4.0 numpy==2.4.6 pandas==3.1.1 scipy==1.17.1 \
    tabulate==0.10.0 pycocotools==2.0.11 xmltodict==1.0.4 \
    python-dateutil==2.9.0.post0 six==1.17.0; }; then
  echo 'INSTALL FAILED: nothing was checked' >&2
  exit 3
fi
cd "$work"
"$work/env/bin/python" -W ignore - <<'PY'
import sys
import motmetrics
import numpy as np
from trackeval.metrics import CLEAR

def frag(truth, tracks):
    """Fragmentations by both, of {frame: ids}; equal ids are equal boxes."""
    frames = range(1, 6)
    truth, tracks = [[list(x.get(f, [])) for f in frames] for x in (truth, tracks)]
    same = [np.equal.outer(np.array(g, int), np.array(t, int)).astype(float)
            for g, t in zip(truth, tracks)]
    clear = CLEAR({'PRINT_CONFIG': False}).eval_sequence({
        'gt_ids': [np.array(g, int) for g in truth],
        'tracker_ids': [np.array(t, int) for t in tracks],
        'similarity_scores': same, 'num_timesteps': 5, 'num_gt_ids': 10, 'num_tracker_ids': 10,
        'num_gt_dets': sum(map(len, truth)), 'num_tracker_dets': sum(map(len, tracks))})
    events = motmetrics.MOTAccumulator(auto_id=True)
    for g, t, s in zip(truth, tracks, same):
        events.update(g, t, np.where(s > 0, 0, np.nan))
    other = motmetrics.metrics.create().compute(events, metrics=['num_fragmentations'])
    return int(clear['Frag']), int(other.iloc[0, 0])

gap, always = {f: [0] for f in (1, 2, 4, 5)}, {f: [0] for f in range(1, 6)}
with_another = {f: gap.get(f, []) + [1] for f in range(1, 6)}
seen = {
    'perfect tracks, truth has a gap, another person there': (frag(with_another, with_another), 0),
    'perfect tracks, truth has a gap, nobody else': (frag(gap, gap), 0),
    'missed in frame 3': (frag(always, gap), 1),
    'missed in frame 3, false positive elsewhere': (frag(always, {**gap, 3: [9]}), 1),
}
for case, ((trackeval, other), expected) in seen.items():
    print(f'{case}: expected {expected}, seen TrackEval {trackeval}, motmetrics {other}')
sys.exit([pair for pair, _ in seen.values()] != [(1, 0), (0, 0), (0, 1), (1, 1)])
PY
